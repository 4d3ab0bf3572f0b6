"""Intervals and resampled rankings against scikit-learn, and against rows that are really repeated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score

from trainer.quality.intervals import RankedFrauds, difference_interval, share_interval
from trainer.quality.ranking import flagged_rows, flagged_weights

SCORES = hnp.arrays(np.float64, st.integers(2, 60), elements=st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]))


def frauds_of(scores: np.ndarray, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).random(len(scores)) < 0.4
    found[0], found[-1] = True, False
    return found


@given(SCORES, st.integers(0, 99))
def test_average_precision_is_scikit_learns(scores: np.ndarray, seed: int) -> None:
    is_fraud = frauds_of(scores, seed)

    mine = RankedFrauds(is_fraud, scores).average_precision(np.ones(len(scores)))

    assert mine == pytest.approx(average_precision_score(is_fraud, scores))


@given(SCORES, st.integers(0, 99))
def test_a_weight_is_a_number_of_repeats(scores: np.ndarray, seed: int) -> None:
    is_fraud = frauds_of(scores, seed)
    weights = np.random.default_rng(seed + 1).integers(0, 4, len(scores))
    weights[0] = 1  # a fraud at least
    again = np.repeat(np.arange(len(scores)), weights)

    ranked, repeated = RankedFrauds(is_fraud, scores), RankedFrauds(is_fraud[again], scores[again])

    even = np.ones(len(again))
    assert ranked.average_precision(weights.astype(float)) == pytest.approx(repeated.average_precision(even))
    assert ranked.precision_at(0.2, weights.astype(float)) == pytest.approx(repeated.precision_at(0.2, even))


@given(SCORES, st.integers(0, 99), st.sampled_from([0.1, 0.25, 0.5]))
def test_precision_at_a_share_is_the_reports(scores: np.ndarray, seed: int, share: float) -> None:
    scores = np.tile(scores, 20)  # so that the share is a whole number of rows
    is_fraud = frauds_of(scores, seed)
    count = flagged_rows(len(scores), share)

    mine = RankedFrauds(is_fraud, scores).precision_at(share, np.ones(len(scores)))

    assert mine == pytest.approx(float(flagged_weights(scores, count) @ is_fraud) / count)


@pytest.mark.parametrize(("count", "rows"), [(0, 100), (3, 100), (100, 100), (50, 5_000)])
def test_a_share_lies_in_its_interval(count: int, rows: int) -> None:
    found = share_interval(count, rows)

    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low < 4 / np.sqrt(rows)


def test_of_no_rows_nothing_is_known() -> None:
    assert share_interval(0, 0) == (0, 0, 1)


def test_a_better_ranking_is_surely_better_with_enough_frauds() -> None:
    random = np.random.default_rng(1)
    is_fraud = random.random(4_000) < 0.05
    good, bad = is_fraud + random.normal(0, 0.5, 4_000), is_fraud + random.normal(0, 3.0, 4_000)

    found = difference_interval(RankedFrauds(is_fraud, good), RankedFrauds(is_fraud, bad), 4_000, None, seed=7)
    same = difference_interval(RankedFrauds(is_fraud, good), RankedFrauds(is_fraud, good), 4_000, 0.05, seed=7)

    assert 0 < found.low < found.value < found.high
    assert same == (0, 0, 0)
