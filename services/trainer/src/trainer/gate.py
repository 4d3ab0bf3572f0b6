"""What a forest must pass before it may become champion."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.ensemble import IsolationForest

from trainer.errors import TrainingError
from trainer.forest import unusualness
from trainer.layout_walker import LayoutForest
from trainer.logged_features import Floats
from trainer.second_stage import LearnedSecondStage

SAMPLE_ROWS = 2_000
CLOSE = 1e-9
BUDGET_FACTOR = 2.0
HOW_TO_MEND = "Check that the installed scikit-learn is the locked one."


def require_same_scores(forest: IsolationForest, folder: Path, matrix: Floats) -> float:
    """Largest difference between the written and the fitted forest's scores over the matrix, shape (rows, features).

    Raises TrainingError when it is more than rounding.
    """
    sample = matrix[:: -(-len(matrix) // SAMPLE_ROWS)]
    samples_per_tree = int(forest.max_samples_)
    return _require_same(
        "forest", lambda: LayoutForest(folder).scores(sample, samples_per_tree), unusualness(forest, sample)
    )


def require_same_log_odds(second_stage: LearnedSecondStage, folder: Path) -> float:
    """The same for the second stage's log-odds over the rows it was learned from."""
    sample = second_stage.inputs[:: -(-len(second_stage.inputs) // SAMPLE_ROWS)]
    learned = np.asarray(second_stage.model.decision_function(sample), dtype=np.float64)
    return _require_same("second stage", lambda: LayoutForest(folder).means(sample), learned)


def _require_same(what: str, walk: Callable[[], Floats], learned: Floats) -> float:
    try:
        written = walk()
    except (LookupError, ValueError) as error:  # a tree without all its nodes
        raise TrainingError(
            f"The {what} written for Spark cannot be walked ({error}): the champion stays. {HOW_TO_MEND}"
        ) from error
    difference = float(np.abs(written - learned).max())
    if not difference <= CLOSE:
        raise TrainingError(
            f"The {what} written for Spark scores up to {difference:.3g} apart from the one that was learned: "
            f"the champion stays. {HOW_TO_MEND}"
        )
    return difference


def require_different_scores(scores: Floats) -> None:
    """Raise TrainingError when the forest tells no row from another."""
    if scores.min() == scores.max():
        raise TrainingError(
            "All training rows share one score: the champion stays. Their features are all alike; look at what the "
            "detector logs, or train when more different transactions have been scored."
        )


def require_budget(share: float, alert_budget: float, *, are_ties_left_out: bool) -> None:
    """Raise TrainingError when far more or fewer rows would alert than the budget says.

    Fewer are right where equal scores, which alert together or not at all, would exceed the budget.
    """
    too_few = share < alert_budget / BUDGET_FACTOR and not are_ties_left_out
    if too_few or share > alert_budget * BUDGET_FACTOR:
        raise TrainingError(
            f"{share:.2%} of the training rows would alert where {alert_budget:.2%} are meant to: the champion stays. "
            "Train on more rows or set VIGIE_ALERT_BUDGET."
        )
