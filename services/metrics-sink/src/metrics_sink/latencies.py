"""Latency of the last seconds: one HDR histogram for each second, merged when a record is published."""

from collections import deque
from typing import Final

from hdrh.histogram import HdrHistogram

from vigie_schemas import Latency

WINDOW_SECONDS: Final = 10
LONGEST_US: Final = 600_000_000
SIGNIFICANT_DIGITS: Final = 3
PERCENTILES: Final = (50.0, 95.0, 99.0, 99.9)


class LatencyWindow:
    """Latencies of the current second and of the closed ones before it."""

    def __init__(self) -> None:
        self._current = _histogram()
        self._merged = _histogram()
        self._closed: deque[HdrHistogram] = deque()

    def add(self, latency_us: int) -> None:
        """Count one latency; clocks of two machines may differ, so it is kept within what can be told."""
        self._current.record_value(min(max(latency_us, 1), LONGEST_US))

    def close_second(self) -> Latency | None:
        """End the second; the latency over the window, or None when nothing was counted in it."""
        self._closed.append(self._current)
        self._current = self._closed.popleft() if len(self._closed) > WINDOW_SECONDS else _histogram()
        self._current.reset()
        self._merged.reset()
        for second in self._closed:
            if second.get_total_count():
                self._merged.add(second)
        return self._latency() if self._merged.get_total_count() else None

    def _latency(self) -> Latency:
        at = self._merged.get_percentile_to_value_dict(list(PERCENTILES))
        p50, p95, p99, p999 = (at[percentile] / 1000 for percentile in PERCENTILES)
        return Latency(
            seconds=len(self._closed),
            count=self._merged.get_total_count(),
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            p999_ms=p999,
            max_ms=self._merged.get_max_value() / 1000,
        )


def _histogram() -> HdrHistogram:
    return HdrHistogram(1, LONGEST_US, SIGNIFICANT_DIGITS)
