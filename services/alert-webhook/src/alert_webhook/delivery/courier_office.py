"""The process that delivers: it holds the outbox's lock, takes alerts in, and runs a courier for each receiver."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from typing import Final

from sqlalchemy import Connection

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.lock import SoleCourier, sole_courier
from alert_webhook.core.recipients import recipients_of
from alert_webhook.core.triage.admission import Arrival, admit, rules_of
from alert_webhook.delivery.courier import Courier
from alert_webhook.delivery.delivery_metrics import DeliveryMetricsPublisher
from alert_webhook.delivery.housekeeping import Housekeeping
from alert_webhook.delivery.intake import Intake
from alert_webhook.delivery.receiver import Receiver
from alert_webhook.delivery.receivers import receivers_of
from alert_webhook.delivery.retry import Backoff
from alert_webhook.delivery.tally import DeliveryTally
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import get_logger

GRACE_SECONDS: Final = 8.0
"""For attempts under way when asked to stop; platforms give a service ten seconds."""
LOCK_SECONDS: Final = 1.0
AFTER_ERROR_SECONDS: Final = 5.0

log = get_logger(__name__)


class CourierOffice:
    """Run it in every process that shares an outbox: one at a time delivers, and the next takes over when it ends."""

    def __init__(
        self, settings: AlertWebhookSettings, database: Database, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._tally = DeliveryTally()
        self._lock_guard = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Deliver whenever it is this process's turn, until stopped; attempts under way are then finished."""
        while not stop.is_set():
            try:
                with closing(sole_courier(self._database, self._settings.data_dir)) as lock:
                    if lock.take():
                        self._deliver(lock, stop)
                stop.wait(LOCK_SECONDS)
            except Exception:
                log.exception("delivery stumbled and begins again", next_in_seconds=AFTER_ERROR_SECONDS)
                stop.wait(AFTER_ERROR_SECONDS)

    def _deliver(self, lock: SoleCourier, stop: threading.Event) -> None:
        """Deliver until stopped or until the lock is lost."""
        end = threading.Event()

        def is_ours() -> bool:
            with self._lock_guard:  # PostgreSQL's is a connection, which takes one question at a time
                return not end.is_set() and lock.is_held()

        with ExitStack() as stack:
            receivers = receivers_of(self._settings, self._database, clock=self._clock)
            for receiver in receivers:
                stack.callback(receiver.close)
            couriers = [self._courier(receiver, is_ours) for receiver in receivers]

            def wake() -> None:
                for courier in couriers:
                    courier.wake()

            publisher = stack.enter_context(closing(DeliveryMetricsPublisher(self._settings)))
            housekeeping = self._housekeeping([courier.name for courier in couriers], publisher, wake)
            threads = [_thread(courier.name, courier.run, end) for courier in couriers]
            threads.append(_thread("intake", self._intake(wake).run, end))
            try:
                for thread in threads:
                    thread.start()
                log.info("this process delivers", receivers=[courier.name for courier in couriers])
                while not stop.wait(1 - self._clock() % 1) and is_ours():
                    housekeeping.do_chores()
            finally:
                end.set()
                wake()
                _join(threads, stop)
                log.info("this process delivers no more")

    def _courier(self, receiver: Receiver, may_send: Callable[[], bool]) -> Courier:
        settings = self._settings
        backoff = Backoff(
            first_seconds=settings.first_retry_seconds,
            longest_seconds=settings.longest_retry_seconds,
            chance=random.Random(),
        )
        return Courier(
            receiver,
            self._database,
            backoff=backoff,
            give_up_hours=settings.give_up_hours,
            tally=self._tally,
            may_send=may_send,
            clock=self._clock,
        )

    def _intake(self, wake: Callable[[], None]) -> Intake:
        rules, recipients = rules_of(self._settings), recipients_of(self._settings)

        def admit_by_rules(connection: Connection, arrival: Arrival) -> None:
            admit(connection, arrival, rules, recipients)

        return Intake(
            self._settings,
            self._database,
            recipients=recipients,
            admit=admit_by_rules,
            tally=self._tally,
            on_taken=wake,
            clock=self._clock,
        )

    def _housekeeping(
        self, receivers: Sequence[str], publisher: DeliveryMetricsPublisher, wake: Callable[[], None]
    ) -> Housekeeping:
        return Housekeeping(
            self._database,
            rules=rules_of(self._settings),
            tally=self._tally,
            receivers=receivers,
            publish=publisher.publish,
            on_queued=wake,
            clock=self._clock,
        )


def _thread(name: str, work: Callable[[threading.Event], None], end: threading.Event) -> threading.Thread:
    """A thread that an unexpected error does not end: alerts would wait, and nothing would say so."""

    def run() -> None:
        while not end.is_set():
            try:
                work(end)
            except Exception:
                log.exception("thread stumbled and begins again", thread=name, next_in_seconds=AFTER_ERROR_SECONDS)
                end.wait(AFTER_ERROR_SECONDS)

    return threading.Thread(target=run, name=name, daemon=True)


def _join(threads: Sequence[threading.Thread], stop: threading.Event) -> None:
    """Wait for attempts under way: when stopping as long as the grace lasts, else until none can meet a new one."""
    ends_at: float | None = None
    for thread in threads:
        while thread.is_alive():
            thread.join(0.1)
            if stop.is_set():
                ends_at = ends_at or time.monotonic() + GRACE_SECONDS
                if time.monotonic() > ends_at:
                    log.warning("an attempt was not over in time and will be repeated", thread=thread.name)
                    return
