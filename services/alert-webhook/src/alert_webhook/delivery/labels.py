"""Topics of Vigie's as a receiver: what people decided of alerts, and of challengers, goes back to the trainer."""

from typing import Final

from alert_webhook.core import deliveries
from alert_webhook.core.deliveries import Delivery
from alert_webhook.delivery.receiver import Accepted, Refusal
from vigie_runtime import AcknowledgedProducer, KafkaSettings, Outgoing, VigieError
from vigie_schemas import APPROVALS, LABELS, Approval, Label

DELIVERY_TIMEOUT_SECONDS: Final = 5
"""For Kafka's word that it has a record; shorter than the time a stopping service is given."""


class LabelsReceiver:
    """Writes labels and approvals to Kafka, one at a time, each accepted when all replicas have it."""

    name = deliveries.LABELS

    def __init__(self, settings: KafkaSettings) -> None:
        self._labels = settings.topic_name(LABELS)
        self._approvals = settings.topic_name(APPROVALS)
        self._producer = AcknowledgedProducer(settings, within_seconds=DELIVERY_TIMEOUT_SECONDS)

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        """Make one attempt; a repeat says the same of the same transaction or challenger."""
        try:
            if delivery.kind == "approval":
                approval = Approval.model_validate(delivery.body)
                outgoing = Outgoing(str(approval.challenger_version), approval.model_dump_json())
                self._producer.send(self._approvals, [outgoing])
            else:
                label = Label.model_validate(delivery.body)
                self._producer.send(self._labels, [Outgoing(label.account_id, label.model_dump_json())])
        except VigieError as error:
            return Refusal(str(error))
        return Accepted()

    def close(self) -> None:
        """Leave Kafka."""
        self._producer.close()
