"""The tables behind the page's curve and slider."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainer.quality.ranking import EvaluatedRows
from vigie_backtest.curves import CURVE_POINTS, WHAT_IF_STEPS, precision_recall_curve, what_if_table

rows_strategy = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 30)), min_size=2, max_size=300)


def evaluated(labels: list[int] | None, count: int) -> EvaluatedRows:
    return EvaluatedRows(
        label=None if labels is None else np.array(labels, dtype=np.int8),
        amount_eur=np.arange(1.0, count + 1),
        scenario=np.array([None] * count, dtype=object),
        account=np.array(["a"] * count, dtype=object),
        timestamp_ms=np.arange(count, dtype=np.int64),
    )


@given(rows_strategy)
def test_each_step_counts_the_rows_at_or_above_its_threshold(rows: list[tuple[int, int]]) -> None:
    labels, scores = [label for label, _ in rows], np.array([score / 31 for _, score in rows])

    table = what_if_table(evaluated(labels, len(rows)), scores, 1.0)

    columns = zip(table["threshold"], table["alerts"], table["caught"], table["money_caught_eur"], strict=True)  # pyright: ignore
    for threshold, alerts, caught, money in columns:
        flagged = scores >= threshold - 1e-5  # thresholds are rounded for the page
        assert alerts == flagged.sum()
        assert caught == np.array(labels)[flagged].sum()
        assert abs(money - (np.arange(1.0, len(rows) + 1) * labels)[flagged].sum()) < 0.01


@given(rows_strategy)
def test_a_curve_is_short_and_rises_in_recall(rows: list[tuple[int, int]]) -> None:
    labels, scores = [label for label, _ in rows], np.array([float(score) for _, score in rows])

    curve = precision_recall_curve(evaluated(labels, len(rows)), scores)

    assert len(curve) <= CURVE_POINTS
    recalls = [recall for recall, _ in curve]
    assert recalls == sorted(recalls)
    assert all(0 < precision <= 1 for _, precision in curve)
    assert bool(curve) == (0 < sum(labels) < len(labels))


def test_a_large_file_gives_a_short_table() -> None:
    scores = np.random.default_rng(5).random(50_000)

    table = what_if_table(evaluated(None, 50_000), scores, 10.0)

    assert len(table["alerts"]) <= WHAT_IF_STEPS  # pyright: ignore
    assert "caught" not in table
