"""Which second a record belongs to, when a second is over, and the offsets at which the next one begins.

The second of a record is that of its Kafka timestamp, but not before that of the record before it in its partition, and
not one that is closed. So each second is one range of offsets in each partition, whenever it is read: a sink that was
not running counts every record in its own second, and one that was killed continues at a boundary (docs/adr/0013).
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from metrics_sink.intake.records import AlertRecord, DeadLetterRecord, LabelRecord, ScoredRecord, VerdictRecord
from vigie_schemas import DeliveryMetrics

GRACE_MS: Final = 150
"""A second stays open this long after its end, until what was written in it has been read."""
SILENT_PARTITION_TIMEOUT_MS: Final = 5_000
"""A partition that sends nothing for so long, not even that it is at its end, keeps no second open."""
MAX_HELD_RECORDS: Final = 50_000
"""Records read ahead of the open second before the partitions that are ahead are paused."""
RESUME_BELOW_RECORDS: Final = 10_000

Place = tuple[str, int]
"""Topic and partition."""


class ReceivedRecord(NamedTuple):
    """A record as it was read; `record` is None when the message keeps no contract."""

    record: ScoredRecord | DeadLetterRecord | AlertRecord | LabelRecord | VerdictRecord | DeliveryMetrics | None
    read_at_us: int
    written_at_ms: int


@dataclass
class _PartitionClock:
    position: int
    second: int = 0
    last_event_ms: int = 0
    at_end: bool = False
    is_paused: bool = False
    starts: deque[tuple[int, int]] = field(default_factory=deque)
    """Seconds that are not closed, each with its first offset."""


class Seconds:
    """The open seconds: records of the first one are counted, records of later ones are held."""

    def __init__(self, first_open: int) -> None:
        self.first_open = first_open
        self._clocks: dict[Place, _PartitionClock] = {}
        self._held: defaultdict[int, list[ReceivedRecord]] = defaultdict(list)
        self._held_count = 0

    def begin(self, place: Place, offset: int, now_ms: int) -> None:
        """A partition is read from `offset` on."""
        self._clocks[place] = _PartitionClock(offset, last_event_ms=now_ms)

    def is_due_now(self, place: Place, offset: int, arrival: ReceivedRecord, now_ms: int) -> bool:
        """Put the record into its second; True when it is to be counted now, False when it is held."""
        clock = self._clocks[place]
        second = max(min(arrival.written_at_ms, now_ms) // 1000, clock.second, self.first_open)
        if second > clock.second:
            clock.starts.append((second, offset))
            clock.second = second
        clock.position = offset + 1
        clock.last_event_ms = now_ms
        clock.at_end = False
        if second == self.first_open:
            return True
        self._held[second].append(arrival)
        self._held_count += 1
        return False

    def skip(self, place: Place, offset: int, now_ms: int) -> None:
        """Pass a record that belongs to no second, because it is from before the start."""
        clock = self._clocks[place]
        clock.position = offset + 1
        clock.last_event_ms = now_ms

    def reach_end(self, place: Place, now_ms: int) -> None:
        """The partition has no further record now."""
        clock = self._clocks[place]
        clock.at_end = True
        clock.last_event_ms = now_ms

    def is_over(self, now_ms: int) -> bool:
        """Whether the first open second has no more records to come."""
        end_ms = (self.first_open + 1) * 1000
        if now_ms < end_ms + GRACE_MS:
            return False
        return all(clock.second > self.first_open or _is_idle(clock, now_ms) for clock in self._clocks.values())

    def close_first(self) -> tuple[dict[Place, int], list[ReceivedRecord]]:
        """Close the first open second: the offsets at which the next one begins, and the records held for it."""
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
        """Partitions to pause, because they are too far ahead."""
        if self._held_count <= MAX_HELD_RECORDS:
            return []
        ahead = [p for p, clock in self._clocks.items() if clock.second > self.first_open and not clock.is_paused]
        for place in ahead:
            self._clocks[place].is_paused = True
        return ahead

    def to_resume(self, now_ms: int) -> list[Place]:
        """Partitions to resume."""
        if self._held_count >= RESUME_BELOW_RECORDS:
            return []
        waiting = [place for place, clock in self._clocks.items() if clock.is_paused]
        for place in waiting:
            self._clocks[place].is_paused = False
            self._clocks[place].last_event_ms = now_ms
        return waiting


def _is_idle(clock: _PartitionClock, now_ms: int) -> bool:
    return clock.at_end or (not clock.is_paused and now_ms - clock.last_event_ms > SILENT_PARTITION_TIMEOUT_MS)
