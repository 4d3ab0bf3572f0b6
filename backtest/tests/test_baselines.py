"""The z-score looks back only; the ceiling learns from the train part only."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_backtest.baselines import supervised_scores, z_scores


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.floats(0.01, 1e6).map(lambda amount: round(amount, 2))), max_size=40
    )
)
def test_z_scores_are_what_each_account_s_earlier_amounts_say(rows: list[tuple[str, float]]) -> None:
    accounts, amounts = pd.Series([a for a, _ in rows], dtype=object), pd.Series([m for _, m in rows], dtype=float)

    found = z_scores(accounts, amounts)

    for position, (account, amount) in enumerate(rows):
        earlier = [m for a, m in rows[:position] if a == account]
        if len(earlier) < 2 or len(set(earlier)) == 1:
            assert found[position] == pytest.approx(0.0, abs=1e-9)
        elif np.std(earlier, ddof=1) > 1e-3 * max(earlier):  # below, rounding decides
            expected = (amount - np.mean(earlier)) / np.std(earlier, ddof=1)
            assert found[position] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_the_ceiling_learns_from_the_train_part_and_scores_the_rest() -> None:
    random = np.random.default_rng(3)
    features = pd.DataFrame({"signal": random.random(600), "noise": random.random(600)})
    labels = pd.Series((features["signal"] > 0.8).astype(float))
    train = np.arange(600) < 400

    scores = supervised_scores(features, labels, train, ~train, seed=1)

    assert scores is not None
    truth = labels[~train].to_numpy() == 1
    assert len(scores) == 200
    assert scores[truth].min() > scores[~truth].max()


def test_no_ceiling_without_enough_labelled_fraud_to_learn_from() -> None:
    features = pd.DataFrame({"signal": np.arange(100.0)})
    train = np.arange(100) < 50

    assert supervised_scores(features, pd.Series(np.zeros(100)), train, ~train, seed=1) is None
    assert supervised_scores(features, pd.Series(np.full(100, np.nan)), train, ~train, seed=1) is None
