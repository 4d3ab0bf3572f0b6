"""What a field of a text file looks like, as far as it tells a line of names from a row."""

import re
from collections.abc import Sequence
from typing import Final

_NO_NAME: Final = re.compile(
    r"""
    [-+(]?\s?[€$£]?\s?\d[\d.,'\s]*(e[-+]?\d+)?\s?(%|€|\$|£|[A-Z]{3}|[-)])? # number, amount with its currency
    | \d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T\s].*)?                                # date, also with a time
    | \d{1,2}[-\s][A-Za-z]{3,9}\.?[-\s]\d{2,4}([T\s].*)?                       # 3 Jan 2024
    | \d{1,2}:\d{2}(:\d{2}.*)?                                                 # time
    | [A-Z]{2}\d{2}[A-Z0-9\s]{11,34}                                           # IBAN
    | [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-.*                                         # UUID
    """,
    re.VERBOSE,
)
_MIN_TYPED_SHARE: Final = 0.9
_LOOKED_AT_ROWS: Final = 1000


def cannot_be_name(field: str) -> bool:
    """Whether a field is a number, a date, a time or an identifier, which no one calls a column."""
    return _NO_NAME.fullmatch(field.strip()) is not None


def typed_columns(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Positions of the columns that hold numbers, dates or identifiers in nearly all rows that hold anything there."""
    typed: list[int] = []
    for position in range(width):
        fields = [row[position] for row in rows[:_LOOKED_AT_ROWS] if len(row) > position and row[position].strip()]
        if fields and sum(map(cannot_be_name, fields)) >= _MIN_TYPED_SHARE * len(fields):
            typed.append(position)
    return typed
