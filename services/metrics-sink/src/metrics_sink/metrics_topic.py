"""Writes one record a second to the metrics topic, and knows when Kafka took the last one."""

import logging
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from vigie_runtime import KafkaSettings, get_logger
from vigie_schemas import METRICS, Metrics

CLOSE_TIMEOUT_SECONDS: Final = 5.0

log = get_logger(__name__)


class MetricsTopic:
    """Used by the sink's own thread only."""

    def __init__(self, settings: KafkaSettings, *, clock: Callable[[], float]) -> None:
        self._name = settings.topic_name(METRICS)
        self._clock = clock
        self._producer = Producer(settings.producer_config(), logger=logging.getLogger("librdkafka"))
        self.published_at_ms = 0
        """When Kafka last accepted a record."""

    def publish(self, metrics: Metrics) -> None:
        """Hand the record to Kafka's client; what Kafka does not take is logged."""
        try:
            payload = metrics.model_dump_json().encode()
            self._producer.produce(self._name, key=str(metrics.at_ms), value=payload, on_delivery=self._note_delivery)
        except (BufferError, KafkaException) as error:  # the queue is full, or Kafka refuses all records
            log.error("metrics record not published", reason=str(error))
        self._producer.poll(0)

    def close(self) -> None:
        """Wait a moment for what is under way."""
        self._producer.flush(CLOSE_TIMEOUT_SECONDS)

    def _note_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.published_at_ms = int(self._clock() * 1000)
        else:
            log.error("metrics record not published", reason=str(error))
