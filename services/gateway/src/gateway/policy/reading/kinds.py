"""What a value of the policy may be, in words that complete `must be …`, and how it is read."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Generic, TypeVar

from gateway.policy.lists import ListField
from vigie_schemas import VERDICTS_BY_STRICTNESS
from vigie_schemas.account_numbers import names_account_by_number
from vigie_schemas.currencies import CURRENCY_PATTERN
from vigie_schemas.listed_value import LIST_NAME_PATTERN, MAX_LIST_REASON_LENGTH
from vigie_schemas.record import IDENTIFIER_PATTERN
from vigie_schemas.transaction import COUNTRY_PATTERN, MAX_TEXT_LENGTH

Read = TypeVar("Read", covariant=True)
Other = TypeVar("Other")

SEVERITIES: Final = ("low", "medium", "high")
MAX_EUR: Final = 1e12
MAX_COUNT: Final = 1_000_000_000
MIN_DEADLINE_MS: Final = 10
MAX_DEADLINE_MS: Final = 10_000
MAX_RATE: Final = 1_000_000
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class UnfitError(ValueError):
    """The value is not of the kind."""


@dataclass(frozen=True, slots=True)
class ValueKind(Generic[Read]):
    """`read` returns the value as it is used, or raises UnfitError."""

    words: str
    read: Callable[[Any], Read]


def one_of(words: Iterable[Other]) -> ValueKind[Other]:
    """One of these texts."""
    allowed = {word: word for word in words}
    quoted = [f'"{word}"' for word in allowed]
    return ValueKind(f"{', '.join(quoted[:-1])} or {quoted[-1]}", lambda value: _require(value, _is_in(allowed)))


def many_of(kind: ValueKind[Other]) -> ValueKind[tuple[Other, ...]]:
    """A list of at least one, each once."""

    def read(value: Any) -> tuple[Other, ...]:
        if not isinstance(value, list) or not value:
            raise UnfitError
        found = tuple(kind.read(each) for each in value)
        if len(set(found)) < len(found):
            raise UnfitError
        return found

    return ValueKind(f"a list of at least one, each once, and each must be {kind.words}", read)


def one_or_many_of(kind: ValueKind[Other]) -> ValueKind[tuple[Other, ...]]:
    """One by itself, or a list."""
    many = many_of(kind)
    return ValueKind(
        f"{kind.words}, or a list of these, each once",
        lambda value: many.read(value if isinstance(value, list) else [value]),
    )


def _text(words: str, pattern: str) -> ValueKind[str]:
    expression = re.compile(pattern)
    return ValueKind(words, lambda value: _require(value, lambda text: expression.fullmatch(text) is not None, str))


def _line(words: str, max_length: int, fits: Callable[[str], bool] = lambda _: True) -> ValueKind[str]:
    """Text that can be shown in a line, such as in a log."""

    def is_line(text: str) -> bool:
        return 0 < len(text) <= max_length and text.isprintable() and text == text.strip() and fits(text)

    return ValueKind(words, lambda value: _require(value, is_line, str))


def _number(words: str, maximum: float) -> ValueKind[float]:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= maximum:
            raise UnfitError
        return float(value)

    return ValueKind(words, read)


def _whole(words: str, minimum: int, maximum: int) -> ValueKind[int]:
    return ValueKind(
        words,
        lambda value: _require(value, lambda number: type(number) is int and minimum <= number <= maximum),
    )


def _require(value: Any, fits: Callable[[Any], bool], kind: type = object) -> Any:
    if not isinstance(value, kind) or not fits(value):
        raise UnfitError
    return value


def _is_in(allowed: dict[Other, Other]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in allowed


def _until_ms(value: Any) -> int:
    """A day counts to its end, in UTC; a time is the first moment that does not count."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UnfitError
        return math.ceil((value - _EPOCH) / timedelta(milliseconds=1))
    if isinstance(value, date):
        return _until_ms(datetime.combine(value, time(), UTC)) + 86_400_000
    raise UnfitError


def _written_until_ms(value: Any) -> int | None:
    """As a cell of a list file has it; empty: None."""
    if not value:
        return None
    try:
        return _until_ms(date.fromisoformat(value) if _DAY.fullmatch(value) else datetime.fromisoformat(value))
    except ValueError:
        raise UnfitError from None


VERDICT: Final = one_of(VERDICTS_BY_STRICTNESS)
STRICTER_VERDICT: Final = one_of(VERDICTS_BY_STRICTNESS[1:])
SEVERITY: Final = one_or_many_of(one_of(SEVERITIES))
FALLBACK: Final = one_of((*VERDICTS_BY_STRICTNESS, "rules"))
TRUE: Final[ValueKind[bool]] = ValueKind("true", lambda value: _require(value, lambda flag: flag, bool))
FLAG: Final[ValueKind[bool]] = ValueKind("true or false", lambda value: _require(value, lambda _: True, bool))
EUR: Final = _number("a number above 0", MAX_EUR)
EUR_FROM_ZERO: Final[ValueKind[float]] = ValueKind(
    "a number from 0 on", lambda value: 0.0 if _is_zero(value) else EUR.read(value)
)
COUNT: Final = _whole("a whole number from 1 on", 1, MAX_COUNT)
DEADLINE: Final = _whole("a whole number of milliseconds from 10 to 10,000", MIN_DEADLINE_MS, MAX_DEADLINE_MS)
RATE: Final = _number("a number above 0, at most 1,000,000", MAX_RATE)
BURST: Final = _whole("a whole number from 1 to 1,000,000", 1, MAX_RATE)
NAME: Final = _text("text of 1 to 64 letters without accents, digits, - and _", LIST_NAME_PATTERN)
CALLER_NAME: Final = _text("the name of a token: 1 to 64 letters, digits, _, ., @ and -", r"[\w.@-]{1,64}")
LIST_FIELD: Final[ValueKind[ListField]] = one_of(("account", "merchant", "country", "device"))
FILE: Final = _text(
    "the name of a CSV file beside the policy, without a folder", r"[^/\\\x00-\x1f\x7f]{1,96}\.[cC][sS][vV]"
)
REASON: Final = _line("one line of text, 200 characters at most", MAX_LIST_REASON_LENGTH)
BY: Final = _line("the name of who added it, in one line of text", MAX_TEXT_LENGTH)
UNTIL: Final[ValueKind[int]] = ValueKind(
    "a date such as 2027-01-31 or a time with its zone such as 2027-01-31T12:00:00Z, without quotation marks", _until_ms
)
WRITTEN_UNTIL: Final[ValueKind[int | None]] = ValueKind(
    "empty, a date such as 2027-01-31 or a time with its zone such as 2027-01-31T12:00:00Z", _written_until_ms
)
_COUNTRY: Final = _text("two capital letters such as FR", COUNTRY_PATTERN)
_WORD: Final = _line("one line of text, 128 characters at most", MAX_TEXT_LENGTH)
COUNTRIES: Final = many_of(_COUNTRY)
CURRENCIES: Final = many_of(_text("three capital letters such as EUR", CURRENCY_PATTERN))
WORDS: Final = many_of(_WORD)
LISTED: Final[dict[ListField, ValueKind[str]]] = {
    "account": _line(
        "the account's pseudonym as verdicts and alerts name it, not its number",
        64,
        lambda text: re.fullmatch(IDENTIFIER_PATTERN, text) is not None and not names_account_by_number(text),
    ),
    "merchant": _WORD,
    "country": _COUNTRY,
    "device": _WORD,
}
"""What a list of the field may hold."""


def _is_zero(value: Any) -> bool:
    return type(value) in (int, float) and value == 0
