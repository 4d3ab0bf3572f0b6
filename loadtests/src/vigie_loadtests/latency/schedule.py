"""When each transaction is meant to be sent: latency counts from here, so that a sender that stalls hides no stall."""

import itertools
import time
from collections.abc import Callable, Iterator


class Schedule:
    """Moments one after the other at a steady rate, from the first call on, whether or not the sender keeps up."""

    def __init__(self, rate: float, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._interval_ns = 1e9 / rate
        self._clock_ns = clock_ns
        self._begun_ns: int | None = None
        self._numbers: Iterator[int] = itertools.count()

    def next(self) -> tuple[int, int]:
        """Number of the next transaction and the moment it is due, in ns since the epoch."""
        if self._begun_ns is None:
            self._begun_ns = self._clock_ns()
        number = next(self._numbers)
        return number, self._begun_ns + round(number * self._interval_ns)

    def seconds_until(self, due_ns: int) -> float:
        """How long to wait for a moment; 0 where it has passed."""
        return max(0.0, (due_ns - self._clock_ns()) / 1e9)
