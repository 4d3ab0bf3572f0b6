"""Texts as dates and clocks, many at a time.

Texts of one file look alike: where the parts of one stand, those of the others stand too. Rows that do look like an
earlier one are read straight from their bytes, all others by the expression, with the same verdict.
"""

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa

from vigie_intake.fields.calendar import Clocks, wall_ms
from vigie_intake.fields.clock_formats import MONTHS, NUMBERS
from vigie_intake.fields.kernels import pc

MAX_LOOKS: Final = 16
FEW_ROWS: Final = 32
_ZERO, _NINE = ord("0"), ord("9")

Parts = dict[str, np.ndarray]


class ClockTexts:
    """Reads texts written in one way, an expression of clock_formats."""

    def __init__(self, expression: str) -> None:
        self._regex = re.compile(expression, re.ASCII)
        self._expression = f"^(?:{expression})$"

    def read(self, texts: pa.Array) -> Clocks:
        """What each text shows; a text that is null or written otherwise shows nothing."""
        clocks = Clocks.unknown(len(texts))
        rest = np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False))
        for _ in range(MAX_LOOKS):
            if len(rest) <= FEW_ROWS:
                break
            taken = self._read_alike(texts, rest, clocks)
            if taken is None:
                break
            rest = rest[~taken]
        if len(rest):
            self._read_any(texts, rest, clocks)
        return clocks

    def _read_alike(self, texts: pa.Array, rest: np.ndarray, clocks: Clocks) -> np.ndarray | None:
        """Read those of `rest` that look like its first one; None where that one is of no use as a pattern."""
        text = texts[int(rest[0])].as_py()
        match = self._regex.fullmatch(text)
        if match is None or not text.isascii():
            return None
        chosen = texts if len(rest) == len(texts) else texts.take(pa.array(rest))
        alike = pc.equal(pc.binary_length(chosen), len(text)).to_numpy(zero_copy_only=False)
        letters = _letters(chosen if alike.all() else chosen.filter(pa.array(alike)), len(text))
        spans = {name: match.span(name) for name in match.groupdict() if match[name] is not None}
        digits = np.zeros(len(text), dtype=bool)
        for name in spans.keys() & NUMBERS:
            digits[slice(*spans[name])] = True
        sample = np.frombuffer(text.encode(), dtype=np.uint8)
        fits = ((letters[:, digits] >= _ZERO) & (letters[:, digits] <= _NINE)).all(axis=1)
        fits &= (letters[:, ~digits] == sample[~digits]).all(axis=1)
        alike[alike] = fits
        letters = letters if fits.all() else letters[fits]
        parts = {name: _number(letters, name, *spans[name]) for name in spans.keys() & NUMBERS}
        for name in spans.keys() - NUMBERS:
            parts[name] = np.full(len(letters), _LOOKED_UP[name](match[name]), dtype=np.int64)
        clocks.put(rest[alike], _clocks(parts, len(letters)))
        return alike

    def _read_any(self, texts: pa.Array, rest: np.ndarray, clocks: Clocks) -> None:
        found = pc.extract_regex(texts.take(pa.array(rest)), self._expression)
        matched = found.is_valid()
        rest, found = rest[matched.to_numpy(zero_copy_only=False)], found.filter(matched)
        if not len(rest):
            return
        parts: Parts = {}
        has_group: dict[str, np.ndarray] = {}
        for position in range(found.type.num_fields):
            name, group = found.type.field(position).name, found.field(position)
            has_group[name] = pc.greater(pc.binary_length(group), 0).to_numpy(zero_copy_only=False)
            parts[name] = _looked_up(group, name)
        # a row without a part that others have is what a group of rows of its own is
        for timed in (True, False):
            for zoned in (True, False):
                rows = (has_group.get("M", has_group.get("H", np.zeros(len(rest), dtype=bool))) == timed) & (
                    has_group.get("z", np.zeros(len(rest), dtype=bool)) == zoned
                )
                absent = set() if timed else {"M"}
                absent |= set() if zoned else {"z"}
                chosen = {name: part[rows] for name, part in parts.items() if name not in absent}
                clocks.put(rest[rows], _clocks(chosen, int(rows.sum())))


def _clocks(parts: Parts, rows: int) -> Clocks:
    nothing = np.zeros(rows, dtype=np.int64)
    year = parts.get("Y")
    if year is None:  # as POSIX has it: 69 to 99 are of the last century
        year = parts["y"] + np.where(parts["y"] >= 69, 1900, 2000)
    hour = parts.get("H", nothing)
    half_day = np.ones(rows, dtype=bool)
    if "I" in parts:
        half_day = (parts["I"] >= 1) & (parts["I"] <= 12)
        hour = parts["I"] % 12 + parts["p"]
    clock = (hour, parts.get("M", nothing), parts.get("S", nothing), parts.get("f", nothing))
    wall, exists = wall_ms((year, parts["m"] if "m" in parts else parts["b"], parts["d"]), clock)
    zoned = np.full(rows, "z" in parts)
    return Clocks(wall, exists & half_day, np.full(rows, "M" in parts), zoned, parts.get("z", nothing))


def _letters(texts: pa.Array, width: int) -> np.ndarray:
    """Bytes of texts of one length, none of them null, one row each."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return np.zeros((0, width), dtype=np.uint8)
    start = int(np.frombuffer(offsets, dtype=np.int32)[texts.offset])
    return np.frombuffer(data, dtype=np.uint8)[start : start + len(texts) * width].reshape(len(texts), width)


def _number(letters: np.ndarray, name: str, start: int, end: int) -> np.ndarray:
    """Digits from `start` to `end`; of a fraction the milliseconds, cut, not rounded."""
    if name == "f":
        end = min(end, start + 3)
    value = np.zeros(len(letters), dtype=np.int64)
    for position in range(start, end):
        value = value * 10 + (letters[:, position] - _ZERO)
    return value * 10 ** (3 - (end - start)) if name == "f" else value


def _looked_up(group: pa.Array, name: str) -> np.ndarray:
    if name in NUMBERS:
        if name == "f":
            group = pc.utf8_slice_codeunits(pc.utf8_rpad(group, 3, "0"), 0, 3)
        return pc.if_else(pc.equal(group, ""), "0", group).cast(pa.int64()).to_numpy(zero_copy_only=False)
    encoded = group.dictionary_encode()
    values = np.array([_LOOKED_UP[name](word) if word else 0 for word in encoded.dictionary.to_pylist()], np.int64)
    return values[encoded.indices.to_numpy(zero_copy_only=False)]


def _offset_ms(zone: str) -> int:
    """`Z`, `+01`, `+0100` or `+01:00` in milliseconds."""
    if zone[0] not in "+-":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    return (-1 if zone[0] == "-" else 1) * (hours * 60 + minutes) * 60_000


_LOOKED_UP: Final[dict[str, Callable[[str], int]]] = {
    "z": _offset_ms,
    "b": lambda word: MONTHS[word[:3].lower()],
    "p": lambda word: 12 if word[0] in "pP" else 0,
}
