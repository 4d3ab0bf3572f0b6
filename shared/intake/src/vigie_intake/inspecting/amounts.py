"""How numbers are written in a column: their marks, their signs, and what of that cannot be known."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from statistics import median
from typing import Final

from vigie_intake.fields.money import SIGN_EXPRESSION, SIGNS
from vigie_intake.fields.numerals import MINUS
from vigie_intake.inspecting.columns import KEPT_COLUMNS, Column
from vigie_runtime.parquet_columns import ColumnKind
from vigie_schemas import EUR_PER_UNIT

_SPACES: Final = " \u00a0\u2009\u202f"
_SIGN: Final = f"(?:{SIGN_EXPRESSION})"
_NUMBER: Final = re.compile(
    rf"(?P<open>\()?\s*(?P<m1>{MINUS}|\+)?\s*(?P<before>{_SIGN})?\s*(?P<m2>{MINUS}|\+)?\s*"
    rf"(?P<body>\d[\d.,'\u2019{_SPACES}]*\d|\d|[.,]\d+)[.,]?(?P<power>[eE][+-]?\d{{1,2}})?\s*(?P<m3>{MINUS}|\+)?\s*"
    rf"(?P<after>{_SIGN})?\s*(?P<m4>{MINUS})?(?P<close>\))?"
)
_GROUPED: Final = re.compile(r"\d{1,3}(?:[^\d]\d{2,3})*[^\d]\d{3}")
_NOT_DIGIT: Final = re.compile(r"\D")
_WITHOUT_MARKS: Final = 1000  # whole numbers from here on would be grouped where thousands are


@dataclass
class Marks:
    """Votes of the values for what a point, a comma or a space means."""

    decimal: Counter[str] = field(default_factory=Counter)
    thousands: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    plain_thousands: int = 0  # 5000, written without a mark

    def count(self, body: str) -> None:
        """Add one number, without sign and currency."""
        spaced = next((mark for mark in body if mark in f"'\u2019{_SPACES}"), None)
        if spaced:
            self.thousands["'" if spaced in "'\u2019" else " "] += 1
            body = re.sub(rf"['\u2019{_SPACES}]", "", body)
        marks = [mark for mark in body if mark in ".,"]
        if not marks:
            self.plain_thousands += not spaced and len(body) > 3 and int(body) >= _WITHOUT_MARKS
            return
        if len(set(marks)) == 2:
            self.decimal[marks[-1]] += 1
            self.thousands[marks[0]] += 1
            return
        self._count_one_kind(body, marks)

    def _count_one_kind(self, body: str, marks: list[str]) -> None:
        if len(marks) > 1:
            self.thousands[marks[0]] += 1
            return
        before, _, after = body.partition(marks[0])
        could_group = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
        (self.undecided if could_group else self.decimal)[marks[0]] += 1


@dataclass(frozen=True)
class WrittenNumbers:
    """How the numbers of a column are written."""

    decimal: str
    thousands: str
    is_ambiguous: bool  # 1.234 could be either, and no value decides
    is_mixed: bool  # some values have a decimal point, others a decimal comma
    reason: str


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column."""

    values: list[float]
    share: float  # of the values that are there
    written: WrittenNumbers
    signs: Counter[str]  # currencies and their signs beside the numbers
    example: str  # one that could be read in two ways, else the first

    @cached_property
    def negative_share(self) -> float:
        """Part of the numbers that is below zero."""
        return sum(value < 0 for value in self.values) / len(self.values) if self.values else 0.0

    @cached_property
    def whole_share(self) -> float:
        """Part of the numbers without a fraction."""
        return sum(value == int(value) for value in self.values) / len(self.values) if self.values else 0.0

    @cached_property
    def middle(self) -> float:
        """Median of their sizes."""
        return median(map(abs, self.values)) if self.values else 0.0

    @cached_property
    def differing(self) -> int:
        """How many different numbers there are."""
        return len(set(self.values))


@lru_cache(KEPT_COLUMNS)
def numbers_in(column: Column) -> Numbers:
    """What numbers a column holds; of other types than text and numbers none."""
    if column.kind.is_number:
        values = [float(value) for value in column.present.to_pylist()]
        finite = [value for value in values if abs(value) < float("inf")]
        return Numbers(finite, 1.0 if finite else 0.0, _TYPED, Counter(), "")
    if column.kind is not ColumnKind.TEXT:
        return Numbers([], 0.0, _TYPED, Counter(), "")
    marks, signs, found = Marks(), Counter[str](), []
    for text in column.present.to_pylist():
        match = _NUMBER.fullmatch(text)
        if match is None or not all(_is_currency(match[name]) for name in ("before", "after")):
            continue
        found.append(match)
        marks.count(match["body"])
        signs.update(sign for sign in (match["before"], match["after"]) if sign)
    written = _written(marks)
    values = [_value(match, written.decimal) for match in found]
    share = len(values) / len(column.present) if len(column.present) else 0.0
    example = next((match["body"] for match in found if written.is_ambiguous and set(match["body"]) & {".", ","}), "")
    return Numbers(values, share, written, signs, example or (found[0]["body"] if found else ""))


def _is_currency(sign: str | None) -> bool:
    """Whether what stands beside a number is nothing, a currency's sign, or the code of one that is known."""
    return sign is None or sign in SIGNS or sign in EUR_PER_UNIT


def _written(marks: Marks) -> WrittenNumbers:
    if marks.decimal:
        decimal = marks.decimal.most_common(1)[0][0]
        other = "," if decimal == "." else "."
        mixed = len(marks.decimal) > 1
        thousands = next((mark for mark in marks.thousands if mark != decimal), "")
        if not thousands and (marks.undecided[other] or decimal == ","):
            thousands = other
        return WrittenNumbers(
            decimal, thousands, False, mixed, f"{_word(decimal)} stands before one, two or more than three digits"
        )
    if marks.thousands:
        mark = marks.thousands.most_common(1)[0][0]
        undecided = next(iter(marks.undecided), None)
        decimal = undecided if undecided and undecided != mark else ("," if mark == "." else ".")
        return WrittenNumbers(decimal, mark, False, False, f"{_word(mark)} stands between groups of three digits")
    if not marks.undecided:
        return WrittenNumbers(".", "", False, False, "there are no marks in the numbers")
    mark = marks.undecided.most_common(1)[0][0]
    if marks.plain_thousands:
        reason = f"other numbers above {_WITHOUT_MARKS:,} have no mark, so {_word(mark)} is no mark of thousands"
        return WrittenNumbers(mark, "." if mark == "," else "", False, False, reason)
    reason = f"three digits follow every {_word(mark)[2:]}; prices with three decimals are rare"
    return WrittenNumbers("," if mark == "." else ".", mark, True, False, reason)


def _value(match: re.Match[str], decimal: str) -> float:
    whole, _, fraction = match["body"].rpartition(decimal) if decimal in match["body"] else (match["body"], "", "")
    digits = f"{_NOT_DIGIT.sub('', whole) or '0'}.{_NOT_DIGIT.sub('', fraction) or '0'}{match['power'] or ''}"
    marks = [match[name] for name in ("m1", "m2", "m3", "m4") if match[name]]
    is_negative = bool(match["open"]) or (bool(marks) and marks[0] != "+")
    return -float(digits) if is_negative else float(digits)


def _word(mark: str) -> str:
    return {".": "a point", ",": "a comma", " ": "a space", "'": "an apostrophe"}[mark]


_TYPED: Final = WrittenNumbers(".", "", False, False, "the column holds numbers, not text")
