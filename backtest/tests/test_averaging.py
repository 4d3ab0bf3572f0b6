"""Mean and spread keep the layout."""

import pytest

from vigie_backtest.averaging import flat, mean_of, spread_of

SEEDS = [
    {"auc": 0.6, "at": {"0.01": {"recall": 0.2, "hours": None}}, "list": [1]},
    {"auc": 0.8, "at": {"0.01": {"recall": 0.4, "hours": 2.0}}, "list": [2]},
]


def test_averages_numbers_at_every_depth() -> None:
    mean = mean_of(SEEDS)

    assert mean == {"auc": pytest.approx(0.7), "at": {"0.01": {"recall": pytest.approx(0.3), "hours": None}}}


def test_spread_is_the_sample_deviation_and_unknown_for_one_seed() -> None:
    assert spread_of(SEEDS)["auc"] == pytest.approx(0.1414, abs=1e-4)
    assert spread_of(SEEDS[:1])["auc"] is None


def test_flat_names_say_the_way_and_leave_out_what_is_unknown() -> None:
    assert flat(SEEDS[0]) == {"auc": 0.6, "at/0.01/recall": 0.2}
