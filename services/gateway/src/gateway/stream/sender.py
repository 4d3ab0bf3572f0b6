"""The way out to Kafka: payments and verdicts, and which payments Kafka has acknowledged."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import KafkaError, Message, Producer

from gateway.errors import BusyProblem
from vigie_runtime import KafkaSettings, get_logger
from vigie_schemas import TRANSACTIONS, VERDICTS

LINGER_MS: Final = 1
VERDICT_LINGER_MS: Final = 50
"""Nothing waits for a verdict's record: its caller has the answer. One by one they cost Kafka and readers as much as
the payments do (docs/adr/0028)."""
POLL_SECONDS: Final = 0.05
MESSAGE_TIMEOUT_MS: Final = 300_000
"""How long Kafka may be away before a payment that waits for it is given up."""
QUEUED_RECORDS: Final = 100_000
STOP_TIMEOUT_SECONDS: Final = 10.0
Headers = list[tuple[str, bytes]]
Acknowledged = tuple[str, int, int]
"""A transaction's id, and partition and offset that Kafka gave it."""

log = get_logger(__name__)


class PaymentSender:
    """Idempotent producers; a thread hands on which payments were acknowledged, many at a time."""

    def __init__(self, settings: KafkaSettings, acknowledged: Callable[[Sequence[Acknowledged]], None]) -> None:
        """`acknowledged` is called from the sender's thread."""
        bounds = {"message.timeout.ms": MESSAGE_TIMEOUT_MS, "queue.buffering.max.messages": QUEUED_RECORDS}
        logger = logging.getLogger("librdkafka")
        alone = {"compression.type": "none"}  # one payment a request: nothing to compress, and it is read sooner
        self._payments = Producer(settings.producer_config(linger_ms=LINGER_MS) | bounds | alone, logger=logger)
        self._answers = Producer(settings.producer_config(linger_ms=VERDICT_LINGER_MS) | bounds, logger=logger)
        self._transactions = settings.topic_name(TRANSACTIONS)
        self._verdicts = settings.topic_name(VERDICTS)
        self._acknowledged = acknowledged
        self._done: list[Acknowledged] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="sender", daemon=True)
        self.failed_total = 0

    def start(self) -> None:
        """Begin to hand on acknowledgements."""
        self._thread.start()

    def send(self, transaction_id: str, account_id: str, record: bytes, headers: Headers) -> None:
        """Queue a payment; raises BusyProblem while the queue is full, as when Kafka has been away for long."""

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is None:
                self._done.append((transaction_id, message.partition() or 0, message.offset() or 0))
            else:
                self._fail(error)

        try:
            self._payments.produce(self._transactions, record, account_id, headers=list(headers), on_delivery=delivered)
        except BufferError:
            raise BusyProblem(
                "Kafka does not answer and what waits for it fills the queue: try again in a few seconds.",
                retry_after_seconds=5,
            ) from None

    def publish(self, transaction_id: str, verdict: bytes) -> None:
        """Queue a verdict; a full queue is counted and logged, the caller has the answer anyway."""
        try:
            self._answers.produce(self._verdicts, verdict, transaction_id, on_delivery=self._published)
        except BufferError:
            self._fail(KafkaError(KafkaError._QUEUE_FULL))

    @property
    def waiting(self) -> int:
        """Records that Kafka has not acknowledged."""
        return len(self._payments) + len(self._answers)

    def close(self) -> None:
        """Wait until Kafka has everything, for STOP_TIMEOUT_SECONDS at most."""
        self._stop.set()
        self._thread.join()
        remaining = self._payments.flush(STOP_TIMEOUT_SECONDS) + self._answers.flush(STOP_TIMEOUT_SECONDS)
        if remaining:
            log.error("stopped before kafka had everything", records=remaining)

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._payments.poll(POLL_SECONDS)
            self._answers.poll(0)
            if self._done:
                done, self._done = self._done, []
                self._acknowledged(done)

    def _published(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._fail(error)

    def _fail(self, error: KafkaError) -> None:
        self.failed_total += 1
        log.error("record not delivered", reason=error.str(), failed_total=self.failed_total)
