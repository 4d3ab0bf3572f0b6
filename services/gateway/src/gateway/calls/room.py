"""How many calls may be on their way: as many as come back in time, found out from how long they take.

A fixed number is too small on one machine and too large on another: at a rate the machine cannot carry, what is let in
waits behind all that was let in before it and misses its deadline. So the room shrinks when outcomes come close to
their call's deadline and grows with each that does not (additive increase, multiplicative decrease, as TCP does since
RFC 5681). A call that was answered by its fallback takes up room until its outcome comes: the detector still has it
before it.
"""

import time
from collections.abc import Callable
from typing import Final

LEAST: Final = 20
NEAR: Final = 0.7
"""Part of the deadline from which an outcome is too slow."""
GROWTH: Final = 5.0
"""Calls more for each roomful that came in time."""
SHRINK: Final = 0.8
SHRINK_INTERVAL_SECONDS: Final = 0.1
"""Outcomes that were under way when the room shrank are still slow: they do not count again."""
OUTAGE_SECONDS: Final = 0.5
"""Without an outcome for so long, while a call waits, it stands still: that says nothing of what it carries."""
CATCH_UP_SECONDS: Final = 10.0
"""So long after an outage slow outcomes are those of calls that piled up, unless one is in time before."""
FALLS_BEHIND: Final = 1.2
"""An outcome so many times as old as the first after an outage says that the pile grows: that is no catching up."""


class Room:
    """For calls whose outcome is to come; used on the event loop only."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._least = min(LEAST, most)
        self._clock = clock
        self._size = float(most)
        self._shrunk_at = float("-inf")
        self._outcome_at = float("-inf")
        self._catches_up_until = float("-inf")
        self._first_age = 0.0

    @property
    def size(self) -> int:
        """Calls that may be on their way now."""
        return int(self._size)

    def is_full(self, waiting: int, overdue: int, oldest_started: float) -> bool:
        """Whether a further call is to be refused; in an outage callers get their fallback, as long as few wait.

        `oldest_started`: of the calls that are on their way, by the clock; its present time where there are none.
        """
        now = self._clock()
        if self._stood_still_since(oldest_started, now) or now < self._catches_up_until:
            return waiting >= self._most
        return waiting + overdue >= self._size

    def outcome_came(self, started: float, allowed_seconds: float) -> None:
        """For a call that started then, by the clock, and may take so long."""
        now = self._clock()
        if self._stood_still_since(started, now):
            self._catches_up_until, self._first_age = now + CATCH_UP_SECONDS, now - started
        elif now - started > FALLS_BEHIND * self._first_age:
            self._catches_up_until = min(self._catches_up_until, now)
        self._outcome_at = now
        if now - started < NEAR * allowed_seconds:
            self._catches_up_until = now
            self._size = min(self._size + GROWTH / self._size, self._most)
        elif now >= self._catches_up_until and now - self._shrunk_at >= SHRINK_INTERVAL_SECONDS:
            self._shrunk_at = now
            self._size = max(self._size * SHRINK, self._least)

    def _stood_still_since(self, started: float, now: float) -> bool:
        return now - max(self._outcome_at, started) > OUTAGE_SECONDS
