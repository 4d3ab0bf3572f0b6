from hypothesis import given
from hypothesis import strategies as st

from spark_detector.handover import AHEAD_SECONDS, MAX_FINISHING_SECONDS, Handover, Stage
from spark_detector.output_range import MUTED, OutputRange
from vigie_runtime.offsets import OffsetRange


class QueryInMemory:
    """Reads and writes what a test gives it."""

    def __init__(self, begin: dict[int, int], output: OutputRange = MUTED) -> None:
        self.begin = begin
        self.output = output
        self.at = dict(begin)

    @property
    def partitions(self) -> set[int]:
        return set(self.begin)

    def write(self, output: OutputRange) -> None:
        self.output = output

    def positions(self) -> dict[int, int]:
        return self.at

    def writes(self, partition: int, offset: int) -> bool:
        begin, end = self.output.begin.get(partition), self.output.end.get(partition)
        return begin is not None and offset >= begin and (end is None or offset < end)


class Stream:
    """Two queries, a topic and what was written of it."""

    def __init__(self, *, ends: dict[int, int], new_begin: dict[int, int], old_begin: dict[int, int]) -> None:
        self.now = 0.0
        self.ends = ends
        self.written = dict(ends)
        self.old = QueryInMemory(old_begin, OutputRange(begin=old_begin))
        added = {number: offset for number, offset in new_begin.items() if number not in old_begin}
        self.new = QueryInMemory(new_begin, OutputRange(begin=added))
        self.handover = Handover(
            self.old,
            self.new,
            held=lambda: {number: OffsetRange(0, end) for number, end in self.ends.items()},
            written=lambda: self.written,
            clock=lambda: self.now,
        )

    def arrive(self, partition: int, count: int) -> list[tuple[bool, bool]]:
        """So many records come; who wrote each, the old query and the new one."""
        first = self.ends[partition]
        self.ends[partition] += count
        self.written[partition] += count
        self.new.at[partition] = self.ends[partition]
        return [
            (self.old.writes(partition, offset), self.new.writes(partition, offset))
            for offset in range(first, first + count)
        ]


def a_stream() -> Stream:
    return Stream(ends={0: 100, 1: 50}, new_begin={0: 90, 1: 50}, old_begin={0: 0, 1: 0})


def test_a_query_that_is_behind_writes_nothing() -> None:
    stream = a_stream()
    stream.new.at = {0: 10, 1: 50}

    assert stream.handover.advance() is Stage.CATCHING_UP
    assert stream.new.output == MUTED
    assert stream.old.output.end == {}


def test_under_little_traffic_it_waits_until_the_new_query_runs() -> None:
    stream = a_stream()
    stream.new.at = {0: 100, 1: 50}
    stream.now = 1.0
    stream.arrive(0, 3)
    stream.new.at = {0: 100, 1: 50}  # three records came and none was read: its tasks are not there yet

    before = stream.handover.advance()
    stream.new.at = {0: 103, 1: 50}

    assert before is Stage.CATCHING_UP
    assert stream.handover.advance() is Stage.FINISHING


@given(arrivals=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 40)), min_size=20, max_size=60))
def test_each_record_is_written_by_exactly_one_query(arrivals: list[tuple[int, int]]) -> None:
    stream = a_stream()
    writers: dict[int, list[tuple[bool, bool]]] = {0: [], 1: []}

    for partition, count in arrivals:
        stream.now += 0.02
        writers[partition] += stream.arrive(partition, count)
        stream.handover.advance()

    assert stream.handover.stage is not Stage.CATCHING_UP
    for of_partition in writers.values():
        assert all(old != new for old, new in of_partition)
        by_new = [new for _, new in of_partition]
        assert by_new == sorted(by_new), "once the new query writes, the old one does not again"


def test_the_old_query_ends_when_all_before_the_offset_is_written() -> None:
    stream = a_stream()
    stream.now = 1.0
    stream.arrive(0, 1000)
    stream.handover.advance()
    at = dict(stream.handover.at)

    before = stream.handover.advance()
    stream.arrive(0, at[0] - stream.ends[0])

    assert at == {0: 1100 + 1000 * AHEAD_SECONDS, 1: 50}
    assert before is Stage.FINISHING
    assert stream.handover.advance() is Stage.DONE


def test_without_traffic_it_is_over_at_once() -> None:
    stream = a_stream()
    stream.new.at = {0: 100, 1: 50}

    assert [stream.handover.advance(), stream.handover.advance()] == [Stage.FINISHING, Stage.DONE]


def test_a_stream_that_stops_before_the_offset_does_not_hold_it_up() -> None:
    stream = a_stream()
    stream.now = 1.0
    stream.arrive(0, 1000)
    stream.handover.advance()
    stream.now += MAX_FINISHING_SECONDS + 0.1

    stages = [stream.handover.advance(), stream.handover.advance()]

    assert stages == [Stage.FINISHING, Stage.DONE]
    assert stream.arrive(0, 1) == [(False, True)]


def test_of_an_added_partition_the_new_query_writes_everything() -> None:
    stream = Stream(ends={0: 100, 1: 50, 2: 8}, new_begin={0: 90, 1: 50, 2: 0}, old_begin={0: 0, 1: 0})
    before = stream.new.writes(2, 0)
    stream.new.at = {0: 100, 1: 50, 2: 0}  # where it writes, it notes no position

    stage = stream.handover.advance()

    assert stage is Stage.FINISHING
    assert before, "no other query reads it"
    assert stream.new.writes(2, 0)
    assert 2 not in stream.handover.at
