"""How many calls may wait: as many as are answered in time, found out from how long the answers take.

A fixed number is too small on one machine and too large on another: at a rate the machine cannot carry, what is let in
waits behind all that was let in before it and misses its deadline. So the room shrinks when answers come close to their
deadline and grows with each that does not (additive increase, multiplicative decrease, as TCP does since RFC 5681).
"""

import time
from collections.abc import Callable
from typing import Final

LEAST: Final = 20
NEAR: Final = 0.7
"""Part of the deadline from which an answer is too slow."""
OUTAGE: Final = 5.0
"""An answer after so many deadlines says that something stood still, and nothing of how much can be carried."""
GROWTH: Final = 5.0
"""Calls more for each roomful that was answered in time."""
SHRINK: Final = 0.8
SHRINK_INTERVAL_SECONDS: Final = 0.1
"""Answers that were under way when the room shrank are still slow: they do not count again."""


class Room:
    """For waiting calls; used on the event loop only."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._least = min(LEAST, most)
        self._clock = clock
        self._size = float(most)
        self._shrunk_at = float("-inf")

    @property
    def size(self) -> int:
        """Calls that may wait now."""
        return int(self._size)

    def answered(self, part_of_deadline: float) -> None:
        """An outcome came after this part of its call's deadline, above 1 where it was too late."""
        if part_of_deadline < NEAR:
            self._size = min(self._size + GROWTH / self._size, self._most)
        elif part_of_deadline < OUTAGE and self._clock() - self._shrunk_at >= SHRINK_INTERVAL_SECONDS:
            self._shrunk_at = self._clock()
            self._size = max(self._size * SHRINK, self._least)
