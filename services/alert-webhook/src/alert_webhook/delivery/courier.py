"""Sends each alert once, in order; its offset is committed only after the receiver accepted it.

The partitions are assigned by hand: one process delivers (it holds the folder's lock), and after a kill it goes on
at once instead of waiting until Kafka forgets its predecessor.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition
from pydantic import ValidationError

from alert_webhook.delivered import DeliveredAlerts, FolderLock
from alert_webhook.hub import Hub
from alert_webhook.receiver import Receiver, Refusal
from alert_webhook.retry import Backoff
from vigie_runtime import KafkaSettings, UnavailableError, ensure_topics, get_logger
from vigie_schemas import ALERTS, Alert

GROUP: Final = "alert-webhook"
POLL_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 3.0

log = get_logger(__name__)


class Delivery:
    """Works through the alerts topic from the last accepted alert on."""

    def __init__(
        self,
        settings: KafkaSettings,
        hub: Hub,
        *,
        receiver: Receiver,
        backoff: Backoff,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._receiver = receiver
        self._backoff = backoff
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Deliver until stopped."""
        with ExitStack() as stack:
            stack.enter_context(self._receiver)
            lock = stack.enter_context(closing(FolderLock(self._settings.data_dir)))
            while not lock.take():
                if stop.wait(POLL_SECONDS):
                    return
            delivered = stack.enter_context(closing(DeliveredAlerts(self._settings.data_dir, clock=self._clock)))
            consumer = Consumer(self._settings.consumer_config(GROUP), logger=logging.getLogger("alert_webhook.kafka"))
            stack.callback(consumer.close)
            while not stop.is_set() and not self._start(consumer):
                stop.wait(PATIENCE_SECONDS)
            while not stop.is_set():
                message = consumer.poll(POLL_SECONDS)
                if message is not None and self._is_done_with(message, delivered, stop):
                    _commit(consumer, message)

    def _start(self, consumer: Consumer) -> bool:
        """Go on after the last committed alert, or at the first one; False when Kafka does not answer."""
        topic = self._settings.topic_name(ALERTS)
        try:
            ensure_topics(self._settings, (ALERTS,), timeout_seconds=PATIENCE_SECONDS)
            partitions = consumer.list_topics(topic, timeout=PATIENCE_SECONDS).topics[topic].partitions
            places = consumer.committed([TopicPartition(topic, number) for number in partitions], PATIENCE_SECONDS)
        except (UnavailableError, KafkaException) as error:
            log.warning("kafka does not answer yet", reason=str(error))
            return False
        for place in places:
            place.offset = place.offset if place.offset >= 0 else OFFSET_BEGINNING
        consumer.assign(places)
        log.info("delivery is on")
        return True

    def _is_done_with(self, message: Message, delivered: DeliveredAlerts, stop: threading.Event) -> bool:
        """Deliver the alert, however long it takes; False when stopped before it was accepted."""
        if message.error():
            log.warning("kafka reports a problem", reason=str(message.error()))
            return False
        payload = message.value() or b""
        try:
            alert_id = Alert.model_validate_json(payload).alert_id
        except ValidationError as error:
            # passed over, for it would hold up all others forever; no text of the error, it quotes the record
            log.error("unreadable alert not sent", offset=message.offset(), problems=error.error_count())
            return True
        if alert_id in delivered:
            log.info("repeat absorbed", alert_id=alert_id)
            return True
        if not self._send(alert_id, payload, stop):
            return False
        delivered.add(alert_id)
        return True

    def _send(self, alert_id: str, payload: bytes, stop: threading.Event) -> bool:
        attempts = 0
        while not stop.is_set():
            refusal = self._receiver.send(alert_id, payload)
            if refusal is None:
                self._hub.set_webhook(is_set=True)
                log.info("alert delivered", alert_id=alert_id, attempts=attempts + 1)
                return True
            attempts += 1
            self._hub.set_webhook(is_set=True, problem=refusal.reason, attempts=attempts)
            wait_seconds = self._backoff.wait_seconds(attempts, refusal.asked_seconds)
            _report(refusal, alert_id, attempts, wait_seconds)
            stop.wait(wait_seconds)
        return False


def _report(refusal: Refusal, alert_id: str, attempts: int, wait_seconds: float) -> None:
    write = log.error if refusal.needs_a_person else log.warning
    write(
        "alert not accepted",
        alert_id=alert_id,
        reason=refusal.reason,
        attempts=attempts,
        next_in_seconds=round(wait_seconds, 1),
    )


def _commit(consumer: Consumer, message: Message) -> None:
    try:
        consumer.commit(message=message, asynchronous=False)
    except KafkaException as error:
        # not lost: the file knows the alert, and the next commit covers this one
        log.warning("offset not committed", reason=str(error))
