"""The truth about a transaction, known later."""

from typing import Final, Literal

from pydantic import Field

from vigie_schemas.record import AccountId, Identifier, Record, TimestampMs
from vigie_schemas.transaction import OptionalText

LabelSource = Literal["generator", "dataset", "analyst"]
LABEL_TRUST: Final[dict[LabelSource, int]] = {"generator": 0, "dataset": 1, "analyst": 2}
"""By source: a person who looked at the case is trusted over a file, a file over the generator's own word."""


class Label(Record):
    """Says whether a transaction was fraud; the last label of the most trusted source stands."""

    transaction_id: Identifier
    account_id: AccountId
    is_fraud: bool
    scenario: str | None = Field(description="Kind of fraud, where known.")
    source: LabelSource
    labelled_at_ms: TimestampMs = Field(description="When it became known, milliseconds since 1970 UTC.")
    labelled_by: str | None = Field(default=None, description="Who decided, for labels of analysts.")
    timestamp_ms: TimestampMs | None = Field(default=None, description="Copied from the transaction.")
    counterparty_id: OptionalText = Field(
        default=None, description="The transaction's merchant_id, or payee_id; null where it names neither."
    )

    def overrules(self, known: "Label | None") -> bool:
        """Whether this one stands instead of what was said of the transaction before."""
        return known is None or LABEL_TRUST[self.source] >= LABEL_TRUST[known.source]
