"""A mapping: which column, or what made of columns, is which field of a transaction, and how it is written there."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MAPPING_VERSION: Final = 1


def _require_apart(name: str, words: Iterable[str], other: str, others: Iterable[str]) -> None:
    """Raise ValueError where a word has both meanings, whatever its case."""
    both = {word.casefold() for word in words} & {word.casefold() for word in others}
    if both:
        raise ValueError(f"{min(both)!r} is in {name} and in {other}")


class MappingPart(BaseModel):
    """Base of all parts of a mapping: immutable, and a name that is not known is an error, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Layout(MappingPart):
    """How a file is written, where it is to be said instead of found out."""

    encoding: str | None = Field(default=None, description="Such as utf-8, utf-16, cp1252.")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    quote: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    header_line: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Line of the column names, counted from 1; 0: there is none, columns are c1, c2 …"
    )
    footer_lines: Annotated[int, Field(ge=0)] | None = Field(default=None, description="Lines at the end to leave out.")
    member: str | None = Field(default=None, description="Which file of a zip is meant.")


class Precision(StrEnum):
    """What the times of a file tell; what they do not tell, no feature uses."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class Text(MappingPart):
    """A field of text: one column, several joined, or always the same."""

    column: str | None = None
    columns: tuple[str, ...] = ()
    join: str = " "
    constant: str | None = None
    pattern: str | None = Field(default=None, description="Regular expression; its first group is the value.")
    values: dict[str, str] = Field(default_factory=dict, description="Word in the file → word here; others stay.")
    default: str | None = Field(default=None, description="Where the file has none.")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum((self.column is not None, bool(self.columns), self.constant is not None)) != 1:
            raise ValueError("give exactly one of column, columns and constant")
        return self

    @field_validator("pattern")
    @classmethod
    def _is_expression(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return pattern

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the file it is made of."""
        return self.columns or (() if self.column is None else (self.column,))


class Name(Text):
    """A field that names an account or a receiver."""

    pseudonym: Literal["where needed", "always"] = Field(
        default="where needed",
        description="`where needed`: for card numbers, IBANs and what the contract refuses; `always`: for every name.",
    )


class Timestamp(MappingPart):
    """When: one column, or date and time joined; in text, in numbers since an epoch, or in steps since a beginning."""

    column: str | None = None
    columns: tuple[str, ...] = ()
    format: str | None = Field(
        default=None,
        description="`iso`, `seconds`, `milliseconds`, `microseconds`, `nanoseconds`, `steps`, or strptime's "
        "directives such as %d.%m.%Y; unset: the column's own type, iso, or numbers since 1970 whose size tells their "
        "unit.",
    )
    zone: str = Field(default="UTC", description="Of times that name none, such as Europe/Paris.")
    precision: Precision | None = Field(default=None, description="Unset: what is written tells it.")
    start: str | None = Field(default=None, description="When step 0 was, ISO 8601; for `steps`.")
    step_seconds: Annotated[float, Field(gt=0)] | None = Field(default=None, description="For `steps`.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.column is None) == (not self.columns):
            raise ValueError("give exactly one of column and columns")
        if (self.format == "steps") != (self.start is not None and self.step_seconds is not None):
            raise ValueError("start and step_seconds belong to the format steps, and both are needed for it")
        return self

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the file it is made of."""
        return self.columns or (() if self.column is None else (self.column,))


class Number(MappingPart):
    """A field of numbers such as a place's degrees."""

    column: str
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the file it is made of."""
        return (self.column,)


class Amount(MappingPart):
    """How much, and whether it left the account: only money out is judged, money in is counted and left out."""

    column: str | None = None
    debit: str | None = Field(default=None, description="Column of money out, beside `credit`.")
    credit: str | None = Field(default=None, description="Column of money in, beside `debit`.")
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    unit: Literal["major", "minor"] = Field(default="major", description="`minor`: cents, by ISO 4217's digits.")
    out: Literal["all", "positive", "negative", "column"] = Field(
        default="all",
        description="What is money out: `all` (amounts without a sign; others are refused), the `positive` ones, "
        "the `negative` ones, or what `direction` says. Beside `debit` and `credit`: how money out is written there.",
    )
    direction: str | None = Field(default=None, description="Column that says in or out; for `column`.")
    out_words: tuple[str, ...] = Field(
        default=(), description="Words of `direction` that mean money out, such as DBIT."
    )
    in_words: tuple[str, ...] = Field(default=(), description="Words that mean money in; any other word is refused.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        pair = self.debit is not None and self.credit is not None
        if (self.column is not None) == pair or (self.debit is None) != (self.credit is None):
            raise ValueError("give column, or debit and credit together")
        if pair and self.out == "column":
            raise ValueError("debit and credit say themselves what is money out: leave direction out")
        _require_apart("out_words", self.out_words, "in_words", self.in_words)
        if (self.out == "column") != bool(self.direction and self.out_words):
            raise ValueError('out = "column" needs direction and out_words, and they need it')
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands cannot be the same mark")
        return self

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the file it is made of."""
        return tuple(name for name in (self.column, self.debit, self.credit, self.direction) if name is not None)


class LabelWords(MappingPart):
    """The truth, where a file has it; a word that is in neither list is refused, an empty field is unknown."""

    column: str
    fraud: tuple[str, ...] = ("1", "true")
    legitimate: tuple[str, ...] = ("0", "false")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        _require_apart("fraud", self.fraud, "legitimate", self.legitimate)
        return self

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the file it is made of."""
        return (self.column,)


class TruthWords(MappingPart):
    """A field that is true or false, by words; a word that is in neither list is refused, an empty field is unknown."""

    column: str
    yes: tuple[str, ...] = ("1", "true", "yes")
    no: tuple[str, ...] = ("0", "false", "no")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        _require_apart("yes", self.yes, "no", self.no)
        return self

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the file it is made of."""
        return (self.column,)


class Drop(MappingPart):
    """Rows that are no transactions of interest, such as pending or repeated ones: counted, not refused."""

    column: str
    values: Annotated[tuple[str, ...], Field(min_length=1)]
    reason: str

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the file it looks at."""
        return (self.column,)


class Mapping(MappingPart):
    """From the columns of a file, or the paths of a record, to the fields of a transaction."""

    version: Literal[1] = MAPPING_VERSION
    profile: str | None = Field(default=None, description="The profile it came from.")
    layout: Layout = Layout()
    timestamp: Timestamp
    account_id: Name
    amount: Amount
    currency: Text = Text(constant="EUR")
    transaction_id: Text | None = None
    merchant_id: Name | None = None
    category: Text | None = None
    country: Text | None = None
    lat: Number | None = None
    lon: Number | None = None
    channel: Text | None = None
    device_id: Name | None = None
    payee_id: Name | None = None
    direction: Text | None = Field(
        default=None, description="`out`, or `in`, which is left out as money in; for what `amount` does not tell."
    )
    ip_country: Text | None = None
    card_present: TruthWords | None = None
    label: LabelWords | None = None
    scenario: Text | None = None
    drop: tuple[Drop, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns it reads, each once."""
        parts = [getattr(self, name) for name in FIELDS]
        return tuple(dict.fromkeys(column for part in (*parts, *self.drop) if part for column in part.needed))


FIELDS: Final = (
    "timestamp",
    "account_id",
    "amount",
    "currency",
    "transaction_id",
    "merchant_id",
    "category",
    "country",
    "lat",
    "lon",
    "channel",
    "device_id",
    "payee_id",
    "direction",
    "ip_country",
    "card_present",
    "label",
    "scenario",
)
