"""Which transactions a person should answer next: few answers teach most where they are chosen (docs/adr/0031)."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import Floats
from trainer.second_stage import unusual_rows
from trainer.trained import Trained
from vigie_schemas import Label

FIRST_BY_SCORE: Final = 50
"""Answers until the forest's order is asked in: trees learned from fewer doubt everything alike."""
QUESTIONS: Final = 25
RANDOM_SAMPLE: Final = "random sample"
RANDOM_QUESTIONS: Final = 5
"""Beside them, of the rows that did not alert: without these no one learns what was missed."""

Rows = NDArray[np.intp]


def most_instructive(forest_scores: Floats, log_odds: Floats | None, answered: NDArray[np.bool_], count: int) -> Rows:
    """Up to `count` of the forest's most unusual rows without an answer: those that the learned trees doubt most.

    Each array has an element a row; without `log_odds`, or with few answers, they are the most unusual.
    """
    left = np.flatnonzero(unusual_rows(forest_scores) & ~answered)
    if log_odds is None or answered.sum() < FIRST_BY_SCORE:
        return left[np.argsort(-forest_scores[left], kind="stable")[:count]]
    return left[np.argsort(np.abs(log_odds[left]), kind="stable")[:count]]


def questions_of(trained: Trained, labels: Mapping[str, Label], seed: int) -> dict[str, str]:
    """Why each transaction is asked about, by its name: in the order in which they are best answered."""
    logged = trained.logged
    answered = np.array([name in labels for name in logged.transaction_ids], dtype=bool)
    odds = trained.second_stage.log_odds if trained.second_stage else None
    asked = most_instructive(trained.forest_scores, odds, answered, QUESTIONS - RANDOM_QUESTIONS)
    quiet = np.flatnonzero(~trained.alerts & ~answered & ~np.isin(np.arange(logged.rows), asked))
    random = np.random.default_rng(seed)
    sample = random.choice(quiet, min(RANDOM_QUESTIONS, len(quiet)), replace=False)
    why = "doubtful" if odds is not None and answered.sum() >= FIRST_BY_SCORE else "unusual"
    return {logged.transaction_ids[row]: why for row in asked} | {
        logged.transaction_ids[row]: RANDOM_SAMPLE for row in sample
    }
