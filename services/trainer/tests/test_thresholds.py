import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.thresholds import (
    CAUTION,
    FEWEST_ROWS,
    LEAST_TAIL,
    alert_shares,
    feature_bins,
    feature_ranges,
    segment_thresholds,
    share_of_all,
)
from vigie_schemas import FEATURE_NAMES, SEGMENT_ESTABLISHED, SEGMENT_NEW

BUDGET = 0.01


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), budget=st.floats(0.002, 0.2))
def test_each_segment_alerts_within_the_budget(seed: int, budget: float) -> None:
    random = np.random.default_rng(seed)
    established = np.arange(4_000) % 2 == 0
    scores = np.where(established, random.beta(2, 5, 4_000), random.beta(5, 5, 4_000))

    thresholds = segment_thresholds(scores, established, budget)

    for share in alert_shares(scores, established, thresholds).values():
        assert share == pytest.approx(budget, abs=1 / 2_000)
    assert share_of_all(scores, established, thresholds) == pytest.approx(budget, abs=1 / 2_000)
    assert thresholds[SEGMENT_NEW].quantile == 1 - budget


@pytest.mark.parametrize("segment_is_new", [True, False])
def test_a_segment_with_too_few_rows_is_judged_by_all_rows_and_more_strictly(segment_is_new: bool) -> None:
    scores = np.random.default_rng(1).random(10_000)
    few = np.arange(10_000) < FEWEST_ROWS - 1
    small, large = (SEGMENT_NEW, SEGMENT_ESTABLISHED) if segment_is_new else (SEGMENT_ESTABLISHED, SEGMENT_NEW)

    thresholds = segment_thresholds(scores, ~few if segment_is_new else few, BUDGET)

    assert thresholds[small].quantile == 1 - BUDGET / CAUTION
    assert thresholds[small].threshold == np.quantile(scores, 1 - BUDGET / CAUTION)
    assert thresholds[small].threshold > thresholds[large].threshold


def test_a_segment_nobody_is_in_has_a_threshold_and_no_share() -> None:
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
    assert (still.usual, still.tail) == (0.0, LEAST_TAIL)


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
