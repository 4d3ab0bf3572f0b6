"""The truth about a transaction, known later."""

from typing import Literal

from pydantic import Field

from vigie_schemas.record import AccountId, Identifier, Record, TimestampMs


class Label(Record):
    """Says whether a transaction was fraud; the last label of the most trusted source stands."""

    transaction_id: Identifier
    account_id: AccountId
    is_fraud: bool
    scenario: str | None = Field(description="Kind of fraud, where known.")
    source: Literal["generator", "dataset", "analyst"]
    labelled_at_ms: TimestampMs = Field(description="When it became known, milliseconds since 1970 UTC.")
    labelled_by: str | None = Field(default=None, description="Who decided, for labels of analysts.")
