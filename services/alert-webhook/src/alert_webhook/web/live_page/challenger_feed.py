"""Reads how a challenger compares with the champion, for the page and for people in Slack; nothing is committed."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from confluent_kafka import Message
from pydantic import ValidationError

from alert_webhook.core.challengers import queue_report
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.recipients import recipients_of
from alert_webhook.errors import OutboxUnavailableError
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from vigie_runtime import KafkaState, VigieError, get_logger
from vigie_runtime.offsets import OffsetRange, Partition
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import SHADOW_REPORTS, ShadowReport

CLIENT: Final = "alert-webhook-challenger"
POLL_SECONDS: Final = 0.5
START_INTERVAL_SECONDS: Final = 1.0

log = get_logger(__name__)


class ChallengerFeed:
    """Keeps the hub's report the newest there is, until asked to stop."""

    def __init__(
        self,
        settings: AlertWebhookSettings,
        database: Database,
        hub: Hub,
        kafka: KafkaState,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._database = database
        self._hub = hub
        self._kafka = kafka
        self._clock = clock
        self._asks_people = recipients_of(settings).slack
        self._unqueued: list[ShadowReport] = []

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
                self._queue()

    def _take(self, message: Message) -> None:
        try:
            report = ShadowReport.model_validate_json(message.value() or b"")
        except ValidationError as error:
            log.error("unreadable record", topic=message.topic(), offset=message.offset(), problems=error.error_count())
            return
        self._hub.set_challenger(report)
        if self._asks_people and report.state != "watching":
            self._unqueued.append(report)

    def _queue(self) -> None:
        """What people are to hear; kept while the outbox is away."""
        if not self._unqueued:
            return
        try:
            with self._database.writing() as connection:
                for report in self._unqueued:
                    queue_report(connection, report, now_ms=round(self._clock() * 1_000))
        except OutboxUnavailableError as error:
            log.warning("challenger not queued", reason=str(error))
        else:
            self._unqueued = []


def _all(_: Partition, held: OffsetRange) -> int:
    return held.start
