"""Whether the values of a column fit the field that its name says."""

import re
from typing import Final

from vigie_intake.inspecting.amounts import numbers_in
from vigie_intake.inspecting.columns import Column
from vigie_intake.inspecting.moments import times_in

MAX_CATEGORIES: Final = 2_000
MAX_CURRENCIES: Final = 200
_MOST: Final = 0.9
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_DEGREES: Final = re.compile(r"-?\d{1,3}(?:\.\d*)?(?:[eE]-?\d{1,2})?")


def is_time(column: Column) -> bool:
    """Whether most of its values are times."""
    times = times_in(column)
    return times.share > 0.5 and not times.is_steps


def is_surely_time(column: Column) -> bool:
    """Whether they are times whatever the column is called; numbers such as 20240131 can be anything."""
    times = times_in(column)
    return times.share > _MOST and not times.is_steps and not (column.kind.is_number and times.format is None)


def is_surely_amount(column: Column) -> bool:
    """Whether they are amounts whatever the column is called: numbers, some with a fraction."""
    numbers = numbers_in(column)
    is_number = numbers.share > _MOST and numbers.whole_share < 1
    return is_number and not column.holds_account_numbers and not is_time(column)


def decimal_of_degrees(column: Column, limit: float) -> str | None:
    """The decimal mark of numbers within these degrees, None where they are none; they have no marks of thousands."""
    for mark in (".", ","):
        plain = [word if mark == "." else word.replace(",", ".") for word in column.counts]
        degrees = [float(word) for word in plain if _DEGREES.fullmatch(word)]
        if degrees and len(degrees) >= _MOST * len(plain) and all(abs(value) <= limit for value in degrees):
            return mark
    return None


def names_each(column: Column) -> bool:
    """Whether each row has a value of its own, as names of transactions are."""
    return len(column.present) > 0 and column.empty_share < 0.1 and not column.repeats


def is_country(column: Column) -> bool:
    """Whether they are codes of two capital letters."""
    fitting = sum(count for word, count in column.counts.items() if _COUNTRY.fullmatch(word))
    return len(column.present) > 0 and fitting >= _MOST * len(column.present)


def is_category(column: Column) -> bool:
    """Whether there are few enough different words, and no times."""
    return 0 < len(column.counts) <= MAX_CATEGORIES and not is_time(column)
