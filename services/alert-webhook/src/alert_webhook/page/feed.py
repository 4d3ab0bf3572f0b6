"""Reads alerts and metrics for the page.

Delivery has a consumer of its own: a receiver that is down for a day must neither stop the page nor fill the memory.
"""

import logging
import threading
import time
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from pydantic import ValidationError

from alert_webhook.page.hub import KEPT_ALERTS, KEPT_SECONDS, Hub
from vigie_runtime import KafkaSettings, UnavailableError, ensure_topics, get_logger
from vigie_schemas import ALERTS, METRICS, Alert, Metrics, Topic

GROUP: Final = "alert-webhook-page"  # nothing is committed: each start shows the latest again
POLL_SECONDS: Final = 0.2
CHECK_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 3.0

log = get_logger(__name__)


class Feed:
    """Fills the hub until asked to stop, and knows whether Kafka answers."""

    def __init__(self, settings: KafkaSettings, hub: Hub) -> None:
        self._settings = settings
        self._hub = hub
        self._alerts_topic = settings.topic_name(ALERTS)
        self._checked_at = time.monotonic()

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
                self._check(consumer)
        finally:
            consumer.close()

    def _start(self, consumer: Consumer) -> bool:
        """Assign the last alerts and the last two minutes of metrics; False when Kafka does not answer."""
        try:
            ensure_topics(self._settings, (ALERTS, METRICS), timeout_seconds=PATIENCE_SECONDS)
            consumer.assign(self._tail(consumer, ALERTS, KEPT_ALERTS) + self._tail(consumer, METRICS, KEPT_SECONDS))
        except (UnavailableError, KafkaException) as error:
            log.warning("kafka does not answer yet", reason=str(error))
            return False
        self._hub.set_kafka_reachable(True)
        log.info("page is fed")
        return True

    def _tail(self, consumer: Consumer, topic: Topic, length: int) -> list[TopicPartition]:
        name = self._settings.topic_name(topic)
        places = []
        for partition in consumer.list_topics(name, timeout=PATIENCE_SECONDS).topics[name].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=PATIENCE_SECONDS)
            places.append(TopicPartition(name, partition, max(low, high - length)))
        return places

    def _take(self, message: Message) -> None:
        if message.error():
            log.warning("kafka reports a problem", reason=str(message.error()))
            return
        payload = message.value() or b""
        try:
            if message.topic() == self._alerts_topic:
                self._hub.add_alert(Alert.model_validate_json(payload))
            else:
                self._hub.add_metrics(Metrics.model_validate_json(payload))
        except ValidationError as error:
            # not the error's text: it quotes the record
            log.error("unreadable record", topic=message.topic(), offset=message.offset(), problems=error.error_count())

    def _check(self, consumer: Consumer) -> None:
        """Ask Kafka for something now and then: silence may also mean that nobody sends."""
        if time.monotonic() - self._checked_at < CHECK_SECONDS:
            return
        try:
            consumer.get_watermark_offsets(TopicPartition(self._alerts_topic, 0), timeout=PATIENCE_SECONDS)
            is_reachable = True
        except KafkaException:
            is_reachable = False
        self._hub.set_kafka_reachable(is_reachable)
        self._checked_at = time.monotonic()
