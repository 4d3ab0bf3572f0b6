"""Numbers as people and tools write them, exactly as the mapping says their marks are; all else is no number."""

import re
from typing import Final

import numpy as np
import pyarrow as pa

from vigie_intake.fields.kernels import pc
from vigie_intake.fields.texts import plain_text, undictionaried
from vigie_intake.fields.verdicts import flags

GROUP_MARKS: Final = {
    "": "",
    ".": r"\.",
    ",": ",",
    "'": "['\u2019]",
    " ": "[ \u00a0\u2009\u202f]",  # spaces that keep a number in one line
}
MINUS: Final = "[-\u2212\u2013]"
NOT_KNOWN: Final = ("nan", "null", "none")
"""Words with which tools write that there is no number."""


def number_expression(decimal: str, thousands: str) -> str:
    """Digits without a sign: in groups of three, or of two before the last three as in India, or in one piece."""
    point = re.escape(decimal)
    plain = rf"(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?"
    if not thousands:
        return plain
    mark = GROUP_MARKS[thousands]
    grouped = rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]{{1,2}}(?:{mark}[0-9]{{2}})+{mark}[0-9]{{3}}"
    return rf"(?:(?:{grouped})(?:{point}[0-9]+)?|{plain})"


class Numerals:
    """Reads columns of numbers, in Arrow's types or as text with these marks."""

    def __init__(self, decimal: str, thousands: str) -> None:
        self._plain = decimal == "." and not thousands
        self._decimal, self._mark = decimal, GROUP_MARKS[thousands]
        self._expression = f"^[+-]?{number_expression(decimal, thousands)}$"

    def read(self, column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """One float64 a row, NaN where there is none; and true where something is there that is no number."""
        column = undictionaried(column)
        kind = column.type
        if pa.types.is_integer(kind) or kind == pa.float64():
            return _floats(column.cast(pa.float64(), safe=False)), np.zeros(len(column), dtype=bool)
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            # over their digits: 12.34 in 32 bits is 12.34 in a CSV file too, not 12.34000015
            column = column if pa.types.is_decimal(kind) else column.cast(pa.float32())
            return _floats(column.cast(pa.string()).cast(pa.float64())), np.zeros(len(column), dtype=bool)
        return self.of_texts(plain_text(column))

    def of_texts(self, texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """As `read`, row by row, of texts that are trimmed."""
        if self._plain and (numbers := _all_plain(texts)) is not None:
            return numbers, np.zeros(len(texts), dtype=bool)
        fits = flags(pc.match_substring_regex(texts, self._expression))
        numbers = np.full(len(texts), np.nan)
        chosen = texts if fits.all() else texts.filter(pa.array(fits))
        if self._mark:
            chosen = pc.replace_substring_regex(chosen, self._mark, "")
        if self._decimal != ".":
            chosen = pc.replace_substring(chosen, self._decimal, ".")
        numbers[fits] = chosen.cast(pa.float64()).to_numpy(zero_copy_only=False)
        missing = flags(pc.is_in(pc.utf8_lower(texts), pa.array(NOT_KNOWN))) if not fits.all() else ~fits
        return numbers, ~fits & ~missing & flags(texts.is_valid())


def _all_plain(texts: pa.Array) -> np.ndarray | None:
    """All of a column at once, where every text is a number as computers write it."""
    try:
        numbers = _floats(texts.cast(pa.float64()))
    except pa.ArrowInvalid:
        return None
    return numbers if np.isfinite(numbers).sum() == len(texts) - texts.null_count else None


def _floats(column: pa.Array) -> np.ndarray:
    """Float64 with NaN for null."""
    return column.to_numpy(zero_copy_only=False)
