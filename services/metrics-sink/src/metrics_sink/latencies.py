"""Latency of a second and of the last ones: one HDR histogram for each second, merged when a record is published."""

from collections import deque
from typing import Final, NamedTuple

from hdrh.histogram import HdrHistogram

from vigie_schemas import Latency

WINDOW_SECONDS: Final = 10
LONGEST_US: Final = 600_000_000
SIGNIFICANT_DIGITS: Final = 3
PERCENTILES: Final = (50.0, 95.0, 99.0, 99.9)


class ClosedLatency(NamedTuple):
    """What a second gives when it ends."""

    second: Latency
    histogram: str
    """The second's histogram in HDR's own text form; such texts merge without loss."""


class LatencyWindow:
    """Latencies of the current second and of the closed ones before it."""

    def __init__(self) -> None:
        self._current = _histogram()
        self._merged = _histogram()
        self._closed: deque[HdrHistogram] = deque()

    def add(self, latency_us: int) -> None:
        """Count one latency; clocks of two machines may differ, so it is kept within what can be told."""
        self._current.record_value(min(max(latency_us, 1), LONGEST_US))

    def close_second(self) -> tuple[ClosedLatency | None, Latency | None]:
        """End the second: its own latency and that over the window, each None when nothing was counted."""
        closed = self._current
        second = ClosedLatency(_latency(closed, 1), encoded(closed)) if closed.get_total_count() else None
        self._closed.append(closed)
        self._current = self._closed.popleft() if len(self._closed) > WINDOW_SECONDS else _histogram()
        self._current.reset()
        self._merged.reset()
        for histogram in self._closed:
            if histogram.get_total_count():
                self._merged.add(histogram)
        return second, _latency(self._merged, len(self._closed)) if self._merged.get_total_count() else None


def encoded(histogram: HdrHistogram) -> str:
    """The histogram in HDR's text form."""
    return histogram.encode().decode("ascii")


def merged(texts: list[str]) -> HdrHistogram:
    """One histogram of many written ones: exact, for all have the same buckets."""
    whole = _histogram()
    for text in texts:
        whole.decode_and_add(text)
    return whole


def _latency(histogram: HdrHistogram, seconds: int) -> Latency:
    at = histogram.get_percentile_to_value_dict(list(PERCENTILES))
    p50, p95, p99, p999 = (at[percentile] / 1000 for percentile in PERCENTILES)
    return Latency(
        seconds=seconds,
        count=histogram.get_total_count(),
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        p999_ms=p999,
        max_ms=histogram.get_max_value() / 1000,
    )


def _histogram() -> HdrHistogram:
    return HdrHistogram(1, LONGEST_US, SIGNIFICANT_DIGITS)
