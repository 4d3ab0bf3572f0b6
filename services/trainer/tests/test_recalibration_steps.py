"""How far a threshold moves at once, for any scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.recalibration.steps import alert_share, bounded_step

ONE_SCORE = st.floats(0, 1, exclude_max=True)
SCORES = st.lists(ONE_SCORE, min_size=1, max_size=400)
FEW_DISTINCT = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.9]), min_size=1, max_size=400)
BUDGETS = st.floats(0.002, 0.3)
FACTORS = st.floats(1.1, 3.0)
ROUNDING = 1e-9


@given(st.lists(ONE_SCORE, min_size=1, max_size=400, unique=True), st.floats(0, 1), BUDGETS, FACTORS)
def test_a_step_is_bounded_and_never_passes_the_budget(
    scores: list[float], threshold: float, budget: float, factor: float
) -> None:
    ascending = np.sort(scores)
    row = 1 / len(scores)

    moved = bounded_step(ascending, threshold, budget, factor)

    before, after = alert_share(ascending, threshold), alert_share(ascending, moved)
    assert 0 <= moved <= 1
    if before > budget:
        assert moved >= threshold
        assert after > max(budget, before / factor) - row - ROUNDING
    else:
        assert moved <= threshold
        assert after <= min(budget, max(before * factor, before + row)) + ROUNDING


@given(SCORES | FEW_DISTINCT, st.floats(0, 1), BUDGETS, FACTORS)
def test_ties_never_make_more_alert_than_the_budget_or_than_before(
    scores: list[float], threshold: float, budget: float, factor: float
) -> None:
    ascending = np.sort(scores)

    moved = bounded_step(ascending, threshold, budget, factor)

    after = alert_share(ascending, moved)
    assert 0 <= moved <= 1
    assert after <= max(budget, alert_share(ascending, threshold)) + ROUNDING


@given(SCORES | FEW_DISTINCT, st.floats(0, 1), BUDGETS, FACTORS)
def test_enough_steps_end_within_the_budget_and_stay_there(
    scores: list[float], threshold: float, budget: float, factor: float
) -> None:
    ascending = np.sort(scores)
    for _ in range(100):
        threshold = bounded_step(ascending, threshold, budget, factor)

    assert alert_share(ascending, threshold) <= budget + ROUNDING
    assert bounded_step(ascending, threshold, budget, factor) == threshold


@pytest.mark.parametrize("rows_above", [10, 15])
def test_equal_scores_that_would_exceed_the_budget_are_left_out(rows_above: int) -> None:

    ascending = np.concatenate([np.linspace(0, 0.5, 900), np.full(90, 0.6), np.linspace(0.7, 0.9, rows_above)])

    moved = bounded_step(ascending, 0.55, 0.02, max_factor=20.0)

    assert 0.6 < moved <= 0.7
    assert alert_share(ascending, moved) == pytest.approx(rows_above / len(ascending))


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.999, 1.0])
def test_steps_reach_the_budget_from_anywhere(threshold: float) -> None:
    ascending = np.sort(np.random.default_rng(1).beta(5, 8, 5_000))

    for _ in range(25):
        threshold = bounded_step(ascending, threshold, 0.007, max_factor=1.5)

    assert alert_share(ascending, threshold) == pytest.approx(0.007)
