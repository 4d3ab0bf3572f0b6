"""What the detector is compared with: two rules of one line, and a model trained with the labels."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from trainer.quality.ranking import Floats
from vigie_backtest.reading import Transactions
from vigie_backtest.split import Split
from vigie_schemas import FEATURE_NAMES

MIN_OF_A_CLASS = 10
"""Below this a supervised model has nothing to learn from."""


def z_scores(accounts: pd.Series, amounts: pd.Series) -> Floats:
    """(amount - mean of the account's earlier) / their standard deviation, rows in order of time.

    0 until two earlier ones and where those are all the same.
    """
    # measured from the account's first amount: sums of squares of large amounts would lose their small differences
    shifted = amounts - amounts.groupby(accounts, observed=True).transform("first")
    grouped = shifted.groupby(accounts, observed=True)
    count = grouped.cumcount()
    total = grouped.cumsum() - shifted
    squares = (shifted**2).groupby(accounts, observed=True).cumsum() - shifted**2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
        variance = (squares - count * mean**2) / (count - 1)
        # what rounding leaves of a spread that is none
        spread = np.sqrt(variance.where(variance > 1e-9 * (1 + mean**2)))
        scores = (shifted - mean) / spread
    return scores.where(count >= 2).fillna(0.0).to_numpy(dtype=np.float64)


def supervised_scores(
    features: pd.DataFrame, labels: pd.Series, train: NDArray[np.bool_], evaluated: NDArray[np.bool_], seed: int
) -> Floats | None:
    """Probability of fraud for each row of `evaluated` by gradient boosting with labels; None without both classes.

    `features` has one column a feature; `train` and `evaluated` mark its rows.
    """
    known = train & labels.notna().to_numpy()
    truth = labels[known].astype(int)
    if min(int(truth.sum()), int((1 - truth).sum())) < MIN_OF_A_CLASS:
        return None
    # without early stopping: its held-out tenth would hold a handful of frauds
    model = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=100,
        max_leaf_nodes=15,
        l2_regularization=1.0,
        early_stopping=False,  # pyright: ignore[reportArgumentType]  stub knows "auto" only
        random_state=seed,
    )
    model.fit(features[known], truth)
    return np.asarray(model.predict_proba(features[evaluated]), dtype=np.float64)[:, 1]


def other_scores(transactions: Transactions, features: pd.DataFrame, split: Split, seed: int) -> dict[str, Floats]:
    """Scores of the evaluated rows by the baselines and, where labels allow, by the supervised ceiling.

    `features` has the columns of DetectorPath.compute.
    """
    frame = transactions.frame.loc[features.index]
    accepted = transactions.frame.index.isin(features.index)
    train, evaluated = split.train[accepted], split.evaluated[accepted]
    scores = {
        "amount": features["amount_eur"].to_numpy(np.float64)[evaluated],
        "z_score": z_scores(frame["account_id"].cat.codes, pd.Series(features["amount_eur"]))[evaluated],
    }
    ceiling = supervised_scores(features.loc[:, list(FEATURE_NAMES)], pd.Series(frame["label"]), train, evaluated, seed)
    return scores if ceiling is None else scores | {"supervised_ceiling": ceiling}
