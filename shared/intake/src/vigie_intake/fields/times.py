"""When a transaction was made: milliseconds since 1970 UTC.

A time that only tells the day becomes midnight UTC of that date, whatever the zone: that is how the contract says
"only the day is known". So does one that tells only the hour, because features of ten minutes, of an hour and of
speed would believe it. Where the mapping gives no precision, a clock that shows exactly midnight is taken as a day
without a time; one payment in 86,400 is really made at that second.
"""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa

from vigie_intake.fields.calendar import DAY_MS, Clocks
from vigie_intake.fields.clock_formats import ISO, expression_of
from vigie_intake.fields.clock_texts import ClockTexts
from vigie_intake.fields.epochs import PER_SECOND, Kind, commonest, digits_as_clocks, instants, kinds_of
from vigie_intake.fields.kernels import pc
from vigie_intake.fields.texts import joined, plain_text, undictionaried
from vigie_intake.fields.verdicts import FieldVerdict, flags, without
from vigie_intake.fields.zones import Zone, zone_of
from vigie_intake.mapping import Precision, Timestamp
from vigie_runtime import ConfigurationError
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS

UNIT_NAMES: Final = {kind.name.lower(): kind for kind in PER_SECOND}
COARSE_STEP_SECONDS: Final = 60
_WHOLE: Final = r"^-?(?:[0-9]{1,18}|[1-8][0-9]{18})$"
_FRACTION: Final = r"^-?[0-9]{1,19}\.[0-9]+$"
_UNITS_OF_ARROW: Final = {"s": Kind.SECONDS, "ms": Kind.MILLISECONDS, "us": Kind.MICROSECONDS, "ns": Kind.NANOSECONDS}


class TimeReader:
    """Reads times; raises ConfigurationError for a zone, a format or a start that cannot be meant.

    What the numbers of a column are is decided by the first batch and holds for all that follow.
    """

    def __init__(self, part: Timestamp) -> None:
        self._part = part
        self._zone = zone_of(part.zone)
        self._by_day = part.precision in (Precision.DAY, Precision.HOUR)
        self._any_time = part.precision is None
        self._kind = UNIT_NAMES.get(part.format or "")
        self._layouts: list[ClockTexts] = []
        if part.format is None or part.format == "iso":
            self._layouts = [ClockTexts(expression) for expression in ISO]
        elif part.format == "steps":
            self._start_ms = _start_ms(part.start or "", self._zone)
            self._step_ms = (part.step_seconds or 0) * 1000
            self._by_day |= self._any_time and self._step_ms > COARSE_STEP_SECONDS * 1000
        elif self._kind is None:
            self._layouts = [ClockTexts(expression_of(part.format))]

    def read(self, batch: pa.RecordBatch) -> FieldVerdict:
        """One moment a row; a row without one that the contract takes is broken."""
        columns = [undictionaried(batch.column(name)) for name in self._part.needed]
        kind = columns[0].type
        if len(columns) > 1:
            moments, known = self._texts(joined([plain_text(column) for column in columns], " "))
        elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            moments, known = self._typed(columns[0])
        elif self._reads_numbers and _is_number(kind):
            moments, known = self._numbers(*_as_numbers(columns[0]))
        else:
            moments, known = self._texts(plain_text(columns[0]))
        known = known & (moments >= EARLIEST_TIMESTAMP_MS) & (moments <= LATEST_TIMESTAMP_MS)
        return FieldVerdict(without(pa.array(moments), ~known), ~known)

    @property
    def _reads_numbers(self) -> bool:
        return self._part.format is None or self._part.format == "steps" or self._kind is not None

    def _typed(self, column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        known = flags(column.is_valid())
        kind = column.type
        if pa.types.is_date(kind):
            days = pc.fill_null(column.cast(pa.date32()).view(pa.int32()), 0).to_numpy(zero_copy_only=False)
            return days.astype(np.int64) * DAY_MS, known
        numbers = pc.fill_null(column.view(pa.int64()), 0).to_numpy(zero_copy_only=False)
        counted = instants(numbers, _UNITS_OF_ARROW[kind.unit])
        if kind.tz is None:
            return self._of_clocks(_all_timed(counted, known)), known
        return self._of_instants(
            counted, self._zone if kind.tz in ("UTC", "Etc/UTC", "+00:00") else _known(kind.tz)
        ), known

    def _texts(self, texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        if not self._reads_numbers:
            return self._clock_texts(texts)
        masks = [flags(pc.match_substring_regex(texts, form)) for form in (_WHOLE, _FRACTION)]
        others = ~(masks[0] | masks[1]) & flags(texts.is_valid())
        moments, known = np.zeros(len(texts), dtype=np.int64), np.zeros(len(texts), dtype=bool)
        if self._layouts and others.any() and self._kind in (None, Kind.TEXT):
            moments[others], known[others] = self._clock_texts(texts.filter(pa.array(others)))
        numbers = [
            texts.filter(pa.array(mask)).cast(numeric).to_numpy(zero_copy_only=False)
            for mask, numeric in zip(masks, (pa.int64(), pa.float64()), strict=True)
        ]
        if self._layouts and self._kind is None:
            dates = np.full(int(known.sum()), Kind.TEXT, dtype=np.int8)
            self._kind = commonest(np.concatenate([dates, *map(kinds_of, numbers)]))
            if self._kind is not Kind.TEXT:
                known[:] = False
        for mask, values in zip(masks, numbers, strict=True):
            if mask.any():
                moments[mask], known[mask] = self._numbers(values, np.ones(len(values), dtype=bool))
        return moments, known

    def _clock_texts(self, texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        clocks = self._layouts[0].read(texts)
        for layout in self._layouts[1:]:
            rest = np.flatnonzero(~clocks.exists & flags(texts.is_valid()))
            if len(rest):
                clocks.put(rest, layout.read(texts.take(pa.array(rest))))
        return self._of_clocks(clocks), clocks.exists

    def _numbers(self, numbers: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._part.format == "steps":
            moments = np.clip(self._start_ms + numbers * self._step_ms, 0, LATEST_TIMESTAMP_MS + 1)
            return self._of_instants(np.floor(moments).astype(np.int64)), known
        kinds = kinds_of(numbers)
        if self._kind is None:
            self._kind = commonest(kinds[known])
        if self._kind is None:
            return np.zeros(len(numbers), dtype=np.int64), np.zeros(len(numbers), dtype=bool)
        known = known & (kinds == self._kind)
        numbers = np.where(known, numbers, 0)
        if self._kind in PER_SECOND:
            return self._of_instants(instants(numbers, self._kind)), known
        if self._kind is Kind.TEXT:
            return np.zeros(len(numbers), dtype=np.int64), np.zeros(len(numbers), dtype=bool)
        clocks = digits_as_clocks(numbers, self._kind)
        return self._of_clocks(clocks), known & clocks.exists

    def _of_clocks(self, clocks: Clocks) -> np.ndarray:
        wall = clocks.wall_ms
        exact = np.where(clocks.zoned, wall - clocks.offset_ms, self._zone.utc(wall))
        return np.where(~clocks.timed | self._is_day(wall), wall // DAY_MS * DAY_MS, exact)

    def _of_instants(self, moments: np.ndarray, zone: Zone | None = None) -> np.ndarray:
        wall = (zone or self._zone).wall(moments)
        return np.where(self._is_day(wall), wall // DAY_MS * DAY_MS, moments)

    def _is_day(self, wall: np.ndarray) -> np.ndarray:
        if self._by_day:
            return np.ones(len(wall), dtype=bool)
        return wall % DAY_MS == 0 if self._any_time else np.zeros(len(wall), dtype=bool)


def _all_timed(wall: np.ndarray, known: np.ndarray) -> Clocks:
    no = np.zeros(len(wall), dtype=bool)
    return Clocks(wall, known, ~no, no, np.zeros_like(wall))


def _known(name: str) -> Zone | None:
    """The column's own zone; None where it is a distance from UTC such as +01:00."""
    try:
        return zone_of(name)
    except ConfigurationError:
        return None


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _as_numbers(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers as int64 where they fit, others as float64; and which there are."""
    try:
        numbers = column.cast(pa.int64()) if not pa.types.is_floating(column.type) else column.cast(pa.float64())
    except pa.ArrowInvalid:
        numbers = column.cast(pa.float64(), safe=False)
    values = pc.fill_null(numbers, 0).to_numpy(zero_copy_only=False)
    known = flags(column.is_valid()) & np.isfinite(values)
    return np.where(known, values, 0), known


def _start_ms(start: str, zone: Zone) -> int:
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        raise ConfigurationError(f"start is {start!r}, not a time. Write it such as 2024-01-31T12:00:00.") from None
    if moment.tzinfo is not None:
        return round(moment.timestamp() * 1000)
    wall = round(moment.replace(tzinfo=UTC).timestamp() * 1000)
    return int(zone.utc(np.array([wall], dtype=np.int64))[0])
