"""Which second a record belongs to, when a second is over, and from which offsets one would have to read on after it.

A record's second is that of the time Kafka keeps for it, but never less than that of the record before it in its
partition, nor a second that was closed. So each second is one piece of each partition, whenever it is read: a sink that
was away puts every record where it belongs, and one that was killed reads on at the cut (docs/adr/0013).
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from metrics_sink.intake.records import AlertSight, DeadLetterSight, LabelSight, ScoredSight
from vigie_schemas import DeliveryMetrics

GRACE_MS: Final = 150
"""A second stays open so long after its end: what was written in it takes a moment to be read."""
SILENCE_MS: Final = 5_000
"""A partition nothing is heard of for so long, not even that it is at its end, holds no second open."""
MOST_HELD: Final = 50_000
"""Records read ahead of the open second before the partitions that are ahead have to wait."""
FEW_HELD: Final = 10_000

Place = tuple[str, int]
"""Topic and partition."""


class Arrival(NamedTuple):
    """A record as it was read; None is one that keeps no contract."""

    record: ScoredSight | DeadLetterSight | AlertSight | LabelSight | DeliveryMetrics | None
    read_at_us: int
    written_at_ms: int


@dataclass
class _PartitionClock:
    position: int
    second: int = 0
    heard_ms: int = 0
    at_end: bool = False
    is_paused: bool = False
    starts: deque[tuple[int, int]] = field(default_factory=deque)
    """Seconds not closed yet, each with the first offset that belongs to it."""


class Seconds:
    """The open seconds: the first one is being counted, records of later ones wait."""

    def __init__(self, first_open: int) -> None:
        self.first_open = first_open
        self._clocks: dict[Place, _PartitionClock] = {}
        self._held: defaultdict[int, list[Arrival]] = defaultdict(list)
        self._held_count = 0

    def begin(self, place: Place, offset: int, now_ms: int) -> None:
        """A partition is read from `offset` on."""
        self._clocks[place] = _PartitionClock(offset, heard_ms=now_ms)

    def is_due_now(self, place: Place, offset: int, arrival: Arrival, now_ms: int) -> bool:
        """Give the record its second; True when it is to be counted at once, False when it is held until later."""
        clock = self._clocks[place]
        second = max(min(arrival.written_at_ms, now_ms) // 1000, clock.second, self.first_open)
        if second > clock.second:
            clock.starts.append((second, offset))
            clock.second = second
        clock.position = offset + 1
        clock.heard_ms = now_ms
        clock.at_end = False
        if second == self.first_open:
            return True
        self._held[second].append(arrival)
        self._held_count += 1
        return False

    def skip(self, place: Place, offset: int, now_ms: int) -> None:
        """A record was read that belongs to no second: one from before the start."""
        clock = self._clocks[place]
        clock.position = offset + 1
        clock.heard_ms = now_ms

    def reach_end(self, place: Place, now_ms: int) -> None:
        """The partition holds no further record now."""
        clock = self._clocks[place]
        clock.at_end = True
        clock.heard_ms = now_ms

    def is_over(self, now_ms: int) -> bool:
        """Whether no record of the first open second can come any more."""
        end_ms = (self.first_open + 1) * 1000
        if now_ms < end_ms + GRACE_MS:
            return False
        return all(clock.second > self.first_open or _is_idle(clock, now_ms) for clock in self._clocks.values())

    def close_first(self) -> tuple[dict[Place, int], list[Arrival]]:
        """Open the next second: the offsets it begins at, and the records held for it."""
        offsets: dict[Place, int] = {}
        for place, clock in self._clocks.items():
            while clock.starts and clock.starts[0][0] <= self.first_open:
                clock.starts.popleft()
            offsets[place] = clock.starts[0][1] if clock.starts else clock.position
        self.first_open += 1
        held = self._held.pop(self.first_open, [])
        self._held_count -= len(held)
        return offsets, held

    def to_pause(self) -> list[Place]:
        """Partitions that ran ahead too far, to be read no further for now."""
        if self._held_count <= MOST_HELD:
            return []
        ahead = [p for p, clock in self._clocks.items() if clock.second > self.first_open and not clock.is_paused]
        for place in ahead:
            self._clocks[place].is_paused = True
        return ahead

    def to_resume(self, now_ms: int) -> list[Place]:
        """Partitions that may be read again."""
        if self._held_count >= FEW_HELD:
            return []
        waiting = [place for place, clock in self._clocks.items() if clock.is_paused]
        for place in waiting:
            self._clocks[place].is_paused = False
            self._clocks[place].heard_ms = now_ms
        return waiting


def _is_idle(clock: _PartitionClock, now_ms: int) -> bool:
    return clock.at_end or (not clock.is_paused and now_ms - clock.heard_ms > SILENCE_MS)
