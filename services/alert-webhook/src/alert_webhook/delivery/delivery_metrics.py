"""Publishes how delivery goes, one record a second."""

import logging
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from vigie_runtime import KafkaSettings, get_logger
from vigie_schemas import DELIVERY, DeliveryMetrics

MAX_BACKLOG: Final = 60
"""Records kept for a Kafka that is away; older seconds are of no use to anybody."""

log = get_logger(__name__)


class DeliveryMetricsPublisher:
    """Writes to the delivery metrics topic without ever waiting for it."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic_name(DELIVERY)
        config = settings.producer_config() | {
            "message.timeout.ms": MAX_BACKLOG * 1000,
            "queue.buffering.max.messages": MAX_BACKLOG,
        }
        self._producer = Producer(config, logger=logging.getLogger("librdkafka"))
        self._is_failing = False

    def publish(self, metrics: DeliveryMetrics) -> None:
        """Hand the record to Kafka's client."""
        try:
            self._producer.produce(
                self._topic, key=str(metrics.at_ms), value=metrics.model_dump_json(), on_delivery=self._note
            )
        except (BufferError, KafkaException) as error:
            self._tell(type(error).__name__)
        self._producer.poll(0)

    def close(self) -> None:
        """Send what is left, as far as Kafka takes it at once."""
        self._producer.flush(1)

    def _note(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._tell(error.name())
        else:
            self._is_failing = False

    def _tell(self, reason: str) -> None:
        if not self._is_failing:  # one line an outage, not one a second
            log.warning("delivery metrics not published", reason=reason)
        self._is_failing = True
