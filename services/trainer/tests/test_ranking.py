"""Ranking figures: known answers, ties by expectation, bounds on anything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.quality.ranking import (
    EvaluatedRows,
    at_budget,
    budget_cut,
    by_scenario,
    flagged_rows,
    flagged_weights,
    ranking,
    recall_by_scenario,
    without_scenario,
)

SHARES = ("precision", "recall", "false_positive_rate", "money_caught_share")
rows_strategy = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=60)


def evaluated(
    labels: list[int] | None, count: int | None = None, scenarios: list[str | None] | None = None
) -> EvaluatedRows:
    count = len(labels) if labels is not None else count or 0
    return EvaluatedRows(
        label=None if labels is None else np.array(labels, dtype=np.int8),
        amount_eur=np.arange(1.0, count + 1),
        scenario=np.array(scenarios or [None] * count, dtype=object),
        account=np.array([f"a{number}" for number in range(count)], dtype=object),
        timestamp_ms=np.arange(count, dtype=np.int64),
    )


def test_flags_the_highest_scores() -> None:
    figures = at_budget(evaluated([1, 0, 1, 0]), np.array([0.9, 0.8, 0.2, 0.1]), 0.5)

    assert figures == {
        "threshold": 0.5,
        "alerts": 2.0,
        "alerts_at_threshold": 2.0,
        "precision": 0.5,
        "recall": 0.5,
        "false_positive_rate": 0.5,
        "true_alerts": 1.0,
        "false_alerts": 1.0,
        "money_caught_eur": 1.0,
        "money_caught_share": 0.25,
    }


def test_tied_scores_at_the_cut_count_by_expectation() -> None:
    # one of three equal rows is flagged, and one of the three is fraud
    figures = at_budget(evaluated([1, 0, 0]), np.array([0.5, 0.5, 0.5]), 1 / 3)

    assert figures["precision"] == pytest.approx(1 / 3)
    assert figures["recall"] == pytest.approx(1 / 3)
    assert figures["false_positive_rate"] == pytest.approx(1 / 3)


@given(rows_strategy, st.floats(0.001, 0.999), st.randoms(use_true_random=False))
def test_no_figure_depends_on_the_order_of_rows(rows: list[tuple[int, int]], budget: float, random) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    given_rows, scores = evaluated([label for label, _ in rows]), np.array([float(score) for _, score in rows])

    straight = ranking(given_rows, scores, [budget])
    shuffled_rows = evaluated([rows[at][0] for at in order])
    shuffled_rows = EvaluatedRows(
        shuffled_rows.label,
        given_rows.amount_eur[order],
        shuffled_rows.scenario,
        shuffled_rows.account,
        shuffled_rows.timestamp_ms,
    )
    shuffled = ranking(shuffled_rows, scores[order], [budget])

    for name in ("roc_auc", "average_precision"):
        assert shuffled[name] == pytest.approx(straight[name])
    (before,), (after,) = straight["at_budget"].values(), shuffled["at_budget"].values()  # pyright: ignore
    for name, value in before.items():
        assert after[name] == pytest.approx(value)


@given(rows_strategy, st.floats(0.001, 0.999))
def test_shares_lie_between_nothing_and_all(rows: list[tuple[int, int]], budget: float) -> None:
    figures = at_budget(evaluated([label for label, _ in rows]), np.array([float(score) for _, score in rows]), budget)

    for name in SHARES:
        assert figures[name] is None or -1e-12 <= float(str(figures[name])) <= 1 + 1e-12


@given(st.lists(st.integers(0, 4), min_size=1, max_size=50), st.data())
def test_chances_add_up_to_the_flagged_rows(scores: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(scores)))

    weights = flagged_weights(np.array(scores, dtype=np.float64), count)

    assert weights.sum() == pytest.approx(count)
    cut = min(score for score, weight in zip(scores, weights, strict=True) if weight > 0)
    assert ((weights > 0) == (np.array(scores) >= cut)).all()


@given(st.lists(st.integers(0, 4) | st.integers(-(10**12), 10**12), min_size=1, max_size=50), st.floats(0.001, 0.999))
def test_a_cut_flags_no_more_rows_than_the_budget_whatever_ties_and_range(scores: list[int], budget: float) -> None:
    values = np.array(scores, dtype=np.float64)

    flagged = int(np.sum(values >= budget_cut(values, budget)))

    assert flagged <= flagged_rows(len(scores), budget)
    assert len(set(scores)) < len(scores) or flagged == flagged_rows(len(scores), budget)


@given(st.integers(1, 10**6), st.floats(1e-6, 0.999))
def test_a_budget_flags_at_least_one_row_and_never_more_than_there_are(rows: int, budget: float) -> None:
    assert 1 <= flagged_rows(rows, budget) <= rows


def test_without_labels_only_threshold_and_alerts_are_known() -> None:
    figures = ranking(evaluated(None, 4), np.array([0.4, 0.3, 0.2, 0.1]), [0.5])

    at = figures["at_budget"]["0.5"]  # pyright: ignore
    assert figures["roc_auc"] is None
    assert figures["average_precision"] is None
    assert (at["threshold"], at["alerts"]) == (0.25, 2.0)
    assert all(at[name] is None for name in SHARES)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_has_no_ranking(label: int) -> None:
    figures = ranking(evaluated([label] * 4), np.array([0.4, 0.3, 0.2, 0.1]), [0.5])

    assert figures["roc_auc"] is None
    assert figures["average_precision"] is None


def test_a_scenario_is_ranked_against_normal_rows_only() -> None:
    rows = evaluated([1, 1, 0, 0], scenarios=["far", "near", None, None])
    scores = np.array([0.9, 0.1, 0.5, 0.4])

    alone, rest = by_scenario(rows, scores, [0.5]), without_scenario(rows, scores, [0.5])

    assert alone["far"]["roc_auc"] == 1.0  # pyright: ignore
    assert alone["near"]["roc_auc"] == 0.0  # pyright: ignore
    assert rest["far"] == alone["near"]


def test_recall_by_scenario_is_of_the_flagged_rows_of_all() -> None:
    rows = evaluated([1, 1, 0, 0], scenarios=["far", "near", None, None])

    recall = recall_by_scenario(rows, np.array([0.9, 0.1, 0.5, 0.4]), [0.25])

    assert recall == {"far": {"fraud": 1.0, "0.25": 1.0}, "near": {"fraud": 1.0, "0.25": 0.0}}
