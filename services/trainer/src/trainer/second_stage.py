"""The second stage: boosted trees learn from labels what an account's habits cannot tell (docs/adr/0029)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

from trainer.logged_features import Floats, LoggedFeatures
from vigie_schemas import FALLING_INPUTS, FREE_INPUTS, NO_HOUR, SECOND_STAGE_INPUTS, SecondStage, combined_score
from vigie_schemas.topics import DAY_MS, HOUR_MS

MIN_FRAUDS: Final = 30
"""Labelled frauds below which the forest scores alone: each fold would be judged by a handful."""
FOLDS: Final = 3
WEIGHTS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NEAR_BEST: Final = 0.95
"""Of what the best weight gains over the forest: the smallest weight that gains so much is taken, for the forest stays
the same where what labels teach changes with each training."""
UNUSUAL_SHARE: Final = 0.02
"""Of the rows, the forest's most unusual: questions are asked about these, and no answer leaves them unknown."""
HALF_WEIGHT_FRAUDS: Final = 20
"""Labelled frauds with which the second stage gets half of the weight that the folds chose."""
TREES: Final = 200
LEARNING_RATE: Final = 0.05
LEAVES: Final = 15

KnownTruth = NDArray[np.float64]
"""1 fraud, 0 sound, NaN not known; an element a row."""


@dataclass(frozen=True)
class FromLabels:
    """What labels say of the rows that are learned from."""

    truth: KnownTruth
    counterparties: Floats
    """COUNTERPARTY_INPUTS by the labels that were known at each row's time, shape (rows, 3)."""
    unanswered: NDArray[np.bool_] | None = None
    """Rows that are taken for sound because no answer came: not where the forest finds them unusual, for people answer
    few of those, and many of the others are fraud. None where all fraud becomes known."""


@dataclass(frozen=True)
class LearnedSecondStage:
    """Trees that passed the folds, and how they join the forest."""

    model: HistGradientBoostingClassifier
    combination: SecondStage
    inputs: Floats
    """Of all rows, shape (rows, inputs)."""
    log_odds: Floats
    """Of all rows; a row whose truth is known has those of trees that have not seen it."""
    scores: Floats
    """Of all rows, combined; a row whose truth is known is scored by trees that have not seen it."""
    forest_precision: float
    """Average precision of the forest alone over the rows whose truth is known."""
    combined_precision: float
    """The same of `scores`."""

    def metrics(self) -> dict[str, float]:
        """Numbers by which trainings are compared."""
        return {
            "second_stage_weight": self.combination.weight,
            "second_stage_frauds": self.combination.frauds,
            "second_stage_average_precision": self.combined_precision,
            "forest_average_precision": self.forest_precision,
        }


def second_stage_inputs(matrix: Floats, timestamps_ms: NDArray[np.int64], counterparties: Floats) -> Floats:
    """Columns of SECOND_STAGE_INPUTS, shape (rows, inputs); features are rounded to float32 as the forest's are.

    `matrix` has FEATURE_NAMES as columns, `counterparties` COUNTERPARTY_INPUTS; each has a row for each time.
    """
    of_day = timestamps_ms % DAY_MS
    hours = np.where(of_day == 0, NO_HOUR, of_day // HOUR_MS).astype(np.float64)
    return np.column_stack([matrix.astype(np.float32).astype(np.float64), hours, counterparties])


def learn_second_stage(
    logged: LoggedFeatures, forest_scores: Floats, labels: FromLabels, seed: int
) -> LearnedSecondStage | None:
    """Trees that put the known frauds before the other rows better than the forest alone; None where none do.

    `forest_scores` has an element, and `labels` a row, for each row of `logged`.
    """
    truth = _believed(labels, forest_scores)
    known = np.flatnonzero(~np.isnan(truth))
    known = known[np.argsort(logged.timestamps_ms[known], kind="stable")]
    frauds = int(truth[known].sum())
    if frauds < MIN_FRAUDS or len(known) - frauds < MIN_FRAUDS:
        return None
    # one thread: beside a stream that keeps the cores busy, several spend their time waiting for each other
    with threadpool_limits(1, user_api="openmp"):
        inputs = second_stage_inputs(logged.matrix, logged.timestamps_ms, labels.counterparties)
        model, log_odds = _learned(inputs, truth, known, seed)
    joined = _Joined(forest_scores, log_odds, known)
    if not joined.is_possible:
        return None

    def precision(scores: Floats) -> float:
        return float(average_precision_score(truth[known], scores[known]))

    alone = precision(forest_scores)
    chosen = _smallest_near_best({weight: precision(joined.scores(weight)) - alone for weight in WEIGHTS})
    if chosen is None:
        return None
    weight = chosen * frauds / (frauds + HALF_WEIGHT_FRAUDS)
    scores = joined.scores(weight)
    together = precision(scores)
    if together <= alone:
        return None
    combination = SecondStage(
        inputs=list(SECOND_STAGE_INPUTS),
        weight=weight,
        offset=joined.offset,
        scale=joined.scale,
        frauds=frauds,
        others=len(known) - frauds,
    )
    return LearnedSecondStage(model, combination, inputs, log_odds, scores, alone, together)


def unusual_rows(forest_scores: Floats) -> NDArray[np.bool_]:
    """Which rows are among the forest's most unusual ones."""
    rows = np.argsort(-forest_scores, kind="stable")[: int(UNUSUAL_SHARE * len(forest_scores))]
    found = np.zeros(len(forest_scores), dtype=bool)
    found[rows] = True
    return found


def _believed(labels: FromLabels, forest_scores: Floats) -> KnownTruth:
    """The truth, unknown where no answer came and the forest finds the row unusual."""
    if labels.unanswered is None:
        return labels.truth
    return np.where(labels.unanswered & unusual_rows(forest_scores), np.nan, labels.truth)


def _smallest_near_best(gains: Mapping[float, float]) -> float | None:
    """The smallest weight that gains nearly as much as the best one does; None where none gains."""
    best = max(gains.values())
    return min(weight for weight, gain in gains.items() if gain >= NEAR_BEST * best) if best > 0 else None


class _Joined:
    """The forest's scores and log-odds that are put where its logits lie: same mean, same spread over known rows."""

    def __init__(self, forest_scores: Floats, log_odds: Floats, known: NDArray[np.intp]) -> None:
        self._forest_scores = forest_scores
        self._log_odds = log_odds
        logits = np.log(forest_scores[known]) - np.log1p(-forest_scores[known])
        spread = float(log_odds[known].std())
        self.scale = float(logits.std()) / spread if spread > 0 else 0.0
        self.offset = float(logits.mean() - self.scale * log_odds[known].mean())

    @property
    def is_possible(self) -> bool:
        """False where the forest or the trees tell no row from another."""
        return self.scale > 0

    def scores(self, weight: float) -> Floats:
        """One for each row."""
        return combined_score(self._forest_scores, self._log_odds, weight=weight, offset=self.offset, scale=self.scale)


def _learned(
    inputs: Floats, truth: KnownTruth, known: NDArray[np.intp], seed: int
) -> tuple[HistGradientBoostingClassifier, Floats]:
    """The trees that serve, and the log-odds of all rows by trees that have not seen the row."""
    model = fit_trees(inputs[known], truth[known], seed)
    log_odds = np.asarray(model.decision_function(inputs), dtype=np.float64)
    folds = _folds(truth[known])
    for part in range(1, FOLDS + 1):
        learned, held_out = known[folds != part], known[folds == part]
        log_odds[held_out] = fit_trees(inputs[learned], truth[learned], seed).decision_function(inputs[held_out])
    return model, log_odds


def fit_trees(inputs: Floats, truth: KnownTruth, seed: int) -> HistGradientBoostingClassifier:
    """The second stage's trees on rows whose truth is known; `inputs` have columns SECOND_STAGE_INPUTS."""
    model = HistGradientBoostingClassifier(
        learning_rate=LEARNING_RATE,
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        l2_regularization=1.0,
        monotonic_cst=[_direction(name) for name in SECOND_STAGE_INPUTS],
        early_stopping=False,  # pyright: ignore[reportArgumentType]  stub knows "auto" only
        random_state=seed,
    )
    return model.fit(inputs, truth.astype(int))


def _direction(name: str) -> int:
    if name in FREE_INPUTS:
        return 0
    return -1 if name in FALLING_INPUTS else 1


def _folds(truth: KnownTruth) -> NDArray[np.int64]:
    """A number from 1 for each row, in order of time: spans with as many frauds each, so that a burst stays in one."""
    return np.clip(np.ceil(np.cumsum(truth) * FOLDS / truth.sum()), 1, FOLDS).astype(np.int64)
