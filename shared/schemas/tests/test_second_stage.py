"""How a forest's score and log-odds become one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_schemas import FEATURE_NAMES, FREE_INPUTS, SECOND_STAGE_INPUTS, combined_score

SCORES = st.floats(1e-6, 1 - 1e-6)
LOG_ODDS = st.floats(-30, 30)
WEIGHTS = st.floats(0, 0.95)
OFFSETS = st.floats(-5, 5)
SCALES = st.floats(0.01, 2)


@given(SCORES, LOG_ODDS, OFFSETS, SCALES)
def test_without_weight_the_forest_s_score_stands(score: float, log_odds: float, offset: float, scale: float) -> None:
    assert combined_score(score, log_odds, weight=0.0, offset=offset, scale=scale) == pytest.approx(score, abs=1e-12)


@given(SCORES, LOG_ODDS, WEIGHTS, OFFSETS, SCALES)
def test_it_is_the_logistic_of_the_weighted_logits(
    score: float, log_odds: float, weight: float, offset: float, scale: float
) -> None:
    logit = (1 - weight) * math.log(score / (1 - score)) + weight * (offset + scale * log_odds)
    found = combined_score(score, log_odds, weight=weight, offset=offset, scale=scale)

    assert found == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-12)
    assert 0 <= found <= 1


@given(st.tuples(SCORES, SCORES), st.tuples(LOG_ODDS, LOG_ODDS), WEIGHTS, OFFSETS, SCALES)
def test_it_falls_with_neither(
    scores: tuple[float, float], log_odds: tuple[float, float], weight: float, offset: float, scale: float
) -> None:
    lower, higher = (
        combined_score(choose(scores), choose(log_odds), weight=weight, offset=offset, scale=scale)
        for choose in (min, max)
    )
    assert lower <= higher + 1e-15


def test_arrays_are_taken_as_numbers_are() -> None:
    scores, log_odds = np.array([0.4, 0.6]), np.array([-2.0, 3.0])

    found = combined_score(scores, log_odds, weight=0.5, offset=0.1, scale=0.2)

    assert found.tolist() == [
        combined_score(score, odds, weight=0.5, offset=0.1, scale=0.2)
        for score, odds in zip(scores.tolist(), log_odds.tolist(), strict=True)
    ]


def test_the_inputs_are_the_features_and_the_hour() -> None:
    assert SECOND_STAGE_INPUTS[: len(FEATURE_NAMES)] == FEATURE_NAMES
    assert set(FREE_INPUTS) < set(SECOND_STAGE_INPUTS)
