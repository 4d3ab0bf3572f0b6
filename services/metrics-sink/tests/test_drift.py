"""The index is 0 for the same population, grows with a shift, and rests on the serving champion's bins."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.figures.drift import MAX_RECORDS_PER_SECOND, MIN_ROWS, FeatureDrift, psi
from metrics_sink.intake.records import ScoredRecord
from vigie_schemas import FeatureBins

Scored = Callable[..., ScoredRecord]
DECILES = FeatureBins(edges=[number / 10 for number in range(1, 10)], shares=[0.1] * 10)


def a_drift() -> FeatureDrift:
    drift = FeatureDrift()
    drift.compare_with(1, {"amount_log": DECILES})
    return drift


def fill(drift: FeatureDrift, scored: Scored, values: list[float], *, minute: int = 0, version: int = 1) -> None:
    for value in values:
        drift.add(scored(0, model_version=version, features={"amount_log": value}), minute)
        drift.close_second()


def test_the_formula() -> None:
    expected = 0.25 * math.log(0.75 / 0.5) - 0.25 * math.log(0.25 / 0.5)
    assert psi([0.5, 0.5], [75, 25]) == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(any), st.data())
def test_never_negative_and_finite(counts: list[int], data: st.DataObject) -> None:
    weights = [data.draw(st.integers(0, 100)) for _ in counts]
    total = sum(weights) or 1
    index = psi([weight / total for weight in weights], counts)
    assert 0 <= index < math.inf


def test_the_same_population_has_no_drift_and_another_has(scored: Scored) -> None:
    chance = random.Random(3)
    same, moved = a_drift(), a_drift()
    fill(same, scored, [chance.random() for _ in range(3000)])
    fill(moved, scored, [chance.random() ** 3 for _ in range(3000)])

    assert same.figures(0)[0]["amount_log"] < 0.02
    assert moved.figures(0)[0]["amount_log"] > 0.25


def test_few_rows_give_no_index(scored: Scored) -> None:
    drift = a_drift()
    fill(drift, scored, [0.5] * (MIN_ROWS - 1))

    assert drift.figures(0) == ({}, MIN_ROWS - 1)


def test_only_the_last_hour_counts(scored: Scored) -> None:
    drift = a_drift()
    fill(drift, scored, [0.5] * MIN_ROWS, minute=0)
    fill(drift, scored, [0.95] * MIN_ROWS, minute=60)

    figures, rows = drift.figures(60)

    assert rows == MIN_ROWS
    assert figures["amount_log"] == pytest.approx(psi(DECILES.shares, [0] * 9 + [MIN_ROWS]))
    assert drift.take_changes()[0] is None


def test_records_of_another_model_or_without_the_feature_are_left_out(scored: Scored) -> None:
    drift = a_drift()
    fill(drift, scored, [0.5] * MIN_ROWS, version=2)
    drift.add(scored(0, features={}), 0)
    drift.add(scored(0, features={"amount_log": "much"}), 0)

    assert drift.figures(0) == ({}, 0)


def test_a_busy_second_is_sampled(scored: Scored) -> None:
    drift = a_drift()
    for offset in range(5 * MAX_RECORDS_PER_SECOND):
        drift.add(scored(offset, features={"amount_log": 0.5}), 0)

    assert drift.figures(0)[1] == MAX_RECORDS_PER_SECOND


def test_what_is_restored_counts_on(scored: Scored) -> None:
    drift, restored = a_drift(), FeatureDrift()
    fill(drift, scored, [0.5] * MIN_ROWS)
    state = drift.state()
    restored.restore(1, state["bins"], {minute: counts for minute, counts in drift.take_changes().items() if counts})

    assert restored.figures(0) == drift.figures(0)


def test_a_new_champion_starts_over(scored: Scored) -> None:
    drift = a_drift()
    fill(drift, scored, [0.5] * MIN_ROWS)

    drift.compare_with(2, {"amount_log": DECILES})

    assert drift.figures(0) == ({}, 0)
