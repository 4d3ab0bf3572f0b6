"""What the couriers and intake did in the current second, closed into one delivery metrics record."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from alert_webhook.core.deliveries import Queue
from vigie_runtime.latencies import LatencyWindow
from vigie_schemas import SCHEMA_VERSION, DeliveryMetrics, Latency, ReceiverMetrics

MAX_LATENCY_US: Final = 86_400_000_000  # a day: what waited longer is dead unless that is set longer


class DeliveryTally:
    """Thread-safe: each courier and intake count into it, housekeeping closes the seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._delivered: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._suppressed: Counter[str] = Counter()
        self._latencies: defaultdict[str, LatencyWindow] = defaultdict(lambda: LatencyWindow(MAX_LATENCY_US))

    def count_delivered(self, receiver: str, latency_ms: int | None) -> None:
        """Count a message that was accepted; None for one that is no alert."""
        with self._lock:
            self._delivered[receiver] += 1
            if latency_ms is not None:
                self._latencies[receiver].add(latency_ms * 1000)

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
            latencies = {name: self._latencies[name].close_second()[1] for name in {*receivers, *self._latencies}}
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
