"""A transaction with the features and the score the detector gave it."""

from typing import Annotated, Literal

from pydantic import Field

from vigie_schemas.counterparty import CounterpartyLabels
from vigie_schemas.record import AccountId, Identifier, Record, TimestampMs
from vigie_schemas.transaction import OptionalText

Score = Annotated[float, Field(ge=0, le=1)]
Version = Annotated[int, Field(ge=1)]


class ScoredTransaction(Record):
    """One per accepted transaction; the features are logged so that the trainer learns from what was served."""

    transaction_id: Identifier
    account_id: AccountId
    timestamp_ms: TimestampMs
    sent_at_us: Annotated[int, Field(ge=0)] | None = Field(description="Copied from the transaction.")
    amount_eur: Annotated[float, Field(gt=0)] = Field(description="Amount in EUR at the reference rate.")
    partition: Annotated[int, Field(ge=0)] = Field(description="Partition of the transaction's topic.")
    offset: Annotated[int, Field(ge=0)] = Field(description="Offset of the transaction in its partition.")
    status: Literal["learning", "scored"] = Field(description="`learning`: no model yet, nothing is judged.")
    segment: str = Field(description="Group of accounts that share a threshold.")
    history_count: Annotated[int, Field(ge=0)] = Field(description="Earlier transactions of the account.")
    features: dict[str, float] = Field(description="By name, in the units of vigie_schemas.features.")
    score: Score | None = Field(description="Isolation Forest score, near 1 is most unusual; null when learning.")
    threshold: Score | None = Field(description="Score from which the segment alerts; null when learning.")
    is_anomaly: bool
    model_version: Version | None
    threshold_version: Version | None
    counterparty_id: OptionalText = Field(
        default=None, description="The transaction's merchant_id, or payee_id; null where it names neither."
    )
    counterparty_labels: CounterpartyLabels | None = Field(
        default=None, description="What was known of the counterparty when it was scored; null without known fraud."
    )
