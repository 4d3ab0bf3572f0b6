"""From one serving query to the next without a pause and without a repeat: at an offset (docs/adr/0022).

The next query runs beside the old one and writes nothing until it has caught up. Then an offset a moment ahead is
chosen for each partition: the old query writes what lies before it, the next one what follows.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Final, Generic, Protocol, TypeVar

from spark_detector.output_range import OutputRange
from vigie_runtime.offsets import OffsetRange

CAUGHT_UP_SECONDS: Final = 0.1
"""A query is ready when it is behind by no more than what arrives in so long."""
MIN_RECORDS_BEHIND: Final = 20
AHEAD_SECONDS: Final = 0.25
"""How far ahead the offset lies: both queries must know of it before its record arrives."""
MAX_FINISHING_SECONDS: Final = 2.0

Offsets = Mapping[int, int]


class Query(Protocol):
    """What a handover asks of a serving query."""

    begin: dict[int, int]
    output: OutputRange

    @property
    def partitions(self) -> set[int]:
        """Those it reads."""
        ...

    def write(self, output: OutputRange) -> None:
        """Change which offsets it writes output for."""
        ...

    def positions(self) -> dict[int, int]:
        """Next offset it will take in, while it is muted."""
        ...


Serving = TypeVar("Serving", bound=Query)


class Stage(Enum):
    """How far a handover has come."""

    CATCHING_UP = "catching_up"
    FINISHING = "finishing"
    DONE = "done"


class Handover(Generic[Serving]):
    """One handover, moved on by `advance` every few dozen milliseconds."""

    def __init__(
        self,
        old: Serving,
        new: Serving,
        *,
        held: Callable[[], Mapping[int, OffsetRange]],
        written: Callable[[], Offsets],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.old = old
        self.new = new
        self.stage = Stage.CATCHING_UP
        self.at: dict[int, int] = {}
        self._held = held
        self._written = written
        self._clock = clock
        self._begun_at = clock()
        self._first_ends = self._ends()
        self._switched_at = 0.0

    def advance(self) -> Stage:
        """Do what can be done now."""
        if self.stage is Stage.CATCHING_UP and self._has_caught_up():
            self._switch()
        elif self.stage is Stage.FINISHING:
            if self._is_finished():
                self.stage = Stage.DONE
            elif self._clock() - self._switched_at > MAX_FINISHING_SECONDS:
                self._shorten()
        return self.stage

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._clock() - self._begun_at

    def _has_caught_up(self) -> bool:
        ends, positions = self._ends(), self.new.positions()
        behind = sum(max(0, ends[number] - positions[number]) for number in positions if number in ends)
        return behind <= max(MIN_RECORDS_BEHIND, CAUGHT_UP_SECONDS * sum(self._rates(ends).values()))

    def _switch(self) -> None:
        """The next query first: where a record slips in between, it is written twice rather than not at all."""
        ends = self._ends()
        rates = self._rates(ends)
        self.at = {
            number: end + math.ceil(rates[number] * AHEAD_SECONDS)
            for number, end in ends.items()
            if number in self.old.partitions
        }
        self.new.write(OutputRange(begin={**self.new.begin, **self.at}))
        self.old.write(replace(self.old.output, end=self.at))
        self._switched_at = self._clock()
        self.stage = Stage.FINISHING

    def _shorten(self) -> None:
        """The stream has stopped short of the chosen offsets: the next query begins where the stream ends."""
        self.at = {number: min(offset, self._ends().get(number, offset)) for number, offset in self.at.items()}
        self.new.write(OutputRange(begin={**self.new.begin, **self.at}))
        self.old.write(replace(self.old.output, end=self.at))
        self._switched_at = self._clock()

    def _is_finished(self) -> bool:
        written = self._written()
        return all(written.get(number, 0) >= offset for number, offset in self.at.items())

    def _ends(self) -> dict[int, int]:
        """By partition that the next query reads."""
        return {number: held.end for number, held in self._held().items() if number in self.new.partitions}

    def _rates(self, ends: Offsets) -> dict[int, float]:
        seconds = max(self._clock() - self._begun_at, 1e-3)
        return {number: (end - self._first_ends.get(number, end)) / seconds for number, end in ends.items()}
