"""One queue, one receiver: the oldest message first, one in flight, however long it takes."""

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from alert_webhook.core.deliveries import Delivery
from alert_webhook.core.outbox.alerts import written_at
from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.outbox.deliveries import mark_accepted, mark_dead, mark_failed, oldest_waiting
from alert_webhook.delivery.receiver import Accepted, Receiver, Refusal
from alert_webhook.delivery.retry import MAX_ASKED_SECONDS, Backoff
from alert_webhook.delivery.tally import DeliveryTally
from alert_webhook.errors import OutboxError, OutboxUnavailableError
from vigie_runtime import get_logger

RETRY_INTERVAL_SECONDS: Final = 1.0
"""Before the next try when the outbox is unavailable or we have no right to deliver."""
STORE_INTERVAL_SECONDS: Final = 0.2
"""Between two tries to store what came of an attempt."""
MAX_REFUSALS: Final = 5
"""Of one message whose content is refused, before the ones behind it get their turn."""

Result = TypeVar("Result")

log = get_logger(__name__)


class Courier:
    """Hands one receiver its messages until stopped; `may_send` says whether this process still delivers."""

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
        self._failures = 0  # in a row
        self._refused: tuple[int, int] = (0, 0)  # which message's content was refused, and how often

    def run(self, stop: threading.Event) -> None:
        """Deliver until stopped; an attempt under way is finished and its outcome stored. No error ends it."""
        while not stop.is_set():
            seen = self._database.changes.count
            try:
                wait_seconds = self._take_turn()
            except OutboxUnavailableError:
                wait_seconds = RETRY_INTERVAL_SECONDS
            except Exception:
                self._failures += 1
                wait_seconds = self._backoff.wait_seconds(self._failures, None)
                log.exception("courier failed", receiver=self.name, next_in_seconds=round(wait_seconds, 1))
            if wait_seconds is None:
                self._database.changes.wait(seen)
            elif wait_seconds:
                stop.wait(wait_seconds)

    def _take_turn(self) -> float | None:
        """Make one attempt; how long to wait then, None for: until something waits."""
        with self._database.reading() as connection:
            delivery = oldest_waiting(connection, self.name)
        if delivery is None:
            return None
        if not self._may_send():
            return RETRY_INTERVAL_SECONDS
        outcome = self._attempt(delivery)
        if isinstance(outcome, Accepted):
            self._note_accepted(delivery, outcome)
            return 0
        return self._note_refused(delivery, outcome)

    def _attempt(self, delivery: Delivery) -> Accepted | Refusal:
        try:
            return self._receiver.send(delivery)
        except OutboxError:
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

        written_at_ms = self._stored(delivery, write)
        self._failures = 0
        self._tally.count_delivered(self.name, None if written_at_ms is None else now_ms - written_at_ms)
        log.info("message accepted", receiver=self.name, message_id=delivery.message_id, attempts=delivery.attempts + 1)

    def _note_refused(self, delivery: Delivery, refusal: Refusal) -> float:
        """Keep the message in its place, or give it up; how long to leave the receiver alone."""
        now_ms = self._now_ms()
        self._failures = max(self._failures, delivery.attempts) + 1
        self._tally.count_failed(self.name)
        is_refused_for_good = self._is_refused_for_good(delivery, refusal)
        is_dead = is_refused_for_good or now_ms - delivery.queued_at_ms >= self._give_up_ms
        if is_dead:
            self._stored(delivery, lambda connection: mark_dead(connection, delivery, refusal.reason, now_ms=now_ms))
        else:
            self._stored(delivery, lambda connection: mark_failed(connection, delivery, refusal.reason))
        if is_refused_for_good:
            self._failures = 0  # the receiver is well
            wait_seconds = min(refusal.asked_seconds or 0.0, MAX_ASKED_SECONDS)
        else:
            wait_seconds = self._backoff.wait_seconds(self._failures, refusal.asked_seconds)
        self._log_refusal(delivery, refusal, is_dead=is_dead, wait_seconds=wait_seconds)
        return wait_seconds

    def _log_refusal(self, delivery: Delivery, refusal: Refusal, *, is_dead: bool, wait_seconds: float) -> None:
        fields = {
            "receiver": self.name,
            "message_id": delivery.message_id,
            "reason": refusal.reason,
            "attempts": delivery.attempts + 1,
            "next_in_seconds": round(wait_seconds, 1),
        }
        if is_dead:
            log.error("message given up", **fields)
        elif refusal.needs_a_person:
            log.error("message refused until a person acts", **fields)
        else:
            log.warning("message not accepted", **fields)

    def _is_refused_for_good(self, delivery: Delivery, refusal: Refusal) -> bool:
        message, times = self._refused
        if refusal.is_of_this_message:
            self._refused = (delivery.delivery_id, times + 1 if message == delivery.delivery_id else 1)
        return refusal.is_of_this_message and self._refused[1] >= MAX_REFUSALS

    def _stored(self, delivery: Delivery, write: Callable[[Connection], Result]) -> Result:
        """Store what came of an attempt, as long as it takes: lost, the attempt would be made again."""
        is_late = False
        while True:
            try:
                with self._database.writing() as connection:
                    return write(connection)
            except OutboxError as error:
                if not is_late:
                    is_late = True
                    log.error(
                        "outcome of an attempt not stored yet",
                        receiver=self.name,
                        message_id=delivery.message_id,
                        reason=error.reason,
                    )
                time.sleep(STORE_INTERVAL_SECONDS)

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)
