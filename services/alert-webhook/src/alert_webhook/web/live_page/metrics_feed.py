"""Reads the metrics topic for the page, and knows whether Kafka answers and how far the alerts topic reaches.

Nothing is committed: each worker reads for itself, and each start shows the latest again.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from pydantic import ValidationError

from alert_webhook.web.live_page.hub import KEPT_SECONDS, Hub
from vigie_runtime import KafkaSettings, UnavailableError, ensure_topics, get_logger
from vigie_schemas import ALERTS, METRICS, Metrics, Topic

GROUP: Final = "alert-webhook-page"
POLL_SECONDS: Final = 0.2
CHECK_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 3.0

log = get_logger(__name__)


@dataclass(frozen=True)
class TopicState:
    """What Kafka said last."""

    reachable: bool = False
    alerts: Mapping[int, tuple[int, int]] | None = None
    """By partition of the alerts topic: the lowest offset kept, and the one the next alert will get."""


class MetricsFeed:
    """Fills the hub until asked to stop."""

    def __init__(self, settings: KafkaSettings, hub: Hub, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._hub = hub
        self._clock = clock
        self._checked_at = clock()
        self._state = TopicState()

    @property
    def state(self) -> TopicState:
        """What Kafka said last, a few seconds ago at most."""
        return self._state

    def run(self, stop: threading.Event) -> None:
        """Read until stopped; a Kafka that does not answer yet is waited for."""
        consumer = Consumer(
            self._settings.consumer_config(GROUP, from_start=False), logger=logging.getLogger("alert_webhook.kafka")
        )
        try:
            while not stop.is_set() and not self._start(consumer):
                stop.wait(PATIENCE_SECONDS)
            while not stop.is_set():
                message = consumer.poll(POLL_SECONDS)
                if message is not None:
                    self._take(message)
                if self._clock() - self._checked_at >= CHECK_SECONDS:
                    self._check(consumer)
        finally:
            consumer.close()

    def _start(self, consumer: Consumer) -> bool:
        """Assign the last two minutes of metrics; False when Kafka does not answer."""
        try:
            ensure_topics(self._settings, (ALERTS, METRICS), timeout_seconds=PATIENCE_SECONDS)
            name = self._settings.topic_name(METRICS)
            tails = [
                TopicPartition(name, partition, max(low, high - KEPT_SECONDS))
                for partition, (low, high) in self._offsets(consumer, METRICS).items()
            ]
            consumer.assign(tails)
        except (UnavailableError, KafkaException) as error:
            log.warning("kafka does not answer yet", reason=str(error))
            return False
        self._check(consumer)
        log.info("page is fed")
        return True

    def _offsets(self, consumer: Consumer, topic: Topic) -> dict[int, tuple[int, int]]:
        name = self._settings.topic_name(topic)
        partitions = consumer.list_topics(name, timeout=PATIENCE_SECONDS).topics[name].partitions
        return {
            partition: consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=PATIENCE_SECONDS)
            for partition in partitions
        }

    def _take(self, message: Message) -> None:
        if message.error():
            log.warning("kafka reports a problem", reason=str(message.error()))
            return
        try:
            self._hub.add_metrics(Metrics.model_validate_json(message.value() or b""))
        except ValidationError as error:
            # not the error's text: it quotes the record
            log.error("unreadable record", topic=message.topic(), offset=message.offset(), problems=error.error_count())

    def _check(self, consumer: Consumer) -> None:
        """Ask Kafka for something now and then: silence may also mean that nobody sends."""
        try:
            self._state = TopicState(reachable=True, alerts=self._offsets(consumer, ALERTS))
        except KafkaException:
            self._state = TopicState(reachable=False, alerts=self._state.alerts)
        self._checked_at = self._clock()
