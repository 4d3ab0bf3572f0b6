"""Counts of a second, each record once, and a record the contract accepts."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_sink.reading import DeadLetterSight, ScoredSight
from metrics_sink.repeats import WINDOW
from metrics_sink.tally import Tally
from vigie_schemas import Metrics

NOW_MS = 1_780_000_000_000
NOW_US = NOW_MS * 1000


def a_tally() -> Tally:
    return Tally("transactions", chance=random.Random(7))


def a_record(
    offset: int, *, partition: int = 0, score: float | None = 0.4, is_anomaly: bool = False, model_version: int = 1
) -> ScoredSight:
    threshold = None if score is None else 0.6
    version = None if score is None else model_version
    return ScoredSight(
        partition, offset, NOW_MS, NOW_US - 25_000, score, threshold, is_anomaly, version, version and version + 1
    )


def count(tally: Tally, record: ScoredSight, *, written_at_ms: int = NOW_MS, is_live: bool = True) -> None:
    tally.count_scored(record, read_at_us=NOW_US, written_at_ms=written_at_ms, is_live=is_live)


def test_counts_by_kind() -> None:
    tally = a_tally()
    count(tally, a_record(0))
    count(tally, a_record(1, is_anomaly=True, score=0.8))
    count(tally, a_record(2, score=None))
    tally.count_dead_letter(DeadLetterSight("transactions", 0, 3, "invalid_amount"), is_live=True)
    tally.count_alert("alert:t1", is_live=True)
    metrics = tally.close_second(NOW_MS)
    assert (metrics.transactions, metrics.scored, metrics.learning, metrics.alerts) == (4, 2, 1, 1)
    assert metrics.dead_letters == {"invalid_amount": 1}
    assert metrics.latency is not None
    assert metrics.latency.count == 2, "a backlog that is only learned from has no latency to speak of"
    assert metrics.latency.p50_ms == pytest.approx(25, rel=0.002)
    assert (metrics.model_version, metrics.threshold_version) == (1, 2)
    following = tally.close_second(NOW_MS + 1000)
    assert (following.transactions, following.alerts, following.dead_letters) == (0, 0, {})
    assert (following.transactions_total, following.alerts_total) == (4, 1)


def test_a_repeat_after_a_crash_changes_nothing() -> None:
    once, twice = a_tally(), a_tally()
    for tally, times in ((once, 1), (twice, 2)):
        for _ in range(times):
            for offset in (0, 2, 1):  # the detector's tasks do not keep the order of offsets
                count(tally, a_record(offset))
                count(tally, a_record(offset, partition=1, score=None))
            tally.count_dead_letter(DeadLetterSight("transactions", 1, 3, "tombstone"), is_live=True)
            tally.count_alert("alert:t1", is_live=True)
    assert once.close_second(NOW_MS) == twice.close_second(NOW_MS)
    assert twice.transactions_total == 7


def test_records_before_the_start_are_known_but_not_counted() -> None:
    tally = a_tally()
    count(tally, a_record(10, model_version=4), is_live=False)
    tally.count_alert("alert:old", is_live=False)
    tally.count_dead_letter(DeadLetterSight("transactions", 0, 11, "tombstone"), is_live=False)
    count(tally, a_record(10))
    tally.count_alert("alert:old", is_live=True)
    tally.count_dead_letter(DeadLetterSight("transactions", 0, 11, "tombstone"), is_live=True)
    metrics = tally.close_second(NOW_MS)
    assert (metrics.transactions, metrics.alerts, metrics.latency) == (0, 0, None)
    assert metrics.model_version == 4
    assert tally.next_offsets() == {0: 12}


def test_versions_are_those_of_the_record_written_last() -> None:
    tally = a_tally()
    count(tally, a_record(5, model_version=3), written_at_ms=NOW_MS)
    count(tally, a_record(6, partition=1, model_version=2), written_at_ms=NOW_MS - 1)
    count(tally, a_record(7, score=None), written_at_ms=NOW_MS + 1)
    assert tally.close_second(NOW_MS).model_version == 3


def test_dead_letters_of_another_topic_are_not_mixed_in() -> None:
    tally = a_tally()
    tally.count_dead_letter(DeadLetterSight("elsewhere", 0, 5, "tombstone"), is_live=True)
    assert tally.close_second(NOW_MS).transactions == 0
    assert tally.next_offsets() == {}


records = st.builds(
    a_record,
    st.integers(0, WINDOW - 1),
    partition=st.integers(0, 3),
    score=st.none() | st.floats(0, 1),
    is_anomaly=st.booleans(),
    model_version=st.integers(1, 10**6),
)


@given(st.lists(records, max_size=60), st.integers(0, 2**62))
def test_each_published_record_keeps_the_contract(seconds: list[ScoredSight], read_at_us: int) -> None:
    tally = a_tally()
    for record in seconds:
        tally.count_scored(record, read_at_us=read_at_us, written_at_ms=NOW_MS, is_live=True)
    published = tally.close_second(NOW_MS).model_dump_json()
    assert Metrics.model_validate_json(published).transactions == len({(r.partition, r.offset) for r in seconds})
