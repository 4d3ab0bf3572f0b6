"""When the next transaction is due."""

import time
from collections.abc import Callable

import numpy as np

MAX_DEBT_SECONDS = 1.0


class Arrivals:
    """Arrivals at random around a rate, as of many people who know nothing of each other."""

    def __init__(self, rate: float, rng: np.random.Generator, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._rng = rng
        self._clock = clock
        self._due = clock()

    def next_due(self) -> float:
        """Moment of the next arrival; after a long halt no more than a second is caught up."""
        self._due = max(self._due, self._clock() - MAX_DEBT_SECONDS) + self._rng.exponential() / self._rate
        return self._due


class FilePace:
    """The pace of recorded times, so many times as fast; no speed means without a pause."""

    def __init__(self, speed: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed = speed
        self._clock = clock
        self._begin: tuple[float, int] | None = None

    @property
    def has_no_pauses(self) -> bool:
        """Whether whoever receives decides how fast records leave."""
        return self._speed is None

    def due(self, timestamp_ms: int) -> float:
        """Moment at which a record of that time is due."""
        if self._speed is None:
            return self._clock()
        if self._begin is None:
            self._begin = (self._clock(), timestamp_ms)
        began, first_ms = self._begin
        return began + (timestamp_ms - first_ms) / 1000 / self._speed
