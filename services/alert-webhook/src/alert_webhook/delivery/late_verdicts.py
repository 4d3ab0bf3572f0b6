"""Late verdicts from the gateway's topic into the webhooks' queues: each transaction's once, and no other verdict."""

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Final

from confluent_kafka import Message
from pydantic import ValidationError

from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.outbox.deliveries import enqueue
from alert_webhook.core.outbox.positions import keep_offset, kept_offsets
from alert_webhook.errors import OutboxUnavailableError
from vigie_runtime import KafkaSettings, KafkaState, VigieError, get_logger
from vigie_runtime.offsets import KeptOffset
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import VERDICTS, Verdict, is_canary

CLIENT: Final = "alert-webhook-verdicts"
POLL_SECONDS: Final = 0.2
GATHER_MS: Final = 100
"""Most verdicts are not late: read one by one, they would cost the broker more than taking them in."""
KEEP_INTERVAL_SECONDS: Final = 5.0
"""Between two notes of how far was read while nothing is late; what is read again after a stop is recognised."""
RETRY_INTERVAL_SECONDS: Final = 1.0
LATE: Final = re.compile(rb'"late"\s*:\s*true')
"""Few verdicts are late, and to parse all others costs more than everything else here."""

log = get_logger(__name__)


class LateVerdictIntake:
    """Queues late verdicts for the webhooks until stopped; canaries' are left out, and people are sent none."""

    def __init__(
        self,
        settings: KafkaSettings,
        database: Database,
        kafka: KafkaState,
        *,
        webhooks: Sequence[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._topic = settings.topic_name(VERDICTS)
        self._database = database
        self._kafka = kafka
        self._webhooks = tuple(webhooks)
        self._clock = clock
        self._kept_at = clock()
        self._unkept: dict[int, int] = {}
        """By partition, the next offset, which the outbox does not know yet."""

    def run(self, stop: threading.Event) -> None:
        """Take in until stopped; Kafka and outbox are waited for."""
        with closing(PartitionReader(self._settings, [self._topic], client=CLIENT, gather_ms=GATHER_MS)) as reader:
            self._start(reader, stop)
            while not stop.is_set():
                self._take(reader, reader.read(POLL_SECONDS).records, stop)

    def _start(self, reader: PartitionReader, stop: threading.Event) -> None:
        """Begin where the outbox says, at first with the oldest: whoever was answered a fallback wants to know."""
        self._unkept.clear()  # after a failure what was read but not queued is read again
        while self._kafka.wait(stop):
            try:
                with self._database.reading() as connection:
                    kept = kept_offsets(connection, self._topic)
                reader.assign({(self._topic, number): offset for number, offset in kept.items()})
            except VigieError as error:
                log.warning("late verdicts not read yet", reason=str(error))
                stop.wait(RETRY_INTERVAL_SECONDS)
            else:
                log.info("late verdicts are read")
                return

    def _take(self, reader: PartitionReader, messages: Sequence[Message], stop: threading.Event) -> None:
        self._unkept |= {message.partition() or 0: (message.offset() or 0) + 1 for message in messages}
        late = [verdict for message in messages if (verdict := read_late(message)) is not None]
        is_time = self._unkept and self._clock() - self._kept_at >= KEEP_INTERVAL_SECONDS
        if late or is_time:
            kept = reader.kept({(self._topic, number): offset for number, offset in self._unkept.items()})
            self._keep(late, {number: one for (_, number), one in kept.items()}, stop)
            self._unkept.clear()
            self._kept_at = self._clock()

    def _keep(self, late: Sequence[Verdict], places: Mapping[int, KeptOffset], stop: threading.Event) -> None:
        """Queue them and note where to go on in one transaction, waiting for an absent outbox."""
        while not stop.is_set():
            try:
                with self._database.writing() as connection:
                    for verdict in late:
                        queue_late_verdict(connection, verdict, self._webhooks, now_ms=round(self._clock() * 1000))
                    for partition, kept in places.items():
                        keep_offset(connection, self._topic, partition, kept)
            except OutboxUnavailableError:
                stop.wait(RETRY_INTERVAL_SECONDS)
            else:
                return


def queue_late_verdict(connection: Connection, verdict: Verdict, webhooks: Sequence[str], *, now_ms: int) -> None:
    """Put it into each webhook's queue, unless that one was given the transaction's before."""
    body = verdict.model_dump(mode="json", exclude={"body_digest"})
    for name in webhooks:
        enqueue(connection, name, f"verdict.late:{verdict.transaction_id}", "verdict", now_ms=now_ms, body=body)


def read_late(message: Message) -> Verdict | None:
    """The late verdict of a record; None for any other, and for what is none, which must not hold up the others."""
    value = message.value() or b""
    if LATE.search(value) is None:
        return None
    try:
        verdict = Verdict.model_validate_json(value)
    except ValidationError as error:
        # no text of the error, it quotes the record
        log.error("unreadable verdict left out", offset=message.offset(), problems=error.error_count())
        return None
    return verdict if verdict.late and not is_canary(verdict.account_id) else None
