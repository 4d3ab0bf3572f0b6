"""Records of the topics with only the values the figures need."""

from collections.abc import Mapping
from typing import NamedTuple


class ScoredRecord(NamedTuple):
    """A record of the scored topic; `score` and `threshold` are None while the detector has no model."""

    partition: int
    offset: int
    transaction_id: str
    is_canary: bool
    timestamp_ms: int
    sent_at_us: int | None
    amount_eur: float
    segment: str
    score: float | None
    threshold: float | None
    is_anomaly: bool
    model_version: int | None
    threshold_version: int | None
    features: Mapping[str, float]


class DeadLetterRecord(NamedTuple):
    """A record of the dead-letter topic."""

    topic: str
    partition: int
    offset: int
    reason: str


class AlertRecord(NamedTuple):
    """An alert, as far as the figures need it."""

    alert_id: str
    transaction_id: str
    account_id: str
    made_at_ms: int
    sent_at_us: int | None
    amount_eur: float
    segment: str
    severity: str
    score: float
    threshold: float
    model_version: int
    first_reason: str
    first_feature: str
    country: str
    category: str


class VerdictRecord(NamedTuple):
    """A verdict of the gateway, as far as the figures need it."""

    transaction_id: str
    is_canary: bool
    verdict: str
    would_be: str | None
    basis: str
    fallback_cause: str | None
    is_late: bool
    spent_ms: float

    @property
    def verdict_id(self) -> str:
        """The same in a repeat; a call's verdict and the late one after it are two."""
        return f"{self.transaction_id} late" if self.is_late else self.transaction_id


class LabelRecord(NamedTuple):
    """A label of a transaction; `trust` ranks its source."""

    transaction_id: str
    is_canary: bool
    is_fraud: bool
    scenario: str | None
    trust: int
