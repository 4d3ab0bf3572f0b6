"""Up to which offset the outcome of every transaction is in Kafka: read from the output topics, not assumed.

A checkpoint may cover only what was written, and a query that starts again begins where this ends: so nothing is lost
and, but for what a crash caught between two topics, nothing is written twice (docs/adr/0022).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel

MAX_GAP_SECONDS: Final = 150.0
"""An offset without an outcome for so long has no record: transactional producers leave such offsets. It is longer
than Kafka's own delivery time-out of 120 s, after which the query would have failed."""
MAX_EARLY_ALERTS: Final = 10_000
TAIL_RECORDS: Final = 1_000
"""Read of each output partition where nothing is kept; what was under way at a crash is far less."""


class WrittenState(BaseModel):
    """What `Written` knows, to be kept with a checkpoint: all three by source partition, alerts by their id."""

    next_offsets: dict[int, int]
    ahead: dict[int, list[int]] = {}
    awaited_alerts: dict[str, tuple[int, int]] = {}


@dataclass
class _Partition:
    next_offset: int
    ahead: set[int] = field(default_factory=set)
    moved_at: float = 0.0


class Written:
    """Follows the outcomes; not safe between threads."""

    def __init__(self, state: WrittenState, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._partitions = {
            number: _Partition(offset, set(state.ahead.get(number, [])), clock())
            for number, offset in state.next_offsets.items()
        }
        self._awaited = {name: (*place, clock()) for name, place in state.awaited_alerts.items()}
        self._early: OrderedDict[str, None] = OrderedDict()

    def scored(self, partition: int, offset: int, alert_id: str | None = None) -> None:
        """A scored transaction or a dead letter was written; with an alert's id where that has to follow."""
        self._note(partition, offset)
        if alert_id is not None and self._early.pop(alert_id, self) is self:
            self._awaited[alert_id] = (partition, offset, self._clock())

    def alerted(self, alert_id: str) -> None:
        """An alert was written, before or after its transaction was seen on the other topic."""
        if self._awaited.pop(alert_id, None) is None:
            self._early[alert_id] = None
            while len(self._early) > MAX_EARLY_ALERTS:
                self._early.popitem(last=False)

    def next_offsets(self) -> dict[int, int]:
        """First offset of each source partition whose outcome is not known to be written."""
        self._pass_gaps()
        found = {number: partition.next_offset for number, partition in self._partitions.items()}
        for number, offset, _ in self._awaited.values():
            found[number] = min(found[number], offset)
        return found

    def state(self) -> WrittenState:
        """All that is known, for another `Written` to go on from."""
        return WrittenState(
            next_offsets={number: partition.next_offset for number, partition in self._partitions.items()},
            ahead={number: sorted(partition.ahead) for number, partition in self._partitions.items()},
            awaited_alerts={name: (number, offset) for name, (number, offset, _) in self._awaited.items()},
        )

    def begin(self, offsets: Mapping[int, int]) -> None:
        """Await no outcome before these offsets: partitions were added, or Kafka has deleted what was there."""
        for number, offset in offsets.items():
            partition = self._partitions.setdefault(number, _Partition(offset, moved_at=self._clock()))
            if offset > partition.next_offset:
                partition.next_offset = offset
                partition.ahead = {ahead for ahead in partition.ahead if ahead >= offset}
                self._advance(partition)

    def _note(self, number: int, offset: int) -> None:
        partition = self._partitions.setdefault(number, _Partition(offset, moved_at=self._clock()))
        if offset < partition.next_offset:
            return
        partition.ahead.add(offset)
        self._advance(partition)

    def _advance(self, partition: _Partition) -> None:
        while partition.next_offset in partition.ahead:
            partition.ahead.remove(partition.next_offset)
            partition.next_offset += 1
            partition.moved_at = self._clock()

    def _pass_gaps(self) -> None:
        now = self._clock()
        for partition in self._partitions.values():
            if partition.ahead and now - partition.moved_at > MAX_GAP_SECONDS:
                partition.next_offset = min(partition.ahead)
                self._advance(partition)
        overdue = [name for name, (*_, since) in self._awaited.items() if now - since > MAX_GAP_SECONDS]
        for name in overdue:
            del self._awaited[name]


class TailOfOutputs:
    """The newest outcomes on the output topics, where nothing is kept: on a new disk, or after an upgrade."""

    def __init__(self) -> None:
        self._seen: dict[int, set[int]] = {}

    def scored(self, partition: int, offset: int, alert_id: str | None = None) -> None:
        """A scored transaction or a dead letter was written; whether its alert was is unknown."""
        self._seen.setdefault(partition, set()).add(offset)

    def alerted(self, alert_id: str) -> None:
        """An alert was written."""

    def continued(self) -> Written:
        """What to go on from: the first gap among the newest outcomes, if there is one."""
        newest = {number: sorted(seen)[-TAIL_RECORDS:] for number, seen in self._seen.items()}
        written = Written(WrittenState(next_offsets={number: offsets[0] for number, offsets in newest.items()}))
        for number, offsets in newest.items():
            for offset in offsets:
                written.scored(number, offset)
        return written
