"""From the alerts topic into the outbox: every alert once, whatever repeats, fails or restarts."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Final

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, KafkaException, Message
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from alert_webhook.core.outbox.alerts import add_alert, causes_of, known_alerts
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue
from alert_webhook.core.outbox.positions import keep_next_offset, next_offsets, oldest_untold_offsets
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.admission import Arrival
from alert_webhook.delivery.alerts_topic import PATIENCE_SECONDS, AlertsTopic
from alert_webhook.delivery.tally import DeliveryTally
from vigie_runtime import KafkaSettings, UnavailableError, ensure_topics, get_logger
from vigie_schemas import ALERTS, DELIVERY, LABELS, Alert

POLL_SECONDS: Final = 0.2
COMMIT_SECONDS: Final = 1.0
REFRESH_SECONDS: Final = 30.0
OUTBOX_SECONDS: Final = 1.0
OUTBOX_IS_AWAY: Final = (OperationalError, InterfaceError, PoolTimeoutError)

Admit = Callable[[Connection, Arrival], None]

log = get_logger(__name__)


class Intake:
    """Takes alerts in until told to stop; `admit` decides what becomes of one, `on_taken` hears of new ones."""

    def __init__(
        self,
        settings: KafkaSettings,
        database: Database,
        *,
        recipients: Recipients,
        admit: Admit,
        tally: DeliveryTally,
        on_taken: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._database = database
        self._recipients = recipients
        self._admit = admit
        self._tally = tally
        self._on_taken = on_taken
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Take in until stopped; Kafka and outbox are waited for."""
        with closing(AlertsTopic(self._settings)) as topic:
            while not stop.is_set() and not self._has_started(topic):
                stop.wait(PATIENCE_SECONDS)
            committed_at = refreshed_at = time.monotonic()
            while not stop.is_set():
                messages = topic.read(POLL_SECONDS)
                if messages:
                    self._take(topic, messages, stop)
                now = time.monotonic()
                if now - committed_at >= COMMIT_SECONDS:
                    self._commit(topic)
                    committed_at = now
                if now - refreshed_at >= REFRESH_SECONDS:
                    self._assign(topic)
                    refreshed_at = now
            self._commit(topic)

    def _has_started(self, topic: AlertsTopic) -> bool:
        try:
            ensure_topics(self._settings, (ALERTS, LABELS, DELIVERY), timeout_seconds=PATIENCE_SECONDS)
        except (UnavailableError, KafkaException) as error:
            log.warning("kafka does not answer yet", reason=str(error))
            return False
        if not self._assign(topic):
            return False
        log.info("alerts are taken in")
        return True

    def _assign(self, topic: AlertsTopic) -> bool:
        """Read each partition, those that were added later too."""
        try:
            with self._database.reading() as connection:
                kept = next_offsets(connection, topic.name)
            topic.assign(kept)
        except (KafkaException, SQLAlchemyError) as error:
            log.warning("partitions not refreshed", reason=type(error).__name__)
            return False
        return True

    def _take(self, topic: AlertsTopic, messages: Sequence[Message], stop: threading.Event) -> None:
        received_at_ms = round(self._clock() * 1000)
        arrivals = [arrival for message in messages if (arrival := read_arrival(message, received_at_ms))]
        places = {message.partition() or 0: (message.offset() or 0) + 1 for message in messages}
        if not self._keep(topic.name, arrivals, places, self._admit, stop):
            # one of them is at fault: none of the others may wait for it, and it is told rather than judged
            for arrival in arrivals:
                if not self._keep(topic.name, [arrival], {}, self._admit, stop):
                    self._keep(topic.name, [arrival], {}, self._tell_everybody, stop)
            self._keep(topic.name, [], places, self._admit, stop)
        self._on_taken()

    def _keep(
        self,
        topic: str,
        arrivals: Sequence[Arrival],
        places: Mapping[int, int],
        admit: Admit,
        stop: threading.Event,
    ) -> bool:
        """Write alerts and where to go on in one transaction, waiting for an absent outbox; False when that fails."""
        while not stop.is_set():
            try:
                with self._database.writing() as connection:
                    fresh = _admit_unknown(connection, arrivals, admit)
                    for partition, next_offset in places.items():
                        keep_next_offset(connection, topic, partition, next_offset)
                    causes = causes_of(connection, fresh)
            except OUTBOX_IS_AWAY as error:
                log.error("outbox takes no alerts in", reason=type(error).__name__, alerts=len(arrivals))
                stop.wait(OUTBOX_SECONDS)
            except Exception:
                log.exception("alerts could not be taken in", offsets=[arrival.offset for arrival in arrivals])
                return False
            else:
                self._tally.count_suppressed(causes)
                return True
        return True  # not written, and read again at the next start

    def _tell_everybody(self, connection: Connection, arrival: Arrival) -> None:
        """What is done with an alert that cannot be judged."""
        keep_plainly(connection, arrival, self._recipients)

    def _commit(self, topic: AlertsTopic) -> None:
        """Leave word in Kafka where to begin should the outbox be lost: no later than the oldest untold alert."""
        try:
            with self._database.reading() as connection:
                places = next_offsets(connection, topic.name)
                untold = oldest_untold_offsets(connection, self._recipients.names)
            topic.commit({number: min(place, untold.get(number, place)) for number, place in places.items()})
        except (KafkaException, SQLAlchemyError) as error:
            log.warning("offset not committed", reason=type(error).__name__)


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


def keep_plainly(connection: Connection, arrival: Arrival, recipients: Recipients) -> None:
    """Keep an alert and queue it for everybody."""
    alert = arrival.alert
    add_alert(
        connection,
        alert,
        received_at_ms=arrival.received_at_ms,
        written_at_ms=arrival.written_at_ms,
        partition=arrival.partition,
        offset=arrival.offset,
        handling="message",
        cause=None,
        episode_id=None,
    )
    for name in recipients.names:
        enqueue(connection, name, alert.alert_id, "alert", now_ms=arrival.received_at_ms, alert_id=alert.alert_id)


def _admit_unknown(connection: Connection, arrivals: Sequence[Arrival], admit: Admit) -> list[str]:
    """Admit those not known before; their ids."""
    known = known_alerts(connection, [arrival.alert.alert_id for arrival in arrivals])
    fresh: list[str] = []
    for arrival in arrivals:
        alert_id = arrival.alert.alert_id
        if alert_id not in known:
            known.add(alert_id)
            fresh.append(alert_id)
            admit(connection, arrival)
    return fresh
