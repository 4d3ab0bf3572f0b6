"""Amounts with something around the number: a currency, a sign in front or behind, brackets for minus."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from vigie_intake.fields.kernels import pc
from vigie_intake.fields.money import SIGN_EXPRESSION, currencies_of
from vigie_intake.fields.numerals import MINUS, Numerals, number_expression
from vigie_intake.fields.texts import MAX_REMEMBERED
from vigie_intake.fields.verdicts import flags, is_missing

MAX_LOOKS: Final = 8
FEW_ROWS: Final = 32
_SPACE: Final = "[ \u00a0\u2009\u202f]*"
_NOT_A_DIGIT: Final = re.compile("[^0-9.eE+-]")


@dataclass(frozen=True)
class Decorated:
    """What a text says: its number and the currency beside it; no number where it cannot be known."""

    number: float
    sign: str | None


NOTHING: Final = Decorated(float("nan"), None)


class DecoratedNumerals:
    """Reads texts that are no plain numbers: those that look alike together, others one at a time."""

    def __init__(self, decimal: str, thousands: str) -> None:
        number = number_expression(decimal, thousands)
        sign = f"(?:{SIGN_EXPRESSION})"
        self._regex = re.compile(
            rf"(?P<open>\()?{_SPACE}(?P<minus1>{MINUS}|\+)?{_SPACE}(?P<before>{sign})?{_SPACE}(?P<minus2>{MINUS}|\+)?"
            rf"{_SPACE}(?P<number>{number}){_SPACE}(?P<minus3>{MINUS}|\+)?{_SPACE}(?P<after>{sign})?{_SPACE}"
            rf"(?P<minus4>{MINUS})?(?P<close>\))?",
        )
        self._decimal = decimal
        self._numerals = Numerals(decimal, thousands)
        self._remembered: dict[str, Decorated] = {}

    def read(self, texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """One number a row, NaN where there is none, and the currency's sign or code beside it, or None."""
        numbers, signs = np.full(len(texts), np.nan), np.full(len(texts), None, dtype=object)
        rest = np.arange(len(texts))
        for _ in range(MAX_LOOKS):
            if len(rest) <= FEW_ROWS:
                break
            alike = self._read_alike(texts.take(pa.array(rest)), rest, numbers, signs)
            if alike is None:
                break
            rest = rest[~alike]
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.clear()
        for place, text in zip(rest.tolist(), texts.take(pa.array(rest)).to_pylist(), strict=True):
            reading = self._remembered.get(text)
            if reading is None:
                reading = self._remembered[text] = self._reading_of(text)
            numbers[place], signs[place] = reading.number, reading.sign
        return numbers, signs

    def _read_alike(
        self, texts: pa.Array, places: np.ndarray, numbers: np.ndarray, signs: np.ndarray
    ) -> np.ndarray | None:
        """Read those that have the same around their number as the first one; None where that one is no number."""
        text = texts[0].as_py()
        match, reading = self._regex.fullmatch(text), self._reading_of(text)
        if match is None or np.isnan(reading.number):
            return None
        before, after = text[: match.start("number")], text[match.end("number") :]
        alike = flags(pc.and_(pc.starts_with(texts, before), pc.ends_with(texts, after)))
        inner = pc.utf8_slice_codeunits(texts.filter(pa.array(alike)), len(before), -len(after) or None)
        read, _ = self._numerals.of_texts(inner)
        fits = ~np.isnan(read) & flags(pc.match_substring_regex(inner, "^[^+-]"))
        alike[alike] = fits
        is_negative = np.signbit(reading.number)
        numbers[places[alike]] = -read[fits] if is_negative else read[fits]
        signs[places[alike]] = reading.sign
        return alike

    def _reading_of(self, text: str) -> Decorated:
        match = self._regex.fullmatch(text)
        if match is None:
            return NOTHING
        minuses = [match[f"minus{place}"] for place in range(1, 5) if match[f"minus{place}"]]
        brackets = bool(match["open"])
        signs = {sign for sign in (match["before"], match["after"]) if sign}
        # two signs, or brackets and a sign, could mean minus or minus of minus
        if brackets != bool(match["close"]) or len(minuses) + brackets > 1 or len(signs) > 1:
            return NOTHING
        digits = match["number"].replace(self._decimal, "\0")
        digits = _NOT_A_DIGIT.sub("", digits.replace(".", "").replace("\0", "."))
        is_negative = brackets or (bool(minuses) and minuses[0] != "+")
        return Decorated(-float(digits) if is_negative else float(digits), next(iter(signs), None))


def contradicted(signs: np.ndarray, currencies: pa.Array) -> np.ndarray:
    """True where an amount names another currency than its row, whose own is null where it is refused for it."""
    wrong = np.zeros(len(signs), dtype=bool)
    for sign in set(signs.tolist()) - {None}:
        meant = flags(pc.is_in(currencies, pa.array(sorted(currencies_of(sign)))))
        wrong |= (signs == sign) & ~meant
    return wrong & ~is_missing(currencies)
