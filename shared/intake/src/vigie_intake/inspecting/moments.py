"""How times are written in a column: their format, precision and zone, and what of that cannot be known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa

from vigie_intake.fields.calendar import DAY_MS, Clocks
from vigie_intake.fields.clock_formats import ISO, expression_of
from vigie_intake.fields.clock_texts import ClockTexts
from vigie_intake.fields.epochs import PER_SECOND, Kind, kinds_of
from vigie_intake.inspecting.columns import KEPT_COLUMNS, MANY_ROWS, Column
from vigie_intake.mapping import Precision
from vigie_runtime.parquet_columns import ColumnKind

MIN_SHARE: Final = 0.5  # of the values, before a column counts as times
_IN_ORDER: Final = 0.95
_OUT_OF_ORDER: Final = 0.8
_TRIED_VALUES: Final = 40
_HOUR_MS: Final = 3_600_000

_CLOCK: Final = (
    r"(?P<gap>[T ,]+)(?P<hour>\d{1,2})(?P<mark>[:.h])(?P<minute>\d{2})(?P<second>[:.]\d{2})?(?P<part>[.,]\d+)?"
    r"(?P<half>\s?[AaPp]\.?[Mm]\.?)?(?P<zone>\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
)
_NUMERIC: Final = re.compile(rf"(?P<a>\d{{1,4}})(?P<sep>[./-])(?P<b>\d{{1,2}})(?P=sep)(?P<c>\d{{1,4}})(?:{_CLOCK})?")
_WORDY: Final = re.compile(
    r"(?P<a>\d{1,2}|[A-Za-z]{3,9})(?P<dot1>\.?)(?P<sep1>[ /-]+)(?P<b>\d{1,2}|[A-Za-z]{3,9})(?P<dot2>\.?)"
    rf"(?P<sep2>[, /-]+)(?P<c>\d{{4}}|\d{{2}})(?:{_CLOCK})?"
)
CLOCK_ONLY: Final = re.compile(r"\d{1,2}:\d{2}(?P<second>:\d{2})?(?P<part>[.,]\d+)?")
_SPLIT_CLOCK: Final = re.compile(r"\d{4}|\d{6}")


@dataclass(frozen=True)
class Times:
    """How a column's times are written; `format` as the mapping has it, None where ISO or the type itself tells."""

    share: float  # of the values that are there
    format: str | None = None
    other_format: str | None = None  # that fits all values as well: day and month change places
    order_reason: str | None = None  # why one of the two is likely
    is_zoned: bool = False
    precision: Precision | None = None
    is_steps: bool = False  # small whole numbers, which may count steps
    outsiders: float = 0.0  # share of numbers in another unit than most
    outside: str = ""  # which unit those are in


NO_TIMES: Final = Times(0.0)


@lru_cache(KEPT_COLUMNS)
def times_in(column: Column) -> Times:
    """How the times of a column are written; share 0 where it holds none."""
    kind = column.values.type
    if pa.types.is_date(kind):
        return Times(1.0, precision=Precision.DAY)
    if pa.types.is_timestamp(kind):
        # by Arrow: a multiplication before the division would overflow for nanoseconds
        milliseconds = column.values.drop_null().cast(pa.timestamp("ms", kind.tz), safe=False)
        wall = milliseconds.view(pa.int64()).to_numpy(zero_copy_only=False)
        return Times(1.0 if len(wall) else 0.0, precision=_precision(wall, None), is_zoned=kind.tz is not None)
    if column.kind.is_number:
        return _of_numbers(np.array([float(value) for value in column.present.to_pylist()]))
    if column.kind is not ColumnKind.TEXT or not len(column.present):
        return NO_TIMES
    texts = column.present
    numbers = _as_numbers(texts)
    return _of_numbers(numbers) if numbers is not None else _of_texts(texts)


def clock_format(column: Column) -> str | None:
    """The directives of a column of times of day, None where it is none."""
    values = list(column.counts)
    if values and all(CLOCK_ONLY.fullmatch(value) for value in values):
        found = CLOCK_ONLY.fullmatch(values[0])
        return (
            "%H:%M" + ("" if not found or not found["second"] else ":%S") + (".%f" if found and found["part"] else "")
        )
    if values and all(_SPLIT_CLOCK.fullmatch(value) for value in values) and len({len(value) for value in values}) == 1:
        hours = [int(value[:2]) < 24 and int(value[2:4]) < 60 for value in values]
        return ("%H%M" if len(values[0]) == 4 else "%H%M%S") if all(hours) else None
    return None


def _as_numbers(texts: pa.Array) -> np.ndarray | None:
    try:
        return texts.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None


def _of_numbers(numbers: np.ndarray) -> Times:
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return NO_TIMES
    kinds = kinds_of(numbers)
    counts = np.bincount(kinds, minlength=len(Kind))
    counts[Kind.UNKNOWN] = 0
    if counts.max() < MIN_SHARE * len(numbers):
        steps = bool((numbers >= 0).all() and (numbers == np.floor(numbers)).all() and numbers.max() < 1e9)
        return Times(1.0 if steps else 0.0, is_steps=steps)
    kind = Kind(int(counts.argmax()))
    others = counts.copy()
    others[kind] = 0
    outside = Kind(int(others.argmax())).name.lower() if others.any() else ""
    times = Times(counts[kind] / len(numbers), outsiders=float(others.sum() / len(numbers)), outside=outside)
    if kind in PER_SECOND:
        wall = numbers[kinds == kind] * 1000 / PER_SECOND[kind]
        return replace(times, format=kind.name.lower(), is_zoned=True, precision=_precision(wall, None))
    precision = {Kind.DATE: Precision.DAY, Kind.MINUTE: Precision.MINUTE}.get(kind)
    return replace(times, precision=precision)


def _of_texts(texts: pa.Array) -> Times:
    candidates: dict[str | None, list[str]] = {None: list(ISO)}
    for text in _spread(texts.to_pylist()):
        for form in _formats(text):
            candidates.setdefault(form, [expression_of(form)])
    read = {form: _read(texts, expressions) for form, expressions in candidates.items()}
    fits = {form: float(clocks.exists.mean()) for form, clocks in read.items()}
    best = max(fits, key=lambda form: fits[form])
    if fits[best] < MIN_SHARE:
        return NO_TIMES
    clocks = read[best]
    times = Times(fits[best], format=best, is_zoned=bool(clocks.zoned[clocks.exists].all()))
    wall = clocks.wall_ms[clocks.exists]
    times = replace(times, precision=_precision(wall, bool(clocks.timed.any()), best))
    equal = [form for form in fits if form not in (None, best) and fits[form] == fits[best] and _swapped(form) == best]
    return _ordered(times, read, equal[0]) if equal and best else times


def _ordered(times: Times, read: dict[str | None, Clocks], other: str) -> Times:
    """Of day first and month first, the one by which the rows are in order of time, where only one is."""
    mine, theirs = (_order(read[form]) for form in (times.format, other))
    reason = "the rows are then in order of time, and otherwise not"
    if mine >= _IN_ORDER and theirs < _OUT_OF_ORDER:
        return replace(times, other_format=other, order_reason=reason)
    if theirs >= _IN_ORDER and mine < _OUT_OF_ORDER:
        return replace(times, format=other, other_format=times.format, order_reason=reason)
    first, second = sorted((str(times.format), other), key=lambda form: form.find("%d"))
    return replace(times, format=first, other_format=second)


def _order(clocks: Clocks) -> float:
    wall = clocks.wall_ms[clocks.exists]
    if len(wall) < 3:
        return 0.0
    steps = np.diff(wall)
    return float(max((steps >= 0).mean(), (steps <= 0).mean()))


def _read(texts: pa.Array, expressions: list[str]) -> Clocks:
    clocks = ClockTexts(expressions[0]).read(texts)
    for expression in expressions[1:]:
        rest = np.flatnonzero(~clocks.exists)
        if len(rest):
            clocks.put(rest, ClockTexts(expression).read(texts.take(pa.array(rest))))
    return clocks


def _precision(wall: np.ndarray, timed: bool | None, form: str | None = None) -> Precision | None:
    if timed is False or (len(wall) and (wall % DAY_MS == 0).all()):
        return Precision.DAY
    if len(wall) >= MANY_ROWS and (wall % _HOUR_MS == 0).all():
        return Precision.HOUR
    return Precision.MINUTE if form and "%M" in form and "%S" not in form else None


def _formats(text: str) -> Iterator[str]:
    if found := _NUMERIC.fullmatch(text):
        orders = ("Ymd",) if len(found["a"]) == 4 else ("dmY", "mdY")
        year = found["a"] if len(found["a"]) == 4 else found["c"]
        if len(year) in (2, 4):
            for order in orders:
                letters = [("y" if letter == "Y" and len(year) == 2 else letter) for letter in order]
                yield found["sep"].join(f"%{letter}" for letter in letters) + _clock(found)
    elif found := _WORDY.fullmatch(text):
        parts = ["%b" if found[name].isalpha() else "%d" for name in ("a", "b")]
        if sorted(parts) == ["%b", "%d"]:
            year = "%Y" if len(found["c"]) == 4 else "%y"
            dots = ["" if part == "%b" else found[dot] for part, dot in zip(parts, ("dot1", "dot2"), strict=True)]
            yield f"{parts[0]}{dots[0]}{found['sep1']}{parts[1]}{dots[1]}{found['sep2']}{year}{_clock(found)}"


def _clock(found: re.Match[str]) -> str:
    if not found["hour"]:
        return ""
    hour = "%I" if found["half"] else "%H"
    second = f"{found['second'][0]}%S" if found["second"] else ""
    part = f"{found['part'][0]}%f" if found["part"] else ""
    half = (" %p" if found["half"][0] == " " else "%p") if found["half"] else ""
    zone = (" %z" if found["zone"][0] == " " else "%z") if found["zone"] else ""
    return f"{found['gap']}{hour}{found['mark']}%M{second}{part}{half}{zone}"


def _swapped(form: str | None) -> str | None:
    return None if form is None else form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _spread(values: list[str]) -> list[str]:
    step = max(1, len(values) // _TRIED_VALUES)
    return values[::step]
