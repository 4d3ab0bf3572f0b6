"""The truth, held back until its time has come."""

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from generator.payment import RecordDict, label_record


class Truth(NamedTuple):
    """What will be said about a transaction that was sent."""

    transaction_id: str
    account_id: str
    is_fraud: bool
    scenario: str | None
    timestamp_ms: int | None = None
    """Of the transaction."""
    counterparty_id: str | None = None
    """Its merchant, or else its payee."""


class LabelQueue:
    """Labels in the order of their transactions; `hold` keeps history's back until `release`."""

    def __init__(self, source: str, delay_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._delay_seconds = delay_seconds
        self._clock = clock
        self._waiting: deque[tuple[float, Truth]] = deque()
        self.held = False

    def __len__(self) -> int:
        return len(self._waiting)

    def hold(self) -> None:
        """Let nothing become due for now."""
        self.held = True

    def release(self) -> None:
        """Make all that waits due at once."""
        self.held = False
        self._waiting = deque((0.0, truth) for _, truth in self._waiting)

    def add(self, truth: Truth) -> None:
        """Remember a transaction sent now."""
        self._waiting.append((self._clock() + self._delay_seconds, truth))

    def pop_due(self) -> RecordDict | None:
        """The next label if its time has come."""
        if self.held or not self._waiting or self._waiting[0][0] > self._clock():
            return None
        _, truth = self._waiting.popleft()
        return label_record(
            truth.transaction_id,
            truth.account_id,
            is_fraud=truth.is_fraud,
            scenario=truth.scenario,
            source=self._source,
            labelled_at_ms=time.time_ns() // 1_000_000,
            timestamp_ms=truth.timestamp_ms,
            counterparty_id=truth.counterparty_id,
        )
