"""The way out: transactions at once, to Kafka or to the gateway, their labels later, nothing lost to a full queue."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from generator.gateway_calls import DuePayment
from generator.gateway_sender import GatewaySender
from generator.labels import LabelQueue, Truth
from generator.payment import RecordDict
from generator.progress import SendProgress
from vigie_runtime import KafkaSettings, UnavailableError, get_logger
from vigie_schemas import LABELS, TRANSACTIONS

MAX_SLEEP_SECONDS = 0.2
MIN_SLEEP_SECONDS = 0.0005
STOP_TIMEOUT_SECONDS = 10.0

log = get_logger(__name__)


class Outlet:
    """Sends records, keeps labels until they are due, and counts what was refused.

    Raises UnavailableError when Kafka takes no more records, ConfigurationError when the gateway takes no payment.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        labels: LabelQueue,
        progress: SendProgress,
        stop: threading.Event,
        *,
        on_serve: Callable[[], None] = lambda: None,
        gateway: GatewaySender | None = None,
        extra_config: Mapping[str, str | int | float | bool] | None = None,
    ) -> None:
        config = settings.producer_config() | dict(extra_config or {})
        self._producer = Producer(config, logger=logging.getLogger("librdkafka"))
        self._transactions = settings.topic_name(TRANSACTIONS)
        self._label_topic = settings.topic_name(LABELS)
        self._encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
        self._stop = stop
        self.on_serve = on_serve
        self._gave_up_at: float | None = None
        self._gateway = gateway
        self._due = 0.0
        self._is_history_delivered = False
        self.labels = labels
        self.progress = progress
        self.progress.gateway = gateway.tally if gateway else None

    def send(self, transaction: RecordDict, truth: Truth | None) -> None:
        """Send a transaction, stamped with the wall clock, and remember its truth."""
        transaction["sent_at_us"] = time.time_ns() // 1000
        if self._gateway is not None and self.progress.phase == "live":
            self._ask(self._gateway, transaction, truth)
        elif self._produce(
            self._transactions, truth.account_id if truth else str(transaction["account_id"]), transaction
        ):
            self.progress.sent += 1
            if truth:
                self.labels.add(truth)

    def send_aside(self, transaction: RecordDict) -> None:
        """Send a transaction that is none of the stream's: it has no truth and no part in what was sent."""
        transaction["sent_at_us"] = time.time_ns() // 1000
        self._produce(self._transactions, str(transaction["account_id"]), transaction)

    def serve(self) -> None:
        """Take delivery reports and send the labels that are due."""
        self._producer.poll(0)
        if self._gateway is not None:
            self._gateway.take_answers(self.labels, self.progress)
        while label := self.labels.pop_due():
            if self._produce(self._label_topic, str(label["account_id"]), label):
                self.progress.labels += 1
        self.on_serve()

    def wait_until(self, due: float) -> None:
        """Serve until a moment of the monotonic clock, when the next transaction is due, or until stopped."""
        self._due = due
        while True:
            self.serve()
            remaining = due - time.monotonic()
            if remaining <= MIN_SLEEP_SECONDS or self._stop.wait(min(remaining, MAX_SLEEP_SECONDS)):
                return

    def wait_for_room(self) -> None:
        """Serve until the gateway has answered enough to take another payment, or until stopped."""
        while self._gateway is not None and not self._gateway.has_room and not self._stop.is_set():
            self.serve()
            self._stop.wait(MIN_SLEEP_SECONDS)

    def finish(self) -> None:
        """Wait for the gateway, send the remaining labels, when due or at once after a stop, wait for deliveries."""
        try:
            self._await_answers()
        finally:
            self._deliver_rest()

    def _deliver_rest(self) -> None:
        if self.labels.held:
            self.labels.release()
        while self.labels and not self._stop.is_set():
            self.wait_until(time.monotonic() + MAX_SLEEP_SECONDS)
        self.labels.release()
        self.serve()
        undelivered = self._producer.flush(STOP_TIMEOUT_SECONDS)
        if undelivered:
            self.progress.delivery_errors += undelivered
            log.error("records undelivered", count=undelivered)

    def _ask(self, gateway: GatewaySender, transaction: RecordDict, truth: Truth | None) -> None:
        while not self._is_history_delivered:  # the gateway's payments must not overtake what came before them
            self._is_history_delivered = not self._producer.flush(MAX_SLEEP_SECONDS) or self._stop.is_set()
            self.on_serve()
        body = self._encode(transaction).encode()
        gateway.submit(DuePayment(body, str(transaction["account_id"]), truth, self._due))
        self.progress.sent += 1

    def _await_answers(self) -> None:
        if self._gateway is None:
            return
        while self._gateway.unanswered and not self._stop.is_set():
            self.wait_until(time.monotonic() + MAX_SLEEP_SECONDS)
        self._gateway.close(STOP_TIMEOUT_SECONDS)
        self._gateway.take_answers(self.labels, self.progress)
        self.progress.delivery_errors += self._gateway.unanswered

    def _produce(self, topic: str, key: str, record: RecordDict) -> bool:
        value = self._encode(record).encode()
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, on_delivery=self._delivered)
            except BufferError:  # the local queue is full: Kafka is slower than we are, or away
                self._producer.poll(MAX_SLEEP_SECONDS)
                if self._is_past_stop_timeout():
                    self.progress.delivery_errors += 1
                    return False
            except KafkaException as error:
                raise UnavailableError(f"Kafka takes no more records ({error}). Restart the generator.") from None
            else:
                return True

    def _is_past_stop_timeout(self) -> bool:
        if not self._stop.is_set():
            return False
        self._gave_up_at = self._gave_up_at or time.monotonic() + STOP_TIMEOUT_SECONDS
        return time.monotonic() >= self._gave_up_at

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.progress.delivery_errors += 1
            if self.progress.delivery_errors == 1:
                log.error("record rejected by kafka", error=error.str())


@contextmanager
def finishing(outlet: Outlet, stop: threading.Event) -> Iterator[None]:
    """Finish the outlet when the block ends; after an error or Ctrl-C nothing is waited for but deliveries."""
    try:
        yield
    except KeyboardInterrupt:  # in a notebook, where no signal handler sets the event
        stop.set()
    except BaseException:
        stop.set()
        raise
    finally:
        outlet.finish()
