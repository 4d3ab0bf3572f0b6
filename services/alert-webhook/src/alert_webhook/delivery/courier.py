"""One queue, one receiver: the oldest message first, one in flight, however long it takes."""

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from alert_webhook.core.outbox.alerts import written_at
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import Delivery, mark_accepted, mark_dead, mark_failed, oldest_waiting
from alert_webhook.delivery.receiver import Accepted, Receiver, Refusal
from alert_webhook.delivery.retry import LONGEST_OBEYED_SECONDS, Backoff
from alert_webhook.delivery.tally import DeliveryTally
from vigie_runtime import get_logger

LOOK_SECONDS: Final = 0.2
"""Between two looks into an empty queue: other processes put answers of people into it."""
PATIENCE_SECONDS: Final = 1.0
"""Before the next try when the outbox does not answer or we have no right to deliver."""
MOST_REFUSALS: Final = 5
"""Of one message whose content is refused, before the ones behind it get their turn."""

Result = TypeVar("Result")

log = get_logger(__name__)


class Courier:
    """Hands one receiver its messages until told to stop; `may_send` says whether this process still delivers."""

    def __init__(
        self,
        receiver: Receiver,
        database: Database,
        *,
        backoff: Backoff,
        give_up_hours: float,
        tally: DeliveryTally,
        may_send: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = receiver.name
        self._receiver = receiver
        self._database = database
        self._backoff = backoff
        self._give_up_ms = round(give_up_hours * 3_600_000)
        self._tally = tally
        self._may_send = may_send
        self._clock = clock
        self._woken = threading.Event()
        self._failures = 0  # in a row
        self._refused: tuple[int, int] = (0, 0)  # which message's content was refused, and how often

    def run(self, stop: threading.Event) -> None:
        """Deliver until stopped; an attempt under way is finished and noted. No error ends it but that."""
        while not stop.is_set():
            try:
                wait_seconds = self._take_turn()
            except SQLAlchemyError as error:
                log.warning("outbox does not answer", receiver=self.name, reason=type(error).__name__)
                wait_seconds = PATIENCE_SECONDS
            except Exception:
                self._failures += 1
                wait_seconds = self._backoff.wait_seconds(self._failures, None)
                log.exception(
                    "courier stumbled and goes on", receiver=self.name, next_in_seconds=round(wait_seconds, 1)
                )
            if wait_seconds is None:
                self._woken.wait(LOOK_SECONDS)
                self._woken.clear()
            elif wait_seconds:
                stop.wait(wait_seconds)

    def wake(self) -> None:
        """Say that something may wait, or that it is time to stop."""
        self._woken.set()

    def _take_turn(self) -> float | None:
        """Make one attempt; how long to wait then, None for: until something waits."""
        with self._database.reading() as connection:
            delivery = oldest_waiting(connection, self.name)
        if delivery is None:
            return None
        if not self._may_send():
            return PATIENCE_SECONDS
        outcome = self._attempt(delivery)
        if isinstance(outcome, Accepted):
            self._note_accepted(delivery, outcome)
            return 0
        return self._note_refused(delivery, outcome)

    def _attempt(self, delivery: Delivery) -> Accepted | Refusal:
        try:
            return self._receiver.send(delivery)
        except SQLAlchemyError:
            raise  # says nothing about the message
        except Exception as error:
            log.exception("message could not be made", receiver=self.name, message_id=delivery.message_id)
            return Refusal(f"an error of our own ({type(error).__name__}), see the log", is_of_this_message=True)

    def _note_accepted(self, delivery: Delivery, accepted: Accepted) -> None:
        now_ms = self._now_ms()

        def write(connection: Connection) -> int | None:
            mark_accepted(connection, delivery, now_ms=now_ms, reference=accepted.reference)
            is_alert = delivery.alert_id and delivery.kind in ("alert", "thread")
            return written_at(connection, delivery.alert_id) if is_alert and delivery.alert_id else None

        written_at_ms = self._noted(write)
        self._failures = 0
        self._tally.count_delivered(self.name, None if written_at_ms is None else now_ms - written_at_ms)
        log.info("delivered", receiver=self.name, message_id=delivery.message_id, attempts=delivery.attempts + 1)

    def _note_refused(self, delivery: Delivery, refusal: Refusal) -> float:
        """Keep the message in its place, or give it up; how long to leave the receiver alone."""
        now_ms = self._now_ms()
        self._failures = max(self._failures, delivery.attempts) + 1
        self._tally.count_failed(self.name)
        is_refused_for_good = self._is_refused_for_good(delivery, refusal)
        is_dead = is_refused_for_good or now_ms - delivery.queued_at_ms >= self._give_up_ms
        if is_dead:
            self._noted(lambda connection: mark_dead(connection, delivery, refusal.reason, now_ms=now_ms))
        else:
            self._noted(lambda connection: mark_failed(connection, delivery, refusal.reason))
        if is_refused_for_good:
            self._failures = 0  # the receiver is well
            wait_seconds = min(refusal.asked_seconds or 0.0, LONGEST_OBEYED_SECONDS)
        else:
            wait_seconds = self._backoff.wait_seconds(self._failures, refusal.asked_seconds)
        write = log.error if refusal.needs_a_person or is_dead else log.warning
        write(
            "message given up" if is_dead else "message not accepted",
            receiver=self.name,
            message_id=delivery.message_id,
            reason=refusal.reason,
            attempts=delivery.attempts + 1,
            next_in_seconds=round(wait_seconds, 1),
        )
        return wait_seconds

    def _is_refused_for_good(self, delivery: Delivery, refusal: Refusal) -> bool:
        message, times = self._refused
        if refusal.is_of_this_message:
            self._refused = (delivery.delivery_id, times + 1 if message == delivery.delivery_id else 1)
        return refusal.is_of_this_message and self._refused[1] >= MOST_REFUSALS

    def _noted(self, write: Callable[[Connection], Result]) -> Result:
        """Write what came of an attempt, as long as it takes: forgotten, it would be made again."""
        while True:
            try:
                with self._database.writing() as connection:
                    return write(connection)
            except SQLAlchemyError as error:
                log.error("outcome of an attempt not noted yet", receiver=self.name, reason=type(error).__name__)
                time.sleep(LOOK_SECONDS)

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)
