"""Counts of a second, each record once, and a record the contract accepts."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.figures.metrics_record import metrics_record
from metrics_sink.figures.tally import MAX_READ_DELAY_US, Tally
from metrics_sink.intake.records import AlertRecord, DeadLetterRecord, LabelRecord, ScoredRecord, VerdictRecord
from metrics_sink.intake.repeats import WINDOW_OFFSETS
from metrics_sink.intake.seconds import ReceivedRecord
from vigie_schemas import Metrics

NOW_MS = 1_780_000_000_000
NOW_US = NOW_MS * 1000
Scored = Callable[..., ScoredRecord]
Alerted = Callable[..., AlertRecord]


def a_tally() -> Tally:
    tally = Tally("transactions", lambda key: None, chance=random.Random(7))
    tally.second = NOW_MS // 1000
    return tally


def count(tally: Tally, record: object, *, written_at_ms: int = NOW_MS, is_live: bool = True) -> None:
    tally.count(ReceivedRecord(record, NOW_US, written_at_ms), is_live)


def close(tally: Tally) -> Metrics:
    return metrics_record(tally.close_second(), "off")


def test_counts_by_kind(scored: Scored, alerted: Alerted) -> None:
    tally = a_tally()
    count(tally, scored(0))
    count(tally, scored(1, score=0.8))
    count(tally, scored(2, score=None))
    count(tally, DeadLetterRecord("transactions", 0, 3, "invalid_amount"))
    count(tally, alerted("t1"))

    metrics, following = close(tally), close(tally)

    assert (metrics.transactions, metrics.scored, metrics.learning, metrics.alerts) == (4, 2, 1, 1)
    assert metrics.dead_letters == {"invalid_amount": 1}
    assert (metrics.alerts_by_severity, metrics.flagged_eur) == ({"high": 1}, 612.5)
    assert metrics.thresholds == {"established_account": 0.6}
    assert metrics.latency is not None
    assert metrics.latency.count == 2, "transactions without a model have no latency"
    assert metrics.latency.p50_ms == pytest.approx(25, rel=0.002)
    assert (metrics.model_version, metrics.threshold_version) == (1, 2)
    assert (following.transactions, following.alerts, following.dead_letters) == (0, 0, {})
    assert (following.transactions_total, following.alerts_total) == (4, 1)


def test_totals_continue_after_a_restart(scored: Scored, alerted: Alerted) -> None:
    before, after = a_tally(), a_tally()
    count(before, scored(0))
    count(before, alerted("t1"))
    before.miss(30)
    assert close(before).missing_total == 30

    after.restore(json.loads(json.dumps(before.state())))
    count(after, scored(0))
    count(after, scored(1))
    metrics = close(after)

    assert (metrics.transactions_total, metrics.alerts_total, metrics.missing_total) == (2, 1, 30)


def test_a_repeat_after_a_crash_changes_nothing(scored: Scored, alerted: Alerted) -> None:
    once, twice = a_tally(), a_tally()

    for tally, times in ((once, 1), (twice, 2)):
        for _ in range(times):
            for offset in (0, 2, 1):  # the detector's tasks do not keep the order of offsets
                count(tally, scored(offset))
                count(tally, scored(offset, partition=1, score=None))
            count(tally, DeadLetterRecord("transactions", 1, 3, "tombstone"))
            count(tally, alerted("t1"))
            count(tally, LabelRecord("t0-0", False, True, "card_testing", 0))

    assert once.close_second() == twice.close_second()
    assert twice.transactions_total == 7


def test_a_tally_that_is_restored_counts_on(scored: Scored, alerted: Alerted) -> None:
    tally, restored = a_tally(), a_tally()
    count(tally, scored(0, score=0.8))
    count(tally, alerted("t0-0"))
    count(tally, LabelRecord("t0-0", False, True, "card_testing", 0))
    tally.close_second()

    restored.restore(tally.state())
    restored.seen_alerts.restore(tally.seen_alerts.take_new())
    count(restored, scored(0, score=0.8))
    count(restored, alerted("t0-0"))
    second = restored.close_second()

    assert (second.traffic.transactions, second.traffic.alerts) == (0, 0)
    assert second.quality["cumulative"].frauds == 1
    assert (second.model_version, second.thresholds) == (1, {"established_account": 0.6})


def test_records_before_the_start_are_known_but_not_counted(scored: Scored, alerted: Alerted) -> None:
    tally = a_tally()
    before = (scored(10, model_version=4), alerted("old"), DeadLetterRecord("transactions", 0, 11, "tombstone"))
    for record in before:
        count(tally, record, is_live=False)

    for record in before:
        count(tally, record)
    metrics = close(tally)

    assert (metrics.transactions, metrics.alerts, metrics.latency) == (0, 0, None)
    assert metrics.model_version == 4
    assert tally.seen.next_offsets() == {0: 12}


def test_versions_are_those_of_the_record_written_last(scored: Scored) -> None:
    tally = a_tally()
    count(tally, scored(5, model_version=3, threshold=0.7), written_at_ms=NOW_MS)
    count(tally, scored(6, partition=1, model_version=2, threshold=0.5), written_at_ms=NOW_MS - 1)
    count(tally, scored(7, score=None), written_at_ms=NOW_MS + 1)

    second = tally.close_second()

    assert (second.model_version, second.models) == (3, 2)
    assert second.thresholds == {"established_account": 0.7}


def test_dead_letters_of_another_topic_are_not_mixed_in() -> None:
    tally = a_tally()
    count(tally, DeadLetterRecord("elsewhere", 0, 5, "tombstone"))

    assert close(tally).transactions == 0
    assert tally.seen.next_offsets() == {}


def test_the_wait_for_the_sink_itself_is_no_latency(scored: Scored) -> None:
    tally = a_tally()
    written_at_ms = NOW_MS - 2 * MAX_READ_DELAY_US // 1000
    count(tally, scored(0, sent_at_us=written_at_ms * 1000 - 30_000), written_at_ms=written_at_ms)

    metrics = close(tally)

    assert metrics.latency is not None
    assert metrics.latency.max_ms == pytest.approx(30, rel=0.002)


def test_canaries_count_in_nothing_but_traffic_and_latency(scored: Scored, alerted: Alerted) -> None:
    tally = a_tally()
    count(tally, scored(0, score=0.9, is_canary=True))
    count(tally, alerted("t0-0", account_id="canary-1"), written_at_ms=NOW_MS + 20)
    count(tally, LabelRecord("t0-0", True, True, "canary", 0))

    second = tally.close_second()
    metrics = metrics_record(second, "off")

    assert (metrics.scored, metrics.alerts, metrics.flagged_eur) == (1, 0, 0)
    assert (metrics.score_points, metrics.score_quantiles, metrics.quality) == ([], {}, {})
    assert second.canary is not None
    assert second.canary.detect_ms == pytest.approx(60)
    assert metrics.canary_flagged_ms_ago == 980


def test_verdicts_of_the_gateway_stand_in_the_record(answered: Callable[..., VerdictRecord]) -> None:
    tally = a_tally()
    count(tally, answered("t1", basis="fallback", fallback_cause="deadline"))

    before, metrics = a_tally(), close(tally)

    assert close(before).gateway is None
    assert metrics.gateway is not None
    assert (metrics.gateway.calls, metrics.gateway.fallbacks) == (1, {"deadline": 1})
    assert Metrics.model_validate_json(metrics.model_dump_json()) == metrics
    assert metrics.transactions == 0


def test_without_canaries_there_are_no_canary_figures(scored: Scored) -> None:
    tally = a_tally()
    count(tally, scored(0))

    assert tally.close_second().canary is None


def test_two_alerts_of_one_millisecond_have_two_times(alerted: Alerted) -> None:
    tally = a_tally()
    count(tally, alerted("a"))
    count(tally, alerted("b"))

    first, second = tally.close_second().alerts

    assert first.at_ns // 1_000_000 == second.at_ns // 1_000_000 == NOW_MS
    assert first.at_ns != second.at_ns


@st.composite
def records(draw: st.DrawFn) -> dict[str, object]:
    return {
        "offset": draw(st.integers(0, WINDOW_OFFSETS - 1)),
        "partition": draw(st.integers(0, 3)),
        "score": draw(st.none() | st.floats(0, 1)),
        "model_version": draw(st.integers(1, 10**6)),
    }


@settings(deadline=None)
@given(seconds=st.lists(records(), max_size=60), read_at_us=st.integers(0, 2**62))
def test_each_published_record_keeps_the_contract(scored: Scored, seconds: list[dict], read_at_us: int) -> None:
    tally = a_tally()
    for values in seconds:
        tally.count(ReceivedRecord(scored(**values), read_at_us, NOW_MS), True)

    published = close(tally).model_dump_json()

    distinct = {(values["partition"], values["offset"]) for values in seconds}
    assert Metrics.model_validate_json(published).transactions == len(distinct)
