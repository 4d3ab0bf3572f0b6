"""An alert: a transaction that does not fit its account, and why."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from vigie_schemas.features import HISTORY_LENGTH
from vigie_schemas.record import Identifier, Record, TimestampMs
from vigie_schemas.scored import Score, Version
from vigie_schemas.transaction import AcceptedTransaction

Severity = Literal["low", "medium", "high"]
MEDIUM_FROM: Final = 0.10
HIGH_FROM: Final = 0.25
"""Distance above the threshold, as part of the way from it to 1, from which an alert is medium or high (docs/adr/0005).
"""


class Reason(BaseModel):
    """One feature's part in an alert, in numbers and in words."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    feature: str = Field(description="Name in vigie_schemas.features, or COUNTERPARTY_REASON.")
    value: float = Field(description="The feature's value for this transaction.")
    usual: float | None = Field(description="The usual value of what `text` speaks of for this account.")
    share: Annotated[float, Field(ge=0, le=1)] = Field(description="Part of the unusualness it explains.")
    text: str = Field(description="For a person, e.g. `612 EUR, 11 times this account's usual`.")


class RecentTransaction(BaseModel):
    """What the detector remembers of an earlier transaction of the account."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    timestamp_ms: TimestampMs
    amount_eur: Annotated[float, Field(gt=0)]
    same_merchant: bool | None = Field(
        description="Paid the same merchant, or payee, as the alert's transaction; null where either names none."
    )
    same_country: bool | None = Field(description="As the alert's transaction; null where either names none.")


class Alert(Record):
    """One per anomalous transaction; alert_id follows from the transaction, so a repeat is recognised."""

    alert_id: Annotated[str, Field(pattern="^alert:[A-Za-z0-9._:@-]{1,64}$")]
    transaction: AcceptedTransaction
    amount_eur: Annotated[float, Field(gt=0)]
    segment: str
    severity: Severity
    score: Score
    threshold: Score
    quantile: Score = Field(description="Quantile of the segment's scores at which the threshold was set.")
    model_version: Version
    threshold_version: Version
    reasons: Annotated[list[Reason], Field(max_length=3)]
    recent: Annotated[list[RecentTransaction], Field(max_length=HISTORY_LENGTH - 1)] = Field(
        default_factory=list, description="The account's transactions before this one, the newest first."
    )

    @property
    def account_id(self) -> Identifier:
        """The account, which is the topic's key."""
        return self.transaction.account_id


def severity_of(score: float, threshold: float) -> Severity | None:
    """As the detector grades a score; None below the threshold, where there is no alert."""
    if score < threshold:
        return None
    height = (score - threshold) / (1 - threshold) if threshold < 1 else 0.0
    return "high" if height >= HIGH_FROM else "medium" if height >= MEDIUM_FROM else "low"
