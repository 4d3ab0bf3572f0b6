"""Reads the metrics topic for the page, and knows whether Kafka answers and how far the alerts topic reaches.

Nothing is committed: each worker reads for itself, and each start shows the latest again.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Message
from pydantic import ValidationError

from alert_webhook.web.live_page.hub import KEPT_SECONDS, Hub
from vigie_runtime import KafkaSettings, KafkaState, VigieError, get_logger
from vigie_runtime.offsets import OffsetRange, Partition
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import ALERTS, METRICS, Metrics

CLIENT: Final = "alert-webhook-page"
POLL_SECONDS: Final = 0.2
CHECK_INTERVAL_SECONDS: Final = 2.0
START_INTERVAL_SECONDS: Final = 1.0

log = get_logger(__name__)


@dataclass(frozen=True)
class TopicState:
    """What Kafka said last."""

    reachable: bool = False
    alerts: Mapping[int, tuple[int, int]] | None = None
    """By partition of the alerts topic: the lowest offset kept, and the one the next alert will get."""


class MetricsFeed:
    """Fills the hub until asked to stop."""

    def __init__(
        self, settings: KafkaSettings, hub: Hub, kafka: KafkaState, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._kafka = kafka
        self._clock = clock
        self._checked_at = clock()
        self._state = TopicState()

    @property
    def state(self) -> TopicState:
        """What Kafka said last, a few seconds ago at most."""
        return self._state

    def run(self, stop: threading.Event) -> None:
        """Read until stopped; a Kafka that does not answer yet is waited for."""
        topic = self._settings.topic_name(METRICS)
        with closing(PartitionReader(self._settings, [topic], client=CLIENT)) as reader:
            self._start(reader, stop)
            while not stop.is_set():
                for message in reader.read(POLL_SECONDS).records:
                    self._take(message)
                if self._clock() - self._checked_at >= CHECK_INTERVAL_SECONDS:
                    self._check(reader)

    def _start(self, reader: PartitionReader, stop: threading.Event) -> None:
        """Begin with the last two minutes of metrics."""
        while self._kafka.wait(stop):
            try:
                reader.assign(start=_tail)
            except VigieError as error:
                log.warning("metrics feed not started", reason=str(error))
                stop.wait(START_INTERVAL_SECONDS)
            else:
                self._check(reader)
                log.info("metrics feed started")
                return

    def _take(self, message: Message) -> None:
        try:
            self._hub.add_metrics(Metrics.model_validate_json(message.value() or b""))
        except ValidationError as error:
            # not the error's text: it quotes the record
            log.error("unreadable record", topic=message.topic(), offset=message.offset(), problems=error.error_count())

    def _check(self, reader: PartitionReader) -> None:
        """Ask Kafka for something now and then: silence may also mean that nothing is sent."""
        try:
            held = reader.held(self._settings.topic_name(ALERTS))
            self._state = TopicState(reachable=True, alerts={number: (r.start, r.end) for number, r in held.items()})
        except VigieError:
            self._state = TopicState(reachable=False, alerts=self._state.alerts)
        self._checked_at = self._clock()


def _tail(_: Partition, held: OffsetRange) -> int:
    return max(held.start, held.end - KEPT_SECONDS)
