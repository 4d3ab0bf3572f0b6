"""From the alerts topic into the outbox: every alert once, whatever repeats, fails or restarts."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Final

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message
from pydantic import ValidationError

from alert_webhook.core.alerts import Arrival, TriageResult
from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.outbox.positions import keep_offset, kept_offsets, oldest_pending_offsets
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.admission import admit_unlimited
from alert_webhook.delivery.alerts_topic import AlertsTopic
from alert_webhook.delivery.tally import DeliveryTally
from alert_webhook.errors import OutboxError, OutboxUnavailableError
from vigie_runtime import KafkaSettings, KafkaState, VigieError, get_logger
from vigie_runtime.offsets import KeptOffset
from vigie_schemas import Alert

POLL_SECONDS: Final = 0.2
COMMIT_SECONDS: Final = 1.0
START_INTERVAL_SECONDS: Final = 1.0
OUTBOX_INTERVAL_SECONDS: Final = 1.0

Admit = Callable[[Connection, Sequence[Arrival]], list[TriageResult]]

log = get_logger(__name__)


class Intake:
    """Takes alerts in until stopped; `admit` keeps those that are new and says what people see of each."""

    def __init__(
        self,
        settings: KafkaSettings,
        database: Database,
        kafka: KafkaState,
        *,
        recipients: Recipients,
        admit: Admit,
        tally: DeliveryTally,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._database = database
        self._kafka = kafka
        self._recipients = recipients
        self._admit = admit
        self._tally = tally
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Take in until stopped; Kafka and outbox are waited for."""
        with closing(AlertsTopic(self._settings)) as topic:
            self._start(topic, stop)
            committed_at = time.monotonic()
            while not stop.is_set():
                messages = topic.read(POLL_SECONDS)
                if messages:
                    self._take(topic, messages, stop)
                if time.monotonic() - committed_at >= COMMIT_SECONDS:
                    self._commit(topic)
                    committed_at = time.monotonic()
            self._commit(topic)

    def _start(self, topic: AlertsTopic, stop: threading.Event) -> None:
        """Begin where the outbox says, once Kafka and the outbox answer."""
        while self._kafka.wait(stop):
            try:
                with self._database.reading() as connection:
                    kept = kept_offsets(connection, topic.name)
                topic.assign(kept)
            except VigieError as error:
                log.warning("intake not started", reason=str(error))
                stop.wait(START_INTERVAL_SECONDS)
            else:
                log.info("intake started")
                return

    def _take(self, topic: AlertsTopic, messages: Sequence[Message], stop: threading.Event) -> None:
        received_at_ms = round(self._clock() * 1000)
        arrivals = [arrival for message in messages if (arrival := read_arrival(message, received_at_ms))]
        places = topic.kept({message.partition() or 0: (message.offset() or 0) + 1 for message in messages})
        if not self._keep(topic.name, arrivals, places, self._admit, stop):
            # one of them is at fault: none of the others may wait for it, and it goes to all receivers without limits
            for arrival in arrivals:
                if not self._keep(topic.name, [arrival], {}, self._admit, stop):
                    self._keep(topic.name, [arrival], {}, self._admit_unlimited, stop)
            self._keep(topic.name, [], places, self._admit, stop)

    def _keep(
        self,
        topic: str,
        arrivals: Sequence[Arrival],
        places: Mapping[int, KeptOffset],
        admit: Admit,
        stop: threading.Event,
    ) -> bool:
        """Write alerts and where to go on in one transaction, waiting for an absent outbox; False when that fails."""
        while not stop.is_set():
            try:
                with self._database.writing() as connection:
                    results = admit(connection, arrivals) if arrivals else []
                    for partition, kept in places.items():
                        keep_offset(connection, topic, partition, kept)
            except OutboxUnavailableError:
                stop.wait(OUTBOX_INTERVAL_SECONDS)
            except Exception:
                log.exception("alerts could not be taken in", offsets=[arrival.offset for arrival in arrivals])
                return False
            else:
                self._tally.count_suppressed(result.cause for result in results if result.cause is not None)
                return True
        return True  # not written, and read again at the next start

    def _admit_unlimited(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[TriageResult]:
        return admit_unlimited(connection, arrivals, self._recipients)

    def _commit(self, topic: AlertsTopic) -> None:
        """Have Kafka store where to begin should the outbox be lost: no later than the oldest alert not delivered."""
        try:
            with self._database.reading() as connection:
                places = kept_offsets(connection, topic.name)
                pending = oldest_pending_offsets(connection, self._recipients.names)
            topic.commit({number: min(at.offset, pending.get(number, at.offset)) for number, at in places.items()})
        except OutboxError as error:
            log.warning("offset not stored", reason=str(error))


def read_arrival(message: Message, received_at_ms: int) -> Arrival | None:
    """The alert of a record; None when it is none, which must not hold up the others."""
    try:
        alert = Alert.model_validate_json(message.value() or b"")
    except ValidationError as error:
        # no text of the error, it quotes the record
        log.error("unreadable alert left out", offset=message.offset(), problems=error.error_count())
        return None
    kind, written_at_ms = message.timestamp()
    return Arrival(
        alert=alert,
        received_at_ms=received_at_ms,
        written_at_ms=received_at_ms if kind == TIMESTAMP_NOT_AVAILABLE else written_at_ms,
        partition=message.partition() or 0,
        offset=message.offset() or 0,
    )
