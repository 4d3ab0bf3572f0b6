"""A bank transaction as it enters Vigie."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from vigie_schemas.currencies import EUR_PER_UNIT
from vigie_schemas.record import AccountId, Identifier, Record, TimestampMs

MAX_AMOUNT = 1_000_000_000.0
MAX_TEXT_LENGTH = 128

Currency = Annotated[
    str,
    Field(pattern="^(" + "|".join(EUR_PER_UNIT) + ")$"),
    WithJsonSchema({"type": "string", "enum": list(EUR_PER_UNIT)}),
]
OptionalText = Annotated[str, Field(max_length=MAX_TEXT_LENGTH)] | None


class Transaction(Record):
    """One payment of one account. What a source does not know stays null; the truth is never in here."""

    transaction_id: Identifier = Field(description="Unique name of the transaction; a second one is a repeat.")
    account_id: AccountId = Field(description="Pseudonym of the account; key of the topic.")
    timestamp_ms: TimestampMs = Field(description="When it was made, milliseconds since 1970 UTC.")
    amount: float = Field(gt=0, le=MAX_AMOUNT, description="Amount in `currency`.")
    currency: Currency = Field(description="ISO 4217 code.")
    merchant_id: OptionalText = Field(default=None, description="Pseudonym of the receiver.")
    category: OptionalText = Field(default=None, description="Kind of merchant, e.g. groceries.")
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        default=None, description="ISO 3166 alpha-2 code of the place."
    )
    lat: Annotated[float, Field(ge=-90, le=90)] | None = Field(default=None, description="Degrees north.")
    lon: Annotated[float, Field(ge=-180, le=180)] | None = Field(default=None, description="Degrees east.")
    sent_at_us: Annotated[int, Field(ge=0, le=2**62)] | None = Field(
        default=None, description="Producer's clock when it was sent, microseconds since 1970 UTC."
    )
