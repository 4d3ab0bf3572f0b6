import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import TrainerSettings
from trainer.scored_topic import ScoredTopic
from trainer.topic_reader import newest
from vigie_runtime import UnavailableError
from vigie_runtime.offsets import OffsetRange

PARTS = st.dictionaries(
    st.integers(0, 20),
    st.builds(lambda start, size: OffsetRange(start, start + size), st.integers(0, 10**9), st.integers(0, 10**7)),
)


@given(held=PARTS, rows=st.integers(1, 10**6))
def test_the_newest_rows_are_shared_by_what_partitions_hold(held: dict[int, OffsetRange], rows: int) -> None:
    wanted = newest(held, rows)

    total = sum(part.records for part in held.values())
    taken = sum(part.records for part in wanted.values())
    assert abs(taken - min(rows, total)) <= len(held)
    for number, part in wanted.items():
        assert part.end == held[number].end
        assert held[number].start <= part.start < part.end


def test_all_is_taken_where_less_is_held() -> None:
    assert newest({0: OffsetRange(5, 8), 1: OffsetRange(0, 2)}, 100) == {0: OffsetRange(5, 8), 1: OffsetRange(0, 2)}


def test_an_empty_partition_is_not_waited_for() -> None:
    assert newest({0: OffsetRange(0, 0), 1: OffsetRange(3, 3)}, 100) == {}


def test_a_missing_broker_is_said_in_one_sentence() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        servers = f"127.0.0.1:{unused.getsockname()[1]}"
        topic = ScoredTopic(TrainerSettings(kafka_bootstrap_servers=servers), ask_seconds=0.2)
        try:
            with pytest.raises(UnavailableError, match="KAFKA_BOOTSTRAP_SERVERS"):
                topic.held()
        finally:
            topic.close()
