"""Live payments to the gateway, as a bank's core sends them: many calls at once, each waiting for its verdict.

What is due is taken without waiting, so that a slow gateway does not slow the clock: it is counted as late. Payments of
one account go through one thread, so that they arrive in their order.
"""

import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Final

from generator.call_tally import CallTally
from generator.gateway_calls import CallResult, DuePayment, GatewayCalls
from generator.labels import LabelQueue
from generator.progress import SendProgress
from generator.settings import GeneratorSettings
from vigie_runtime import ConfigurationError, get_logger

NO_ACCESS: Final = (401, 403)

log = get_logger(__name__)


class GatewaySender:
    """So many threads with one call each; used from one thread."""

    def __init__(self, settings: GeneratorSettings, stop: threading.Event) -> None:
        self._calls = GatewayCalls(settings, stop)
        self._results: SimpleQueue[CallResult] = SimpleQueue()
        self._queues: list[SimpleQueue[DuePayment | None]] = [
            SimpleQueue() for _ in range(settings.generator_in_flight)
        ]
        self._abandoned = threading.Event()
        self._submitted = self._taken = 0
        self.tally = CallTally()
        self._threads = [
            threading.Thread(target=self._work, args=(queue,), name=f"gateway-{number}", daemon=True)
            for number, queue in enumerate(self._queues)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def unanswered(self) -> int:
        """Payments that wait for their call or its answer."""
        return self._submitted - self._taken

    @property
    def has_room(self) -> bool:
        """Whether no more wait than calls can be under way."""
        return self.unanswered < len(self._queues)

    def submit(self, payment: DuePayment) -> None:
        """Have it sent; returns at once."""
        self._submitted += 1
        self._queues[zlib.crc32(payment.account_id.encode()) % len(self._queues)].put(payment)

    def take_answers(self, labels: LabelQueue, progress: SendProgress) -> None:
        """Count what was answered since this was asked last, and remember the truth about what was judged.

        Raises ConfigurationError where the gateway takes no payment of this caller.
        """
        for result in self._results_so_far():
            self.tally.add(result)
            if result.verdict is None:
                progress.delivery_errors += 1
            elif result.payment.truth:
                labels.add(result.payment.truth)
            if result.status is not None and self.tally.refused[result.status] == 1:
                _first_refusal(result.status)
        self.tally.unanswered = self.unanswered

    def close(self, timeout_seconds: float) -> None:
        """Let calls end for so long; what waits then is given up, and what is under way remains unanswered."""
        deadline = time.monotonic() + timeout_seconds
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._abandoned.set()
        self._calls.close()

    def _results_so_far(self) -> Iterator[CallResult]:
        while True:
            try:
                result = self._results.get_nowait()
            except Empty:
                return
            self._taken += 1
            yield result

    def _work(self, queue: "SimpleQueue[DuePayment | None]") -> None:
        while (payment := queue.get()) is not None:
            self._results.put(CallResult(payment) if self._abandoned.is_set() else self._calls.judge(payment))


def _first_refusal(status: int) -> None:
    """One of each kind is said."""
    if status in NO_ACCESS:
        raise ConfigurationError(
            f"The gateway refuses the token ({status}). Set VIGIE_GATEWAY_TOKEN to one with the scope send."
        )
    log.error("payment refused by the gateway", status=status)


@contextmanager
def gateway_sender(settings: GeneratorSettings, stop: threading.Event) -> Iterator[GatewaySender | None]:
    """A sender where the settings want the gateway; None where they want Kafka."""
    if settings.generator_target == "kafka":
        yield None
        return
    sender = GatewaySender(settings, stop)
    try:
        yield sender
    finally:
        sender.close(0)
