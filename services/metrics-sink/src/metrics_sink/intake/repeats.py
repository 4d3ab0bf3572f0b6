"""Which records were counted before: a detector that restarts from its checkpoint writes some of them again.

A record is recognised by its partition and offset in the transactions topic. The detector spreads accounts over tasks,
so the records of one partition come out of order within a batch, and dropping all below the highest offset would lose
some. Therefore a window of offsets below the highest one is marked; what is older than the window counts as a repeat.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from vigie_runtime.topic_descriptions import is_another_topic

WINDOW_OFFSETS: Final = 1 << 18
"""Offsets that are marked in each partition: minutes at full load, a quarter of a megabyte."""
MAX_REMEMBERED_ALERTS: Final = 20_000
MAX_REMEMBERED_VERDICTS: Final = 50_000
"""Those of most of a minute at a thousand a second: a repeat follows within seconds."""


class SeenOffsets:
    """Offsets of one partition that were counted."""

    def __init__(self, window: int = WINDOW_OFFSETS) -> None:
        self._window = window
        self._marks = bytearray(window)
        self._highest = -1

    @property
    def next_offset(self) -> int:
        """The offset after the highest one seen."""
        return self._highest + 1

    def is_first(self, offset: int) -> bool:
        """Mark the offset; whether it was not marked before."""
        if offset > self._highest:
            self._clear(self._highest + 1, offset)
            self._highest = offset
        elif offset <= self._highest - self._window or self._marks[offset % self._window]:
            return False
        self._marks[offset % self._window] = 1
        return True

    def ranges(self) -> list[tuple[int, int]]:
        """The marked offsets as pairs of first and last, ascending: few, because most are consecutive."""
        oldest = self._highest - self._window + 1
        turn = oldest % self._window
        marks = self._marks[turn:] + self._marks[:turn]
        found: list[tuple[int, int]] = []
        begin = marks.find(1)
        while begin >= 0:
            end = marks.find(0, begin)
            end = self._window if end < 0 else end
            found.append((oldest + begin, oldest + end - 1))
            begin = marks.find(1, end)
        return found

    def restore(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Mark what `ranges` returned."""
        for first, last in ranges:
            self._clear(self._highest + 1, last + 1)
            self._highest = last
            for offset in range(max(first, last - self._window + 1), last + 1):
                self._marks[offset % self._window] = 1

    def _clear(self, start: int, stop: int) -> None:
        """Remove the marks of offsets that are a window older than `start` to `stop`."""
        if stop - start >= self._window:
            self._marks = bytearray(self._window)
            return
        for offset in range(start, stop):
            self._marks[offset % self._window] = 0


class SeenTransactions:
    """Which transactions the detector finished, by partition and offset in their topic."""

    def __init__(self) -> None:
        self._partitions: defaultdict[int, SeenOffsets] = defaultdict(SeenOffsets)
        self.topic_id = ""
        """Of the topic that these offsets are of; empty if not known."""

    def is_first(self, partition: int, offset: int) -> bool:
        """Mark the transaction; whether it was not marked before."""
        return self._partitions[partition].is_first(offset)

    def next_offsets(self) -> dict[int, int]:
        """By partition, the offset after the highest one that was finished."""
        return {partition: seen.next_offset for partition, seen in self._partitions.items()}

    def pass_over(self, partition: int, offset: int) -> None:
        """Await nothing before the offset: Kafka has deleted what was there."""
        self._partitions[partition].is_first(offset - 1)

    def start_over(self, partition: int) -> None:
        """Forget a partition whose offsets began again, because its topic was deleted and created again."""
        self._partitions.pop(partition, None)

    def start_over_in(self, topic_id: str) -> bool:
        """Note the topic's id; forget all partitions, and say so, where it was that of another topic."""
        is_another = is_another_topic(self.topic_id, topic_id)
        if is_another:
            self._partitions.clear()
        self.topic_id = topic_id or self.topic_id
        return is_another

    def state(self) -> dict[str, list[tuple[int, int]]]:
        """What `restore` takes."""
        return {str(partition): seen.ranges() for partition, seen in self._partitions.items()}

    def restore(self, state: Mapping[str, Iterable[tuple[int, int]]], *, topic_id: str) -> None:
        """Continue from a kept state."""
        self.topic_id = topic_id
        for partition, ranges in state.items():
            self._partitions[int(partition)].restore(ranges)


class SeenIds:
    """Ids of the latest records of a topic, `limit` at most."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._new: list[str] = []

    def is_first(self, name: str) -> bool:
        """Keep the id; whether it was not known before."""
        if name in self._ids:
            return False
        self._keep(name)
        self._new.append(name)
        return True

    def restore(self, names: Iterable[str]) -> None:
        """Continue from kept ids, oldest first."""
        for name in names:
            self._keep(name)

    def take_new(self) -> list[str]:
        """Ids that are new since the last call."""
        new, self._new = self._new, []
        return new

    def _keep(self, name: str) -> None:
        self._ids[name] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
