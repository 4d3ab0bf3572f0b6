"""Makes transactions and sends them: history first, then live traffic."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

import numpy as np

from generator.call_tally import CallTally
from generator.canary import CanarySender
from generator.gateway_sender import gateway_sender
from generator.labels import LabelQueue, Truth
from generator.outlet import Outlet, finishing
from generator.pace import Arrivals
from generator.payment import Payment, RecordDict, label_record, transaction_record
from generator.progress import SendProgress, reported
from generator.settings import GeneratorSettings, with_overrides
from generator.state import RunState, first_run, next_era, next_run, save
from generator.stream import PaymentStream
from vigie_runtime import KafkaState, wait_for_topics, watch_topics
from vigie_schemas import LABELS, TRANSACTIONS

HISTORY_CHUNK_PAYMENTS = 2000
MAX_CHUNK_PAYMENTS = 500
TOPICS_WRITTEN = (TRANSACTIONS, LABELS)


@dataclass(frozen=True)
class Summary:
    """What a run sent."""

    sent: int
    delivery_errors: int
    labels: int
    gateway: CallTally | None = None


class TransactionGenerator:
    """Transactions of accounts with habits; settings come from the environment unless given."""

    def __init__(
        self, settings: GeneratorSettings | None = None, *, clock: Callable[[], float] = time.time, **overrides: object
    ) -> None:
        self.settings = with_overrides(settings, overrides)
        self._clock = clock

    def transactions(self) -> Iterator[tuple[RecordDict, RecordDict]]:
        """Pairs of a transaction and its label in event order, as a first run makes them; needs no Kafka."""
        state = first_run(self.settings, self._now_ms())
        delay_ms = round(1000 * self.settings.label_delay_seconds)
        for number, payment in enumerate(PaymentStream(state.plan(self.settings)).after(state.clock_ms), start=1):
            name = state.transaction_id(number)
            yield (
                transaction_record(payment, name, None),
                label_record(
                    name,
                    payment.account_id,
                    is_fraud=payment.scenario is not None,
                    scenario=payment.scenario,
                    source="generator",
                    labelled_at_ms=payment.timestamp_ms + delay_ms,
                    timestamp_ms=payment.timestamp_ms,
                    counterparty_id=payment.merchant_id,
                ),
            )

    def start_streaming(self, *, stop: threading.Event | None = None, limit: int | None = None) -> Summary:
        """Send until stopped or until so many transactions are sent, then their labels when these are due.

        Kafka is waited for; raise ConfigurationError where it, or the gateway, refuses the login or denies access.
        """
        settings, stop, kafka = self.settings, stop or threading.Event(), KafkaState()
        progress = SendProgress(target_rate=settings.rate, phase="waiting")
        with reported(progress, settings.status_port, status_host=settings.status_host, kafka=kafka) as reporter:
            if wait_for_topics(settings, TOPICS_WRITTEN, stop, kafka):
                labels = LabelQueue("generator", settings.label_delay_seconds)
                with watch_topics(settings, TOPICS_WRITTEN, kafka), gateway_sender(settings, stop) as gateway:
                    outlet = Outlet(settings, labels, progress, stop, gateway=gateway)
                    canary = CanarySender(settings.canary_seconds, outlet)
                    outlet.on_serve = lambda: (reporter.tick(), canary.tick())
                    with finishing(outlet, stop):
                        self._send_eras(outlet, stop, limit)
        return Summary(progress.sent, progress.delivery_errors, progress.labels, progress.gateway)

    def _send_eras(self, outlet: Outlet, stop: threading.Event, limit: int | None) -> None:
        state = next_run(self.settings, self._now_ms())
        while True:
            run = _Run(state, self.settings, outlet, stop, limit)
            run.send()
            if run.is_over():
                return
            state = next_era(state, self.settings, self._now_ms())

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


class _Run:
    """One run of one era, from its state on."""

    def __init__(
        self, state: RunState, settings: GeneratorSettings, outlet: Outlet, stop: threading.Event, limit: int | None
    ) -> None:
        self._state = state
        self._settings = settings
        self._outlet = outlet
        self._progress = outlet.progress
        self._stop = stop
        self._limit = limit
        self._numbers = count(1)
        self._arrivals = Arrivals(settings.rate, np.random.default_rng())

    def is_over(self) -> bool:
        """True once stopped or at the limit."""
        return self._stop.is_set() or (self._limit is not None and self._progress.sent >= self._limit)

    def send(self) -> None:
        """Send until over or until the era ends; the state on disk is always at or past what was sent."""
        sent_until_ms = self._state.clock_ms
        payments = PaymentStream(self._state.plan(self._settings)).after(sent_until_ms)
        self._enter_phase(sent_until_ms + 1)
        self._save(sent_until_ms)
        try:
            while chunk := list(islice(payments, self._chunk_size())):
                # Kept before it is sent: after a crash a few payments are skipped, but none is ever sent twice.
                self._save(chunk[-1].timestamp_ms)
                for payment in chunk:
                    if self.is_over() or not self._wait_for_turn(payment):
                        return
                    sent_until_ms = payment.timestamp_ms
                    self._send(payment)
        finally:
            self._save(sent_until_ms)

    def _chunk_size(self) -> int:
        if self._progress.phase == "history":
            return HISTORY_CHUNK_PAYMENTS
        return max(1, min(MAX_CHUNK_PAYMENTS, int(self._settings.rate)))

    def _enter_phase(self, at_ms: int) -> None:
        if at_ms < self._state.history_until_ms:
            self._progress.phase = "history"
            self._outlet.labels.hold()
        else:
            self._progress.phase = "live"
            self._outlet.labels.release()
            self._arrivals = Arrivals(self._settings.rate, np.random.default_rng())

    def _wait_for_turn(self, payment: Payment) -> bool:
        """Wait until the payment is due; False when stopped meanwhile."""
        if self._progress.phase == "history":
            if payment.timestamp_ms >= self._state.history_until_ms:
                self._enter_phase(payment.timestamp_ms)
            else:
                self._outlet.serve()
                return not self._stop.is_set()
        self._outlet.wait_until(self._arrivals.next_due())
        return not self._stop.is_set()

    def _send(self, payment: Payment) -> None:
        name = self._state.transaction_id(next(self._numbers))
        truth = Truth(
            name,
            payment.account_id,
            payment.scenario is not None,
            payment.scenario,
            payment.timestamp_ms,
            payment.merchant_id,
        )
        self._progress.simulated_ms = payment.timestamp_ms
        self._outlet.send(transaction_record(payment, name, None), truth)
        if self._progress.phase == "history":
            self._progress.history_sent += 1

    def _save(self, clock_ms: int) -> None:
        save(replace(self._state, clock_ms=clock_ms), self._settings.data_dir)
