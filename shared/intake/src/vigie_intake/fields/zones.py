"""Clocks of a zone and moments in UTC, many at a time; changes of the clock as Python's zoneinfo knows them.

Arrow has such functions too, but asks the machine's own database of zones, which slim images do not have.
"""

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from vigie_runtime import ConfigurationError

FIRST_YEAR: Final = 1999
LAST_YEAR: Final = 2101
NEVER_SET: Final = ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu")
"""The commonest zone, whose clock needs no looking at."""


@dataclass(frozen=True)
class Zone:
    """A zone's changes of the clock over the years that the contract knows; all in milliseconds."""

    name: str
    changes: np.ndarray  # moments in UTC
    offsets: np.ndarray  # from UTC, before the first change and after each

    def wall(self, utc_ms: np.ndarray) -> np.ndarray:
        """What the clock shows at the moment of each row."""
        if not len(self.changes):
            return utc_ms + self.offsets[0]
        return utc_ms + self.offsets[np.searchsorted(self.changes, utc_ms, side="right")]

    def utc(self, wall_ms: np.ndarray) -> np.ndarray:
        """When the clock shows the time of each row.

        What it shows twice, when it is set back, is the first time. What it never shows, when it is set forward, is
        read as if it had not been set yet: 02:30 is then what the clock shows as 03:30.
        """
        if not len(self.changes):
            return wall_ms - self.offsets[0]
        from_wall = self.changes + np.maximum(self.offsets[:-1], self.offsets[1:])
        return wall_ms - self.offsets[np.searchsorted(from_wall, wall_ms, side="right")]


@lru_cache(64)
def zone_of(name: str) -> Zone:
    """The zone of this name, such as Europe/Paris; raises ConfigurationError with the nearest names."""
    try:
        info = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, sorted(available_timezones()), 3)
        instead = f"such as {', '.join(near)}" if near else "such as UTC or Europe/Paris"
        raise ConfigurationError(f"There is no time zone {name!r}. Give one by its IANA name, {instead}.") from None
    if name in NEVER_SET:
        return Zone(name, np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64))
    return Zone(name, *_changes(info))


def _changes(info: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    """A clock is looked at once a day, and where it was set in between, the second is searched for."""
    day, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
    changes: list[int] = []
    offsets = [_offset_ms(info, day)]
    while day < end:
        following = day + timedelta(days=1)
        offset = _offset_ms(info, following)
        if offset != offsets[-1]:
            changes.append(_change(info, day, following))
            offsets.append(offset)
        day = following
    return np.array(changes, dtype=np.int64), np.array(offsets, dtype=np.int64)


def _change(info: ZoneInfo, before: datetime, after: datetime) -> int:
    old = _offset_ms(info, before)
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_ms(info, datetime.fromtimestamp(middle, UTC)) == old:
            low = middle
        else:
            high = middle
    return high * 1000


def _offset_ms(info: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(info).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)
