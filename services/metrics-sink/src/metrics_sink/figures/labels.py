"""Joins the detector's decisions with the labels that come later.

Decisions are kept on disk, because labels come late: after seconds in a demonstration, after weeks in a bank. Of
several labels of a transaction the last one of the most trusted source counts, as in the trainer.
"""

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from metrics_sink.figures.quality import QualityCounts
from metrics_sink.intake.records import LabelRecord, ScoredRecord

MAX_EARLY_LABELS: Final = 20_000
MAX_SCENARIOS: Final = 50
"""Scenarios come with labels of others and become tags: each one is a series of its own in InfluxDB (docs/adr/0013)."""
UNKNOWN_SCENARIO: Final = "unknown"
OTHER_SCENARIOS: Final = "other"


class Decision(NamedTuple):
    """What is kept of a transaction; `is_fraud` is None while it has no label."""

    is_scored: bool
    is_flagged: bool
    amount_eur: float
    is_fraud: bool | None = None
    trust: int = 0
    minute: int = 0


class EarlyLabel(NamedTuple):
    """A label whose transaction is not scored yet."""

    is_fraud: bool
    scenario: str | None
    trust: int


@dataclass
class FraudCount:
    """Frauds that became known in a second."""

    caught: int = 0
    missed: int = 0
    caught_eur: float = 0.0
    missed_eur: float = 0.0


class LabelChanges(NamedTuple):
    """Decisions and early labels that the next commit writes; None where a label has been removed."""

    decisions: dict[int, Decision]
    early: dict[int, EarlyLabel | None]


FindDecision = Callable[[int], Decision | None]
"""Looks up a committed decision by the transaction's key."""


class LabelledDecisions:
    """The join, the quality computed from it, and the frauds of the second."""

    def __init__(self, find: FindDecision) -> None:
        self._find = find
        self._changed: dict[int, Decision] = {}
        self._early: OrderedDict[int, EarlyLabel] = OrderedDict()
        self._early_changes: dict[int, EarlyLabel | None] = {}
        self._frauds: defaultdict[str, FraudCount] = defaultdict(FraudCount)
        self._scenarios: set[str] = set()
        self.quality = QualityCounts()

    def decide(self, record: ScoredRecord, minute: int) -> None:
        """Keep a decision; a label that came before it counts now."""
        key = transaction_key(record.transaction_id)
        self._changed[key] = Decision(record.score is not None, record.is_anomaly, record.amount_eur)
        if self._early and (label := self._early.pop(key, None)):
            self._early_changes[key] = None
            self._apply(key, label, minute)

    def label(self, label: LabelRecord, minute: int) -> None:
        """Count a label, or keep it until its transaction is scored."""
        key = transaction_key(label.transaction_id)
        known = EarlyLabel(label.is_fraud, label.scenario, label.trust)
        if key in self._changed or self._recall(key):
            self._apply(key, known, minute)
            return
        earlier = self._early.get(key)
        if earlier is None or known.trust >= earlier.trust:
            self._early[key] = self._early_changes[key] = known
            self._early.move_to_end(key)
        if len(self._early) > MAX_EARLY_LABELS:
            self._early_changes[self._early.popitem(last=False)[0]] = None

    def close_second(self) -> dict[str, FraudCount]:
        """End the second: the frauds that became known in it, by scenario."""
        frauds, self._frauds = self._frauds, defaultdict(FraudCount)
        return dict(frauds)

    def take_changes(self) -> LabelChanges:
        """What changed since the last call."""
        changes = LabelChanges(self._changed, self._early_changes)
        self._changed, self._early_changes = {}, {}
        return changes

    def restore_early(self, early: dict[int, EarlyLabel]) -> None:
        """Continue with early labels from a kept state."""
        self._early = OrderedDict(early)

    def _recall(self, key: int) -> bool:
        found = self._find(key)
        if found is None:
            return False
        self._changed[key] = found
        return True

    def _apply(self, key: int, label: EarlyLabel, minute: int) -> None:
        decision = self._changed[key]
        if not decision.is_scored or (decision.is_fraud is not None and label.trust < decision.trust):
            return
        self._changed[key] = decision._replace(is_fraud=label.is_fraud, trust=label.trust, minute=minute)
        if decision.is_fraud == label.is_fraud:
            self._changed[key] = self._changed[key]._replace(minute=decision.minute)
            return
        flagged = decision.is_flagged
        if decision.is_fraud is not None:
            self.quality.remove(decision.minute, flagged=flagged, is_fraud=decision.is_fraud)
        self.quality.add(minute, flagged=flagged, is_fraud=label.is_fraud)
        if label.is_fraud:
            self._count_fraud(label.scenario, decision)

    def _count_fraud(self, scenario: str | None, decision: Decision) -> None:
        count = self._frauds[self._tag_of(scenario or UNKNOWN_SCENARIO)]
        if decision.is_flagged:
            count.caught += 1
            count.caught_eur += decision.amount_eur
        else:
            count.missed += 1
            count.missed_eur += decision.amount_eur

    def _tag_of(self, scenario: str) -> str:
        if scenario not in self._scenarios and len(self._scenarios) >= MAX_SCENARIOS:
            return OTHER_SCENARIOS
        self._scenarios.add(scenario)
        return scenario


def transaction_key(transaction_id: str) -> int:
    """Eight bytes for a transaction id: among a million ids two are equal with a probability of 3 in 100 million."""
    return int.from_bytes(hashlib.blake2b(transaction_id.encode(), digest_size=8).digest(), "big", signed=True)
