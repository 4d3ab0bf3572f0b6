"""The labels topic as a receiver: what analysts decided goes back into the stream."""

import logging
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from alert_webhook.core import deliveries
from alert_webhook.core.deliveries import Delivery
from alert_webhook.delivery.receiver import Accepted, Refusal
from vigie_runtime import KafkaSettings
from vigie_schemas import LABELS, Label

DELIVERY_TIMEOUT_SECONDS: Final = 5
"""For Kafka's word that it has a label; shorter than the time a stopping service is given."""


class LabelsReceiver:
    """Writes labels to Kafka, one at a time, each accepted when all replicas have it."""

    name = deliveries.LABELS

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: Producer | None = None

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        """Make one attempt; a repeat says the same of the same transaction."""
        label = Label.model_validate(delivery.body)
        problems: list[KafkaError | None] = []

        def note(error: KafkaError | None, _: Message) -> None:
            problems.append(error)

        try:
            producer = self._open()
            producer.produce(
                self._settings.topic_name(LABELS),
                key=label.account_id,
                value=label.model_dump_json(),
                on_delivery=note,
            )
            producer.flush(2 * DELIVERY_TIMEOUT_SECONDS)
        except (KafkaException, BufferError) as error:
            self.close()
            return Refusal(f"Kafka does not take it ({type(error).__name__})")
        if problems == [None]:
            return Accepted()
        self.close()  # an idempotent producer that failed once may refuse everything after
        reason = problems[0].name() if problems and problems[0] is not None else "no answer"
        return Refusal(f"Kafka does not take it ({reason})")

    def close(self) -> None:
        """Leave Kafka."""
        self._producer = None

    def _open(self) -> Producer:
        if self._producer is None:
            config = self._settings.producer_config(linger_ms=0) | {
                "message.timeout.ms": DELIVERY_TIMEOUT_SECONDS * 1000
            }
            self._producer = Producer(config, logger=logging.getLogger("librdkafka"))
        return self._producer
