"""A bank transaction as it enters Vigie."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from vigie_schemas.account_numbers import is_account_number
from vigie_schemas.currencies import CURRENCY_PATTERN, NO_MONEY, require_money, require_rate
from vigie_schemas.dead_letter import MAX_RECORD_BYTES
from vigie_schemas.json_documents import problem_of
from vigie_schemas.record import AccountId, Identifier, Record, TimestampMs

MAX_AMOUNT = 1_000_000_000.0
MAX_TEXT_LENGTH = 128
COUNTRY_PATTERN = "^[A-Z]{2}$"
Direction = Literal["out"]
MONEY_OUT: Final[Direction] = "out"

Currency = Annotated[
    str,
    Field(pattern=CURRENCY_PATTERN),
    AfterValidator(require_money),
    WithJsonSchema({"type": "string", "pattern": CURRENCY_PATTERN, "not": {"enum": list(NO_MONEY)}}),
]
"""Any code: which ones have a rate is a matter of the detector's settings (docs/adr/0006)."""
RatedCurrency = Annotated[Currency, AfterValidator(require_rate)]
"""A code that the detector takes: by the shipped rates, or by those of the validation's context."""
OptionalText = Annotated[str, Field(max_length=MAX_TEXT_LENGTH)] | None
CountryCode = Annotated[str, Field(pattern=COUNTRY_PATTERN)]


class AcceptedTransaction(Record):
    """A transaction as an alert tells it: some detector accepted it, so it is not refused any more."""

    transaction_id: Identifier = Field(description="Unique name of the transaction; a second one is a repeat.")
    account_id: AccountId = Field(description="Pseudonym of the account; key of the topic.")
    timestamp_ms: TimestampMs = Field(
        description="When it was made, milliseconds since 1970 UTC. Midnight UTC exactly means that only the day is "
        "known: no feature then uses the time of day."
    )
    amount: float = Field(gt=0, le=MAX_AMOUNT, description="Amount in `currency`.")
    currency: Currency = Field(description="ISO 4217 code.")
    merchant_id: OptionalText = Field(default=None, description="Pseudonym of the receiver.")
    category: OptionalText = Field(default=None, description="Kind of merchant, e.g. groceries.")
    country: CountryCode | None = Field(default=None, description="ISO 3166 alpha-2 code of the place.")
    lat: Annotated[float, Field(ge=-90, le=90)] | None = Field(default=None, description="Degrees north.")
    lon: Annotated[float, Field(ge=-180, le=180)] | None = Field(default=None, description="Degrees east.")
    sent_at_us: Annotated[int, Field(ge=0, le=2**62)] | None = Field(
        default=None, description="Producer's clock when it was sent, microseconds since 1970 UTC."
    )
    channel: OptionalText = Field(default=None, description="How it was made, e.g. card, transfer, atm, online.")
    device_id: OptionalText = Field(default=None, description="Pseudonym of the device it was made on.")
    payee_id: OptionalText = Field(
        default=None, description="Pseudonym of who is paid and is no merchant; counts where `merchant_id` is null."
    )
    direction: Direction | None = Field(
        default=None,
        description="Only money that leaves the account is judged, so `out` is all it can say: money in is refused as "
        "`invalid_direction`, and without the field a record is taken for money out.",
    )
    ip_country: CountryCode | None = Field(
        default=None, description="ISO 3166 alpha-2 code of the internet address it was made from."
    )
    card_present: bool | None = Field(default=None, description="Whether the card was read, not only its number given.")

    @property
    def counterparty_id(self) -> str | None:
        """Who is paid: the merchant, or else the payee; None where it names neither."""
        return self.merchant_id if self.merchant_id is not None else self.payee_id


class Transaction(AcceptedTransaction):
    """One payment of one account. What a source does not know stays null; the truth is never in here.

    No text may hold a card number or an IBAN, however it is spelled (vigie_schemas.account_numbers); a JSON Schema can
    only say so of account_id. The detector's parser judges every record as `model_validate_json` does.
    """

    currency: RatedCurrency = Field(description="ISO 4217 code.")

    model_config = ConfigDict(hide_input_in_errors=True)  # what is refused may be an account number

    @field_validator("transaction_id", "account_id", "merchant_id", "category", "channel", "device_id", "payee_id")
    @classmethod
    def _refuse_account_numbers(cls, text: str | None) -> str | None:
        if text is not None and is_account_number(text):
            raise ValueError("holds a card number or an IBAN: send a pseudonym")
        return text

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """The transaction of a record, which is one JSON document of at most MAX_RECORD_BYTES.

        Raises pydantic's ValidationError also where a field stands in it twice or what is not JSON is only tolerated.
        """
        transaction = super().model_validate_json(json_data, **options)
        size = len(json_data.encode() if isinstance(json_data, str) else json_data)
        problem = problem_of(json_data) if size <= MAX_RECORD_BYTES else f"it has more than {MAX_RECORD_BYTES} bytes"
        if problem is None:
            return transaction
        error = PydanticCustomError("malformed_json", "The record is refused: {problem}", {"problem": problem})
        raise ValidationError.from_exception_data(cls.__name__, [{"type": error, "input": None}], hide_input=True)
