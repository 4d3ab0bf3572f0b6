"""The way into Kafka: transactions at once, their labels later, nothing lost to a full queue."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException, Message, Producer

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
    """Sends records, keeps labels until they are due, and counts what Kafka refused."""

    def __init__(
        self,
        settings: KafkaSettings,
        labels: LabelQueue,
        progress: SendProgress,
        stop: threading.Event,
        *,
        on_serve: Callable[[], None] = lambda: None,
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
        self.labels = labels
        self.progress = progress

    def send(self, transaction: RecordDict, truth: Truth | None) -> None:
        """Send a transaction, stamped with the wall clock, and remember its truth."""
        transaction["sent_at_us"] = time.time_ns() // 1000
        if self._produce(
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
        while label := self.labels.pop_due():
            if self._produce(self._label_topic, str(label["account_id"]), label):
                self.progress.labels += 1
        self.on_serve()

    def wait_until(self, due: float) -> None:
        """Serve until a moment of the monotonic clock or until stopped."""
        while True:
            self.serve()
            remaining = due - time.monotonic()
            if remaining <= MIN_SLEEP_SECONDS or self._stop.wait(min(remaining, MAX_SLEEP_SECONDS)):
                return

    def finish(self) -> None:
        """Send the remaining labels, when due or at once after a stop, and wait for all deliveries."""
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
