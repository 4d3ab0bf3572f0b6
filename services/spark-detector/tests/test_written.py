from hypothesis import given
from hypothesis import strategies as st

from spark_detector.written import MAX_GAP_SECONDS, TailOfOutputs, Written, WrittenState


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def written(**begin: int) -> Written:
    return Written(WrittenState(next_offsets={int(name[1:]): offset for name, offset in begin.items()}), Clock())


@given(order=st.permutations(range(12)), seen=st.integers(0, 12))
def test_in_whatever_order_outcomes_come_the_first_missing_one_is_the_next(order: list[int], seen: int) -> None:
    follows = written(p0=0)

    for offset in order[:seen]:
        follows.scored(0, offset)

    missing = set(range(13)) - set(order[:seen])
    assert follows.next_offsets() == {0: min(missing)}


@given(order=st.permutations(range(12)), cut=st.integers(0, 12))
def test_what_is_kept_goes_on_as_if_nothing_had_happened(order: list[int], cut: int) -> None:
    before = written(p0=0)
    for offset in order[:cut]:
        before.scored(0, offset, alert_id=f"alert:{offset}" if offset % 3 == 0 else None)

    after = Written(WrittenState.model_validate_json(before.state().model_dump_json()))
    for offset in order[cut:]:
        after.scored(0, offset)
    for offset in range(0, 12, 3):
        after.alerted(f"alert:{offset}")

    assert after.next_offsets() == {0: 12}


def test_an_alert_that_is_not_written_yet_holds_its_transaction_back() -> None:
    follows = written(p0=5)

    follows.scored(0, 5, alert_id="alert:t-5")
    follows.scored(0, 6)
    held_back = follows.next_offsets()
    follows.alerted("alert:t-5")

    assert held_back == {0: 5}
    assert follows.next_offsets() == {0: 7}


def test_an_alert_seen_before_its_transaction_is_not_awaited() -> None:
    follows = written(p0=5)

    follows.alerted("alert:t-5")
    follows.scored(0, 5, alert_id="alert:t-5")

    assert follows.next_offsets() == {0: 6}


def test_partitions_are_followed_each_by_itself() -> None:
    follows = written(p0=0, p1=100)

    follows.scored(1, 100)
    follows.scored(0, 1)

    assert follows.next_offsets() == {0: 0, 1: 101}


def test_a_gap_that_stays_is_no_record() -> None:
    clock = Clock()
    follows = Written(WrittenState(next_offsets={0: 0}), clock)
    follows.scored(0, 0)
    follows.scored(0, 2)  # 1 is a marker that a transactional producer left
    follows.scored(0, 3, alert_id="alert:lost")

    clock.now = MAX_GAP_SECONDS
    before = follows.next_offsets()
    clock.now = MAX_GAP_SECONDS + 1

    assert before == {0: 1}
    assert follows.next_offsets() == {0: 4}


def test_what_kafka_has_deleted_is_not_awaited() -> None:
    follows = written(p0=3)
    follows.scored(0, 10)

    follows.begin({0: 9, 1: 40})
    follows.scored(0, 9)

    assert follows.next_offsets() == {0: 11, 1: 40}


def test_without_anything_kept_the_tail_tells_where_it_stands() -> None:
    tail = TailOfOutputs()
    for offset in (7, 5, 6, 9, 10):
        tail.scored(0, offset)
    tail.scored(1, 3)

    assert tail.continued().next_offsets() == {0: 8, 1: 4}
    assert TailOfOutputs().continued().next_offsets() == {}
