"""The newest metrics record as one line of text."""

import uuid
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer
from pydantic import ValidationError

from vigie_runtime import KafkaSettings
from vigie_schemas import METRICS, Metrics


class MetricsFollower:
    """Reads the metrics topic from its end on."""

    def __init__(self, bootstrap_servers: str) -> None:
        settings = KafkaSettings(kafka_bootstrap_servers=bootstrap_servers)
        self._consumer = Consumer(settings.consumer_config(f"follow-{uuid.uuid4()}", from_start=False))
        self._topic = settings.topic_name(METRICS)
        self.newest: Metrics | None = None

    def __enter__(self) -> Self:
        self._consumer.subscribe([self._topic])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def line(self) -> str:
        """Rate, latency, alerts and lag of the last second."""
        for message in self._consumer.consume(100, timeout=0.05):
            value = message.value()
            if message.error() is None and value is not None:
                self._take(value)
        return "waiting for the first second of metrics" if self.newest is None else _line(self.newest)

    def _take(self, value: bytes) -> None:
        try:
            self.newest = Metrics.model_validate_json(value)
        except ValidationError:  # written by another version: the next one may be ours
            self.newest = None


def _line(metrics: Metrics) -> str:
    latency = metrics.latency
    delays = f"p50 {latency.p50_ms:4.0f} ms  p99 {latency.p99_ms:4.0f} ms" if latency else "p50    - ms  p99    - ms"
    lag = sum(metrics.lag.values())
    return f"{metrics.transactions:5d} tx/s  {delays}  alerts {metrics.alerts_total:4d}  lag {lag:5d}"
