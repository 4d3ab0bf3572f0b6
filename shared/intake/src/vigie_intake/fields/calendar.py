"""Dates and clocks as numbers, many at a time; a date that does not exist is marked, not carried over."""

from dataclasses import dataclass
from typing import Final

import numpy as np

DAY_MS: Final = 86_400_000
_DAYS_OF_MONTHS: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@dataclass(frozen=True)
class Clocks:
    """What calendars and clocks showed, one entry a row.

    `wall_ms` counts as if the clock stood in UTC; `exists`: there is such a date and time; `timed`: hour and minute
    were written; `zoned`: the distance from UTC was written, in `offset_ms`.
    """

    wall_ms: np.ndarray
    exists: np.ndarray
    timed: np.ndarray
    zoned: np.ndarray
    offset_ms: np.ndarray

    @staticmethod
    def unknown(rows: int) -> "Clocks":
        """No row shows anything."""
        no = np.zeros(rows, dtype=bool)
        nothing = np.zeros(rows, dtype=np.int64)
        return Clocks(nothing, no, no.copy(), no.copy(), nothing.copy())

    def put(self, places: np.ndarray, others: "Clocks") -> None:
        """Write what others show into the rows `places`."""
        for mine, theirs in zip(vars(self).values(), vars(others).values(), strict=True):
            mine[places] = theirs


def wall_ms(date: tuple[np.ndarray, ...], clock: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds of each row from its parts, year to millisecond; and whether there is such a moment."""
    year, month, day = date
    hour, minute, second, millisecond = clock
    exists = _is_date(year, month, day) & (hour >= 0) & (hour < 24) & (minute < 60) & (second < 60)
    days = _days(np.where(exists, year, 1970), np.where(exists, month, 1), np.where(exists, day, 1))
    return days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + millisecond, exists


def _is_date(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    named = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1) & (year <= 9999)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _DAYS_OF_MONTHS[np.where(named, month, 1) - 1] + (leap & (month == 2))
    return named & (day <= last)


def _days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Days since 1970: years begin in March here, so that the leap day is the last of its year."""
    from_march = (month + 9) % 12
    years = year - (month <= 2)
    return 365 * years + years // 4 - years // 100 + years // 400 + (153 * from_march + 2) // 5 + day - 719_469
