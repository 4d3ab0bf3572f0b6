"""A few answers and no other label: what a person is asked about, round by round, and what is known after that."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainer.logged_features import Floats
from trainer.questions import FIRST_BY_SCORE, QUESTIONS, most_instructive
from trainer.second_stage import fit_trees, unusual_rows


def asked_about(
    forest_scores: Floats, inputs: Floats, learned: pd.DataFrame, answers: int, seed: int
) -> NDArray[np.bool_]:
    """Which rows are asked about, as the trainer asks: the most unusual first, then what the trees doubt most.

    `inputs` are the second stage's, with a row for each one learned from; `learned` has the column label, and of a row
    without one nothing is answered. One element a row.
    """
    labels = learned["label"].to_numpy(np.float64, na_value=np.nan)
    unlabelled, unusual = np.isnan(labels), unusual_rows(forest_scores)
    asked = np.zeros(len(labels), dtype=bool)
    log_odds: Floats | None = None
    while (left := answers - int(asked.sum())) > 0:
        count = min(left, QUESTIONS if log_odds is not None else FIRST_BY_SCORE)
        rows = most_instructive(forest_scores, log_odds, asked | unlabelled, count)
        if not len(rows):
            break
        asked[rows] = True
        known = np.flatnonzero(asked | ~unusual)
        truth = np.where(asked, labels, 0.0)[known]
        if truth.any() and not truth.all():
            log_odds = fit_trees(inputs[known], truth, seed).decision_function(inputs)
    return asked
