"""Sends people's word on a challenger to Kafka, from whichever request thread."""

import threading

from vigie_runtime import AcknowledgedProducer, KafkaSettings, Outgoing
from vigie_schemas import APPROVALS, Approval


class ApprovalSender:
    """Returns once Kafka has it."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic_name(APPROVALS)
        self._producer = AcknowledgedProducer(settings, within_seconds=3)
        self._lock = threading.Lock()

    def send(self, approval: Approval) -> None:
        """Raises UnavailableError where Kafka does not take it."""
        with self._lock:
            self._producer.send(self._topic, [Outgoing(str(approval.challenger_version), approval.model_dump_json())])
