"""What became of a transaction, as the detector's topics say it."""

import base64
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from vigie_schemas import RejectReason

SCORED_STATUS: Final = "scored"


@dataclass(frozen=True, slots=True)
class ScoredOutcome:
    """A scored record, as far as a verdict needs it; `score` is null while there was no model."""

    transaction_id: str
    account_id: str
    timestamp_ms: int
    amount_eur: float
    partition: int
    offset: int
    """Of the transaction in its topic."""
    score: float | None
    threshold: float | None
    is_anomaly: bool
    model_version: int | None
    threshold_version: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """An alert, as far as a verdict needs it."""

    transaction_id: str
    reasons: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A dead letter: the detector could not judge the record at this place."""

    transaction_id: str
    partition: int
    offset: int
    reason: str
    field: str | None
    hint: str | None

    @property
    def is_repeat(self) -> bool:
        """Whether the account has had a transaction of this id before."""
        return self.reason == RejectReason.DUPLICATE_TRANSACTION

    @property
    def text(self) -> str:
        """For the caller."""
        named = f" ({self.field})" if self.field else ""
        return f"The detector refused it: {self.reason}{named}. {self.hint or ''}".strip()


@dataclass(slots=True)
class Read:
    """What one batch of records said, in the order of each topic."""

    outcomes: list[ScoredOutcome] = field(default_factory=list)
    explanations: list[Explanation] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)

    def extend(self, other: "Read") -> None:
        """Add a later batch."""
        self.outcomes += other.outcomes
        self.explanations += other.explanations
        self.rejections += other.rejections
        self.verdicts += other.verdicts

    @property
    def count(self) -> int:
        """All of them."""
        return len(self.outcomes) + len(self.explanations) + len(self.rejections) + len(self.verdicts)


def outcome_of(record: dict[str, Any]) -> ScoredOutcome:
    """Of a scored record; raises KeyError where it is none."""
    return ScoredOutcome(
        record["transaction_id"],
        record["account_id"],
        record["timestamp_ms"],
        record["amount_eur"],
        record["partition"],
        record["offset"],
        record["score"] if record["status"] == SCORED_STATUS else None,
        record["threshold"],
        record["is_anomaly"],
        record["model_version"],
        record["threshold_version"],
    )


def explanation_of(record: dict[str, Any]) -> Explanation:
    """Of an alert; raises KeyError where it is none."""
    return Explanation(record["transaction"]["transaction_id"], record["reasons"])


def verdict_of(record: dict[str, Any]) -> dict[str, Any]:
    """The record of a verdict as it is; raises KeyError where it is none."""
    if not {"transaction_id", "late", "basis", "at_ms"} <= record.keys():
        raise KeyError("no verdict")
    return record


def rejection_of(record: dict[str, Any], source: str) -> Rejection | None:
    """Of a dead letter of the topic `source`; None for another topic's and where the id cannot be read."""
    if record["topic"] != source or not record.get("payload_base64"):
        return None
    try:
        transaction_id = orjson.loads(base64.b64decode(record["payload_base64"]))["transaction_id"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(transaction_id, str):
        return None
    return Rejection(
        transaction_id, record["partition"], record["offset"], record["reason"], record.get("field"), record.get("hint")
    )
