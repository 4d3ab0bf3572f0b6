import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.thresholds import (
    CAUTION,
    MIN_ROWS,
    MIN_TAIL,
    Tie,
    alert_shares,
    feature_bins,
    feature_ranges,
    segment_thresholds,
    share_of_all,
    threshold_within_budget,
)
from vigie_schemas import FEATURE_NAMES, SEGMENT_ESTABLISHED, SEGMENT_NEW

BUDGET = 0.01


TIED = st.sampled_from([0.2, 0.35, 0.5, 0.5 + 1e-16, 0.65, 0.9, 1.0 - 2**-53])
SCORES = st.lists(TIED | st.floats(0, 1, exclude_max=True), min_size=1, max_size=400)
BUDGETS = st.floats(0.0005, 0.4)


@settings(deadline=None)
@given(scores=SCORES, budget=BUDGETS)
def test_the_share_that_is_flagged_never_exceeds_the_budget(scores: list[float], budget: float) -> None:
    found = threshold_within_budget(np.array(scores), budget)

    flagged = int(np.sum(np.array(scores) >= found.threshold))
    assert found.alert_share == flagged / len(scores) <= budget
    assert 0 <= found.threshold <= 1


@settings(deadline=None)
@given(scores=SCORES, budget=BUDGETS)
def test_no_lower_threshold_would_do_and_ties_are_named(scores: list[float], budget: float) -> None:
    ascending = np.sort(scores)

    found = threshold_within_budget(ascending, budget)

    below = ascending[ascending < found.threshold]
    if len(below):
        assert np.mean(ascending >= below[-1]) > budget
    flagged = int(np.sum(ascending >= found.threshold))
    if (flagged + 1) / len(scores) > budget:
        assert found.tie is None
    else:
        assert found.tie is not None
        assert found.tie.score == below[-1]
        assert found.tie.alert_share == np.mean(ascending >= below[-1])


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), budget=st.floats(0.002, 0.2))
def test_each_segment_alerts_within_the_budget(seed: int, budget: float) -> None:
    random = np.random.default_rng(seed)
    established = np.arange(4_000) % 2 == 0
    scores = np.where(established, random.beta(2, 5, 4_000), random.beta(5, 5, 4_000))

    thresholds = segment_thresholds(scores, established, budget)

    for segment, share in alert_shares(scores, established, thresholds).items():
        assert budget - 1 / 2_000 < share <= budget
        assert thresholds[segment].quantile == 1 - share
        assert thresholds[segment].tied_share is None
    assert budget - 1 / 2_000 < share_of_all(scores, established, thresholds) <= budget


def test_many_equal_scores_at_the_top_do_not_alert_where_higher_ones_do() -> None:
    scores = np.concatenate([np.linspace(0, 0.5, 5_400), np.full(4_500, 0.6), np.linspace(0.7, 0.9, 100)])
    established = np.ones(len(scores), dtype=bool)

    level = segment_thresholds(scores, established, 0.01)[SEGMENT_ESTABLISHED]

    assert 0.6 < level.threshold <= 0.7
    assert (level.quantile, level.tied_share) == (0.99, None), "the budget is used up without the equal ones"

    level = segment_thresholds(scores, established, 0.02)[SEGMENT_ESTABLISHED]
    assert 0.6 < level.threshold <= 0.7
    assert (level.quantile, level.tied_share) == (0.99, 0.46)


def test_equal_scores_that_are_the_highest_of_all_do_not_alert_and_a_higher_one_would() -> None:
    scores = np.concatenate([np.linspace(0, 0.5, 5_500), np.full(4_500, 0.6)])

    found = threshold_within_budget(scores, 0.01)

    assert found.alert_share == 0
    assert 0.6 + 1e-9 < found.threshold < 0.601
    assert found.tie == Tie(score=0.6, alert_share=0.45)


@pytest.mark.parametrize("segment_is_new", [True, False])
def test_a_segment_with_too_few_rows_is_scored_by_all_rows_and_more_strictly(segment_is_new: bool) -> None:
    scores = np.random.default_rng(1).random(10_000)
    few = np.arange(10_000) < MIN_ROWS - 1
    small, large = (SEGMENT_NEW, SEGMENT_ESTABLISHED) if segment_is_new else (SEGMENT_ESTABLISHED, SEGMENT_NEW)

    thresholds = segment_thresholds(scores, ~few if segment_is_new else few, BUDGET)

    assert np.mean(scores >= thresholds[small].threshold) == BUDGET / CAUTION
    assert thresholds[small].quantile == 1 - BUDGET / CAUTION
    assert thresholds[small].threshold > thresholds[large].threshold


def test_an_empty_segment_has_a_threshold_and_no_share() -> None:
    scores = np.random.default_rng(2).random(2_000)
    established = np.ones(2_000, dtype=bool)

    thresholds = segment_thresholds(scores, established, BUDGET)

    assert SEGMENT_NEW in thresholds
    assert set(alert_shares(scores, established, thresholds)) == {SEGMENT_ESTABLISHED}


def test_ranges_are_median_and_tail_and_never_touch() -> None:
    matrix = np.zeros((1_000, len(FEATURE_NAMES)))
    matrix[:, 0] = np.arange(1_000)

    ranges = feature_ranges(matrix)

    assert list(ranges) == list(FEATURE_NAMES)
    moving, still = ranges[FEATURE_NAMES[0]], ranges[FEATURE_NAMES[1]]
    assert (moving.usual, moving.tail) == (499.5, np.quantile(matrix[:, 0], 0.99))
    assert (still.usual, still.tail) == (0.0, MIN_TAIL)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), zeros=st.floats(0, 1))
def test_bins_hold_every_row_once_however_many_are_zero(seed: int, zeros: float) -> None:
    random = np.random.default_rng(seed)
    matrix = random.exponential(size=(500, len(FEATURE_NAMES))) * (random.random((500, len(FEATURE_NAMES))) >= zeros)

    for column, bins in enumerate(feature_bins(matrix).values()):
        assert bins.edges == sorted(set(bins.edges))
        assert len(bins.shares) == len(bins.edges) + 1
        assert sum(bins.shares) == pytest.approx(1)
        assert bins.shares[0] == pytest.approx(np.mean(matrix[:, column] <= bins.edges[0]))
