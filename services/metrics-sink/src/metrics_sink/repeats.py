"""Which records were counted before: a detector that restarts from its checkpoint writes some of them again.

A record is known by its place in the transactions topic. The detector spreads accounts over tasks, so the records
of one partition come out of order within a batch: "not above the highest" would drop good ones. Hence a window of
marks below the highest offset; what is older than the window is a repeat.
"""

from collections import OrderedDict
from typing import Final

WINDOW: Final = 1 << 18
"""Offsets a partition is remembered for: minutes at full load, a quarter of a megabyte."""
REMEMBERED_ALERTS: Final = 20_000


class SeenOffsets:
    """Offsets of one partition that were counted."""

    def __init__(self, window: int = WINDOW) -> None:
        self._window = window
        self._marks = bytearray(window)
        self._highest = -1

    @property
    def next_offset(self) -> int:
        """The offset after the highest one seen."""
        return self._highest + 1

    def is_first(self, offset: int) -> bool:
        """Mark the offset; tell whether it was not marked before."""
        if offset > self._highest:
            self._forget_between(self._highest + 1, offset)
            self._highest = offset
        elif offset <= self._highest - self._window or self._marks[offset % self._window]:
            return False
        self._marks[offset % self._window] = 1
        return True

    def _forget_between(self, start: int, stop: int) -> None:
        """Clear the places of offsets from `start` up to `stop`, whose marks are a window old."""
        if stop - start >= self._window:
            self._marks = bytearray(self._window)
            return
        for offset in range(start, stop):
            self._marks[offset % self._window] = 0


class SeenAlerts:
    """Ids of the latest alerts."""

    def __init__(self, limit: int = REMEMBERED_ALERTS) -> None:
        self._limit = limit
        self._ids: OrderedDict[str, None] = OrderedDict()

    def is_first(self, alert_id: str) -> bool:
        """Remember the id; tell whether it was not known."""
        if alert_id in self._ids:
            return False
        self._ids[alert_id] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
        return True
