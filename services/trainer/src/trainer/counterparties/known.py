"""What is known of counterparties by labels, one label after the other (docs/adr/0030)."""

from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import Floats
from vigie_schemas import COUNTERPARTY_INPUTS, LABEL_TRUST, CounterpartyLabels, Label, counterparty_inputs

MAX_COUNTERPARTIES: Final = 100_000
"""Those of whom a label spoke last; beyond that the trainer's memory would grow with every payee there is."""
MAX_PAYMENTS: Final = 32
MAX_SOUND_PAYMENTS: Final = 4
"""Newest payments remembered of a counterparty with known fraud, and of one without: most never have any."""


class _Payment(NamedTuple):
    timestamp_ms: int
    transaction_id: str
    is_fraud: bool
    trust: int


class KnownCounterparties:
    """Takes labels in the order in which they became known."""

    def __init__(self) -> None:
        self._payments: OrderedDict[str, list[_Payment]] = OrderedDict()

    def take(self, label: Label) -> str | None:
        """Learn from a label; the counterparty of whom something else is known now, if there is one.

        A label that names no counterparty, or not when the transaction was made, says nothing of one.
        """
        name, at_ms = label.counterparty_id, label.timestamp_ms
        if not name or at_ms is None:
            return None
        before = self.of(name)
        payments = self._payments.setdefault(name, [])
        self._payments.move_to_end(name)
        _put(payments, _Payment(at_ms, label.transaction_id, label.is_fraud, LABEL_TRUST[label.source]))
        if len(self._payments) > MAX_COUNTERPARTIES:
            self._payments.popitem(last=False)
        return name if self.of(name) != before else None

    def of(self, counterparty_id: str | None) -> CounterpartyLabels | None:
        """What is known now; None where no fraud is."""
        payments = self._payments.get(counterparty_id or "", [])
        frauds = [payment.timestamp_ms for payment in payments if payment.is_fraud]
        if not frauds:
            return None
        sound = [place for place, payment in enumerate(payments) if not payment.is_fraud]
        return CounterpartyLabels(
            fraud_run=len(payments) - 1 - sound[-1] if sound else len(payments),
            last_fraud_ms=frauds[-1],
            last_sound_ms=payments[sound[-1]].timestamp_ms if sound else None,
        )


def _put(payments: list[_Payment], payment: _Payment) -> None:
    """In order of time; of one transaction the last word of the most trusted source stands."""
    for place, known in enumerate(payments):
        if known.transaction_id == payment.transaction_id:
            if known.trust > payment.trust:
                return
            del payments[place]
            break
    insort(payments, payment)
    kept = MAX_PAYMENTS if any(one.is_fraud for one in payments) else MAX_SOUND_PAYMENTS
    del payments[:-kept]


def counterparties_at(
    counterparty_ids: Sequence[str | None], timestamps_ms: NDArray[np.int64], labels: Iterable[Label]
) -> list[CounterpartyLabels | None]:
    """For each row, what the labels that had become known before its time said of its counterparty.

    No label counts before its own transaction, so that a row never learns of its own truth.
    """
    found: list[CounterpartyLabels | None] = [None] * len(counterparty_ids)
    known, place = KnownCounterparties(), 0
    coming = sorted((label for label in labels if label.timestamp_ms is not None), key=_known_at)
    for row in np.argsort(timestamps_ms, kind="stable")[: len(found)]:
        now_ms = int(timestamps_ms[row])
        while place < len(coming) and _known_at(coming[place]) < now_ms:
            known.take(coming[place])
            place += 1
        found[row] = known.of(counterparty_ids[row])
    return found


def inputs_at(found: Iterable[CounterpartyLabels | None], timestamps_ms: Iterable[int]) -> Floats:
    """COUNTERPARTY_INPUTS of each row, shape (rows, 3)."""
    rows = [counterparty_inputs(labels, int(at_ms)) for labels, at_ms in zip(found, timestamps_ms, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(COUNTERPARTY_INPUTS))


def _known_at(label: Label) -> int:
    return max(label.labelled_at_ms, label.timestamp_ms or 0)
