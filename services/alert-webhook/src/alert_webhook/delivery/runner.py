"""The process that delivers: it holds the outbox's lock, takes alerts in, and runs a courier for each receiver."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from typing import Final

from alert_webhook.core.alerts import Arrival, TriageResult
from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.outbox.lock import DeliveryLock, delivery_lock
from alert_webhook.core.recipients import recipients_of
from alert_webhook.core.triage.admission import admit
from alert_webhook.core.triage.rules import rules_of
from alert_webhook.delivery.courier import Courier
from alert_webhook.delivery.delivery_metrics import DeliveryMetricsPublisher
from alert_webhook.delivery.housekeeping import Housekeeping
from alert_webhook.delivery.intake import Intake
from alert_webhook.delivery.late_verdicts import LateVerdictIntake
from alert_webhook.delivery.receiver import Receiver
from alert_webhook.delivery.receivers import receivers_of
from alert_webhook.delivery.retry import Backoff
from alert_webhook.delivery.tally import DeliveryTally
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.threads import RestartingThreads
from vigie_runtime import KafkaState, get_logger

SHUTDOWN_TIMEOUT_SECONDS: Final = 8.0
"""For attempts under way when asked to stop; platforms give a service ten seconds."""
LOCK_INTERVAL_SECONDS: Final = 1.0

log = get_logger(__name__)


class DeliveryRunner:
    """Run it in every process that shares an outbox: one at a time delivers, and the next takes over when it ends."""

    def __init__(
        self,
        settings: AlertWebhookSettings,
        database: Database,
        kafka: KafkaState,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._database = database
        self._kafka = kafka
        self._clock = clock
        self._tally = DeliveryTally()
        self._lock_guard = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Deliver whenever it is this process's turn, until stopped; attempts under way are then finished."""
        while not stop.is_set():
            with closing(delivery_lock(self._database, self._settings.data_dir)) as lock:
                if lock.take():
                    self._deliver(lock, stop)
            stop.wait(LOCK_INTERVAL_SECONDS)

    def _deliver(self, lock: DeliveryLock, stop: threading.Event) -> None:
        """Deliver until stopped or until the lock is lost."""
        has_ended = threading.Event()

        def is_ours() -> bool:
            with self._lock_guard:  # PostgreSQL's is a connection, which takes one question at a time
                return not has_ended.is_set() and lock.is_held()

        with ExitStack() as stack:
            receivers = receivers_of(self._settings, self._database, clock=self._clock)
            for receiver in receivers:
                stack.callback(receiver.close)
            names = [receiver.name for receiver in receivers]
            publisher = stack.enter_context(closing(DeliveryMetricsPublisher(self._settings)))
            housekeeping = self._housekeeping(names, publisher)
            threads = RestartingThreads()
            try:
                for receiver in receivers:
                    threads.start(receiver.name, self._courier(receiver, is_ours).run)
                threads.start("intake", self._intake().run)
                if (late := self._late_verdicts()) is not None:
                    threads.start("late verdicts", late.run)
                log.info("delivery started", receivers=names)
                while not stop.wait(1 - self._clock() % 1) and is_ours():
                    housekeeping.do_chores()
            finally:
                has_ended.set()
                threads.request_stop()
                self._database.changes.notify()  # couriers that wait for a message end at once
                _join(threads, stop)
                log.info("delivery stopped")

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

    def _intake(self) -> Intake:
        rules, recipients = rules_of(self._settings), recipients_of(self._settings)

        def admit_by_rules(connection: Connection, arrivals: Sequence[Arrival]) -> list[TriageResult]:
            return admit(connection, arrivals, rules, recipients)

        return Intake(
            self._settings,
            self._database,
            self._kafka,
            recipients=recipients,
            admit=admit_by_rules,
            tally=self._tally,
            clock=self._clock,
        )

    def _late_verdicts(self) -> LateVerdictIntake | None:
        """Only webhooks get late verdicts, so without one nothing is read."""
        webhooks = recipients_of(self._settings).webhooks
        if not webhooks:
            return None
        return LateVerdictIntake(self._settings, self._database, self._kafka, webhooks=webhooks, clock=self._clock)

    def _housekeeping(self, receivers: Sequence[str], publisher: DeliveryMetricsPublisher) -> Housekeeping:
        return Housekeeping(
            self._database,
            rules=rules_of(self._settings),
            tally=self._tally,
            receivers=receivers,
            publish=publisher.publish,
            clock=self._clock,
        )


def _join(threads: RestartingThreads, stop: threading.Event) -> None:
    """Wait for attempts under way: when stopping until the time-out, else until none can meet a new one."""
    ends_at: float | None = None
    while threads.alive:
        threads.join(0.1)
        if stop.is_set():
            ends_at = ends_at or time.monotonic() + SHUTDOWN_TIMEOUT_SECONDS
            if time.monotonic() > ends_at:
                log.warning("attempt cut off by the shutdown", threads=threads.alive)
                return
