"""The labels topic as a receiver: what analysts decided goes back into the stream."""

from typing import Final

from alert_webhook.core import deliveries
from alert_webhook.core.deliveries import Delivery
from alert_webhook.delivery.receiver import Accepted, Refusal
from vigie_runtime import AcknowledgedProducer, KafkaSettings, Outgoing, VigieError
from vigie_schemas import LABELS, Label

DELIVERY_TIMEOUT_SECONDS: Final = 5
"""For Kafka's word that it has a label; shorter than the time a stopping service is given."""


class LabelsReceiver:
    """Writes labels to Kafka, one at a time, each accepted when all replicas have it."""

    name = deliveries.LABELS

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic_name(LABELS)
        self._producer = AcknowledgedProducer(settings, within_seconds=DELIVERY_TIMEOUT_SECONDS)

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        """Make one attempt; a repeat says the same of the same transaction."""
        label = Label.model_validate(delivery.body)
        try:
            self._producer.send(self._topic, [Outgoing(label.account_id, label.model_dump_json())])
        except VigieError as error:
            return Refusal(str(error))
        return Accepted()

    def close(self) -> None:
        """Leave Kafka."""
        self._producer.close()
