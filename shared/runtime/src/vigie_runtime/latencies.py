"""Latencies of the last seconds, counted in the buckets of an HDR histogram of three digits.

Only the buckets are HDR's: the percentiles are those of vigie_runtime.percentiles, because the hdrhistogram package
rounds the rank to the nearest and so reports a p99 without the slowest records (docs/adr/0013).
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from vigie_runtime.percentiles import values_at_percentiles
from vigie_schemas import Latency

WINDOW_SECONDS: Final = 10
PERCENTILES: Final = (50.0, 95.0, 99.0, 99.9)
SIGNIFICANT_BITS: Final = 11
"""2,048 values a power of two: what HDR histograms of three decimal digits keep."""


class LatencyHistogram:
    """How many latencies fell into each bucket; a bucket stands for its highest value, in microseconds."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    @property
    def count(self) -> int:
        """Latencies counted."""
        return self._counts.total()

    def add(self, latency_us: int, times: int = 1) -> None:
        """Count a latency of at least 0 microseconds."""
        dropped_bits = max(latency_us.bit_length() - SIGNIFICANT_BITS, 0)
        self._counts[latency_us | ((1 << dropped_bits) - 1)] += times

    def merge(self, other: "LatencyHistogram") -> None:
        """Count everything the other one counted, without loss."""
        self._counts.update(other._counts)

    def ascending(self) -> list[tuple[int, int]]:
        """Pairs of bucket and count, the fastest first."""
        return sorted(self._counts.items())

    def values_at(self, percentiles: Sequence[float]) -> list[int]:
        """Microseconds at each percentile; raises ValueError while nothing is counted."""
        return values_at_percentiles(self.ascending(), percentiles)

    def latency(self, seconds: int) -> Latency | None:
        """The figures that are published, in milliseconds; None while nothing is counted."""
        if not self._counts:
            return None
        p50, p95, p99, p999 = (value / 1000 for value in self.values_at(PERCENTILES))
        return Latency(
            seconds=seconds,
            count=self.count,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            p999_ms=p999,
            max_ms=max(self._counts) / 1000,
        )


class LatencyWindow:
    """Latencies of the open second and of the closed ones before it, up to WINDOW_SECONDS."""

    def __init__(self, max_us: int) -> None:
        self._max_us = max_us
        self._open = LatencyHistogram()
        self._closed: deque[LatencyHistogram] = deque(maxlen=WINDOW_SECONDS)

    def add(self, latency_us: int) -> None:
        """Count one latency; the clocks of two machines may differ, so it is kept between 1 and `max_us`."""
        self._open.add(min(max(latency_us, 1), self._max_us))

    def close_second(self) -> tuple[LatencyHistogram, Latency | None]:
        """End the second: its own histogram, and the figures over the window, None when nothing was counted in it."""
        second, self._open = self._open, LatencyHistogram()
        self._closed.append(second)
        window = LatencyHistogram()
        for histogram in self._closed:
            window.merge(histogram)
        return second, window.latency(len(self._closed))
