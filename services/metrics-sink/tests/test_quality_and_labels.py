"""Labels meet decisions, in whatever order they come, and the shares are those of the confusion table."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.figures.labels import MAX_SCENARIOS, OTHER_SCENARIOS, Decision, LabelledDecisions, transaction_key
from metrics_sink.figures.quality import WINDOW_MINUTES, Confusion, QualityCounts, wilson
from metrics_sink.intake.records import LabelRecord, ScoredRecord

Scored = Callable[..., ScoredRecord]


def a_label(name: str, *, is_fraud: bool = True, scenario: str | None = None, trust: int = 0) -> LabelRecord:
    return LabelRecord(name, False, is_fraud, scenario, trust)


def nothing_kept(key: int) -> None:
    return None


def test_wilson_agrees_with_a_published_example() -> None:
    share = wilson(9, 10)  # 0.5958 to 0.9821 (Agresti and Coull 1998's interval for 9 of 10)
    assert share is not None
    assert (share.value, share.low, share.high) == pytest.approx((0.9, 0.5958, 0.9821), abs=1e-4)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_wilson_holds_its_share_and_stays_a_share(hits: int, misses: int) -> None:
    share = wilson(hits, hits + misses)
    if hits + misses == 0:
        assert share is None
    else:
        assert share is not None
        assert 0 <= share.low <= share.value <= share.high <= 1
        assert math.isclose(share.value, hits / (hits + misses))


def test_shares_are_those_of_the_table() -> None:
    quality = Confusion(caught=8, missed=2, false_alerts=1, let_pass=89).quality()

    assert quality.precision is not None
    assert quality.recall is not None
    assert quality.false_positive_rate is not None
    assert quality.precision.value == pytest.approx(8 / 9)
    assert quality.recall.value == pytest.approx(0.8)
    assert quality.false_positive_rate.value == pytest.approx(1 / 90)
    assert (quality.labelled, quality.frauds) == (100, 10)


def test_the_window_ends_and_the_whole_does_not() -> None:
    book = QualityCounts()
    book.add(0, flagged=True, is_fraud=True)
    assert set(book.by_span(WINDOW_MINUTES - 1)) == {"window", "cumulative"}

    assert set(book.by_span(WINDOW_MINUTES)) == {"cumulative"}


@settings(deadline=None)
@given(st.permutations(["decision 1", "decision 2", "label 1", "label 2"]))
def test_the_order_of_labels_and_decisions_does_not_matter(scored: Scored, order: list[str]) -> None:
    labelled = LabelledDecisions(nothing_kept)
    steps = {
        "decision 1": lambda: labelled.decide(scored(1, score=0.9), 0),
        "decision 2": lambda: labelled.decide(scored(2, score=0.1), 0),
        "label 1": lambda: labelled.label(a_label("t0-1", scenario="card_testing"), 0),
        "label 2": lambda: labelled.label(a_label("t0-2", is_fraud=False), 0),
    }

    for step in order:
        steps[step]()

    assert labelled.quality.state()["all"] == [1, 0, 0, 1]
    assert labelled.close_second()["card_testing"].caught_eur == 20.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=8))
def test_the_last_label_of_the_most_trusted_source_counts(scored: Scored, labels: list[tuple[bool, int]]) -> None:
    labelled = LabelledDecisions(nothing_kept)
    labelled.decide(scored(1, score=0.9), 0)

    for is_fraud, trust in labels:
        labelled.label(a_label("t0-1", is_fraud=is_fraud, trust=trust), 0)

    most = max(trust for _, trust in labels)
    last = [is_fraud for is_fraud, trust in labels if trust == most][-1]
    assert labelled.quality.state()["all"] == ([1, 0, 0, 0] if last else [0, 0, 1, 0])


def test_committed_decisions_are_looked_up(scored: Scored) -> None:
    kept = {transaction_key("t0-1"): Decision(True, False, 55.0)}
    labelled = LabelledDecisions(kept.get)

    labelled.label(a_label("t0-1", scenario="mule_account"), 3)
    changes = labelled.take_changes()

    assert changes.decisions == {transaction_key("t0-1"): Decision(True, False, 55.0, True, 0, 3)}
    assert labelled.close_second()["mule_account"].missed_eur == 55.0


def test_a_transaction_without_a_score_has_no_quality(scored: Scored) -> None:
    labelled = LabelledDecisions(nothing_kept)
    labelled.decide(scored(1, score=None), 0)

    labelled.label(a_label("t0-1"), 0)

    assert labelled.quality.by_span(0) == {}


def test_early_labels_are_written_and_removed(scored: Scored) -> None:
    labelled = LabelledDecisions(nothing_kept)
    labelled.label(a_label("t0-1"), 0)
    waiting = labelled.take_changes().early
    labelled.decide(scored(1), 0)

    assert [label is None for label in waiting.values()] == [False]
    assert labelled.take_changes().early == {transaction_key("t0-1"): None}


def test_scenarios_beyond_the_maximum_count_as_other(scored: Scored) -> None:
    labelled = LabelledDecisions(nothing_kept)
    for number in range(200):
        labelled.decide(scored(number, score=0.9), 0)
        labelled.label(a_label(f"t0-{number}", scenario=f"scenario {number}"), 0)

    frauds = labelled.close_second()

    assert len(frauds) == MAX_SCENARIOS + 1
    assert frauds[OTHER_SCENARIOS].caught == 200 - MAX_SCENARIOS
