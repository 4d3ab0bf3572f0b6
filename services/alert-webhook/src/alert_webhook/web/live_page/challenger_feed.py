"""Reads how a challenger compares with the champion, for the page; nothing is committed."""

import threading
from contextlib import closing
from typing import Final

from confluent_kafka import Message
from pydantic import ValidationError

from alert_webhook.web.live_page.hub import Hub
from vigie_runtime import KafkaSettings, KafkaState, VigieError, get_logger
from vigie_runtime.offsets import OffsetRange, Partition
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import SHADOW_REPORTS, ShadowReport

CLIENT: Final = "alert-webhook-challenger"
POLL_SECONDS: Final = 0.5
START_INTERVAL_SECONDS: Final = 1.0

log = get_logger(__name__)


class ChallengerFeed:
    """Keeps the hub's report the newest there is, until asked to stop."""

    def __init__(self, settings: KafkaSettings, hub: Hub, kafka: KafkaState) -> None:
        self._settings = settings
        self._hub = hub
        self._kafka = kafka

    def run(self, stop: threading.Event) -> None:
        """Read until stopped; a Kafka that does not answer yet is waited for."""
        topic = self._settings.topic_name(SHADOW_REPORTS)
        with closing(PartitionReader(self._settings, [topic], client=CLIENT)) as reader:
            while self._kafka.wait(stop):
                try:
                    reader.assign(start=_all)
                except VigieError as error:
                    log.warning("challenger feed not started", reason=str(error))
                    stop.wait(START_INTERVAL_SECONDS)
                else:
                    break
            while not stop.is_set():
                for message in reader.read(POLL_SECONDS).records:
                    self._take(message)

    def _take(self, message: Message) -> None:
        try:
            self._hub.set_challenger(ShadowReport.model_validate_json(message.value() or b""))
        except ValidationError as error:
            log.error("unreadable record", topic=message.topic(), offset=message.offset(), problems=error.error_count())


def _all(_: Partition, held: OffsetRange) -> int:
    return held.start
