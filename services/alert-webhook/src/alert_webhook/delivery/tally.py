"""What the couriers and intake did in the current second, closed into one delivery metrics record."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Final

from hdrh.histogram import HdrHistogram

from alert_webhook.core.outbox.deliveries import Queue
from vigie_schemas import SCHEMA_VERSION, DeliveryMetrics, Latency, ReceiverMetrics

WINDOW_SECONDS: Final = 10
LONGEST_MS: Final = 86_400_000  # a day: what waited longer is dead unless that is set longer
SIGNIFICANT_DIGITS: Final = 3
PERCENTILES: Final = (50.0, 95.0, 99.0, 99.9)


class LatencyWindow:
    """Latencies of the last seconds, from the alert written to Kafka until a receiver accepted it."""

    def __init__(self) -> None:
        self._current: list[int] = []
        self._closed: deque[list[int]] = deque(maxlen=WINDOW_SECONDS)
        self._histogram = HdrHistogram(1, LONGEST_MS, SIGNIFICANT_DIGITS)

    def add(self, latency_ms: int) -> None:
        """Count one; clocks of two machines may differ, so it is kept within what can be told."""
        self._current.append(min(max(latency_ms, 1), LONGEST_MS))

    def close_second(self) -> Latency | None:
        """End the second; the latency over the window, or None when nothing was counted in it."""
        self._closed.append(self._current)
        self._current = []
        self._histogram.reset()
        for latency_ms in (latency for second in self._closed for latency in second):
            self._histogram.record_value(latency_ms)
        count = self._histogram.get_total_count()
        if not count:
            return None
        at = self._histogram.get_percentile_to_value_dict(list(PERCENTILES))
        p50, p95, p99, p999 = (float(at[percentile]) for percentile in PERCENTILES)
        longest = float(self._histogram.get_max_value())
        return Latency(
            seconds=len(self._closed), count=count, p50_ms=p50, p95_ms=p95, p99_ms=p99, p999_ms=p999, max_ms=longest
        )


class DeliveryTally:
    """Thread-safe: each courier and intake count into it, housekeeping closes the seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._delivered: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._suppressed: Counter[str] = Counter()
        self._latencies: defaultdict[str, LatencyWindow] = defaultdict(LatencyWindow)

    def count_delivered(self, receiver: str, latency_ms: int | None) -> None:
        """Count a message that was accepted; None for one that is no alert."""
        with self._lock:
            self._delivered[receiver] += 1
            if latency_ms is not None:
                self._latencies[receiver].add(latency_ms)

    def count_failed(self, receiver: str) -> None:
        """Count an attempt that failed."""
        with self._lock:
            self._failed[receiver] += 1

    def count_suppressed(self, causes: Iterable[str]) -> None:
        """Count alerts that are less than a message of their own."""
        with self._lock:
            self._suppressed.update(causes)

    def close_second(self, at_ms: int, receivers: Iterable[str], queues: Mapping[str, Queue]) -> DeliveryMetrics:
        """End the second: its record, with all counts back at zero; queues of receivers no longer set count too."""
        with self._lock:
            delivered, self._delivered = self._delivered, Counter()
            failed, self._failed = self._failed, Counter()
            suppressed, self._suppressed = self._suppressed, Counter()
            latencies = {name: self._latencies[name].close_second() for name in {*receivers, *self._latencies}}
        names = sorted({*receivers, *queues, *delivered, *failed})
        return DeliveryMetrics(
            schema_version=SCHEMA_VERSION,
            at_ms=at_ms,
            receivers={
                name: _receiver(delivered[name], failed[name], queues.get(name), latencies.get(name), at_ms)
                for name in names
            },
            suppressed=dict(suppressed),
        )


def _receiver(delivered: int, failed: int, queue: Queue | None, latency: Latency | None, at_ms: int) -> ReceiverMetrics:
    oldest_ms = queue.oldest_queued_at_ms if queue else None
    return ReceiverMetrics(
        delivered=delivered,
        failed_attempts=failed,
        waiting=queue.waiting if queue else 0,
        dead=queue.dead if queue else 0,
        oldest_waiting_ms=0 if oldest_ms is None else max(0, at_ms - oldest_ms),
        latency=latency,
    )
