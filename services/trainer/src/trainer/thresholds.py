"""From which score on a segment alerts, and where each feature usually lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import Floats
from vigie_schemas import FEATURE_NAMES, SEGMENT_ESTABLISHED, SEGMENT_NEW, FeatureBins, FeatureRange, Threshold

MIN_ROWS: Final = 500
"""Rows from which a segment's own scores say where its tail begins."""
CAUTION: Final = 4
"""A segment scored by the rows of all gets the budget divided by this: its own tail would lie elsewhere."""
ABOVE_ALL: Final = 1e-6
"""How far a threshold stands above the highest score where that must not alert: a thousand times what the forest that
serves may differ from the one that was fitted (trainer.gate)."""
TAIL_QUANTILE: Final = 0.99
BIN_QUANTILES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Deciles as usual for PSI, and two more where risk begins (docs/adr/0014)."""
MIN_TAIL: Final = 0.25
"""Tail above the median where a feature hardly ever moves, so that reasons never divide by next to nothing."""


@dataclass(frozen=True)
class Tie:
    """Rows with one score, just below a threshold, that would exceed the budget together."""

    score: float
    alert_share: float
    """Share of the rows that would alert with them."""


@dataclass(frozen=True)
class BudgetThreshold:
    """The lowest threshold under which no more rows alert than the budget allows."""

    threshold: float
    alert_share: float
    tie: Tie | None
    """What keeps more rows from alerting that the budget has room for; None where it is used up."""


def segment_rows(established: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Mask of each segment's rows, by segment; `established` says it for every row."""
    return {SEGMENT_NEW: ~established, SEGMENT_ESTABLISHED: established}


def threshold_within_budget(scores: Floats, alert_budget: float) -> BudgetThreshold:
    """The lowest threshold that at most the budget's share of the scores reaches.

    `scores` have the shape (rows,), at least one row, values from 0 to below 1.

    Equal scores alert together or not at all: where they would exceed the budget, the next higher score is taken.
    """
    ascending = np.sort(scores)
    threshold = min(1.0, lowest_threshold(ascending, rows_within(alert_budget, len(ascending))))
    share = rows_from(ascending, threshold) / len(ascending)
    return BudgetThreshold(threshold, share, tie_below(ascending, threshold, alert_budget))


def tie_below(ascending: Floats, threshold: float, alert_budget: float) -> Tie | None:
    """The equal scores just below a threshold that would exceed the budget; None where one row more would, too."""
    rows, alerting = len(ascending), rows_from(ascending, threshold)
    allowed = rows_within(alert_budget, rows)
    if alerting >= min(allowed, rows):
        return None
    score = float(ascending[rows - alerting - 1])
    with_ties = rows_from(ascending, score)
    return Tie(score, with_ties / rows) if with_ties > allowed else None


def rows_from(ascending: Floats, threshold: float) -> int:
    """How many of the sorted scores, shape (rows,), reach the threshold."""
    return len(ascending) - int(np.searchsorted(ascending, threshold))


def rows_within(share: float, rows: int) -> int:
    """The most rows whose share of all does not exceed this one."""
    count = int(share * rows)
    return count + 1 if (count + 1) / rows <= share else count - (count / rows > share)


def lowest_threshold(ascending: Floats, alerting: int) -> float:
    """The lowest threshold that at most so many of the sorted scores, of whatever range, reach.

    It stands half-way between two scores, so that rows like the one below do not alert by rounding; above the highest
    score only by ABOVE_ALL, so that whatever is more unusual than all of them alerts.
    """
    if alerting >= len(ascending):
        return float(ascending[0])
    below = float(ascending[len(ascending) - alerting - 1])
    above = int(np.searchsorted(ascending, below, side="right"))
    if above == len(ascending):
        return max(below + ABOVE_ALL, float(np.nextafter(below, np.inf)))
    higher = float(ascending[above])
    middle = (below + higher) / 2
    return middle if middle > below else higher


def segment_thresholds(scores: Floats, established: NDArray[np.bool_], alert_budget: float) -> dict[str, Threshold]:
    """Per segment the lowest threshold within the budget; `scores` and `established` have an element a row.

    A segment with fewer than MIN_ROWS rows gets one from the scores of all rows.
    """
    return {
        segment: _threshold(scores[rows], alert_budget)
        if int(rows.sum()) >= MIN_ROWS
        else _threshold(scores, alert_budget / CAUTION)
        for segment, rows in segment_rows(established).items()
    }


def alert_shares(
    scores: Floats, established: NDArray[np.bool_], thresholds: Mapping[str, Threshold]
) -> dict[str, float]:
    """Share of each segment's rows that would alert; segments without rows are not listed."""
    return {
        segment: float(np.mean(scores[rows] >= thresholds[segment].threshold))
        for segment, rows in segment_rows(established).items()
        if rows.any()
    }


def share_of_all(scores: Floats, established: NDArray[np.bool_], thresholds: Mapping[str, Threshold]) -> float:
    """Share of all rows that would alert."""
    return float(np.mean(alerting(scores, established, thresholds)))


def alerting(scores: Floats, established: NDArray[np.bool_], thresholds: Mapping[str, Threshold]) -> NDArray[np.bool_]:
    """Which rows would alert; each array has an element a row."""
    levels = np.where(established, thresholds[SEGMENT_ESTABLISHED].threshold, thresholds[SEGMENT_NEW].threshold)
    return scores >= levels


def feature_ranges(matrix: Floats) -> dict[str, FeatureRange]:
    """Median and tail of each feature; the matrix has shape (rows, features) in the order of FEATURE_NAMES."""
    usual = np.median(matrix, axis=0)
    tail = np.maximum(np.quantile(matrix, TAIL_QUANTILE, axis=0), usual + MIN_TAIL)
    return {
        name: FeatureRange(usual=float(middle), tail=float(far))
        for name, middle, far in zip(FEATURE_NAMES, usual, tail, strict=True)
    }


def feature_bins(matrix: Floats) -> dict[str, FeatureBins]:
    """Each feature's distribution over fixed quantiles, for a matrix of shape (rows, features).

    Equal quantiles count once, because most features are mostly zero.
    """
    return {name: _bins(matrix[:, column]) for column, name in enumerate(FEATURE_NAMES)}


def _bins(values: Floats) -> FeatureBins:
    edges = np.unique(np.quantile(values, BIN_QUANTILES))
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return FeatureBins(edges=edges.tolist(), shares=(counts / len(values)).tolist())


def tie_sentence(level: Threshold, alert_budget: float) -> str | None:
    """One sentence where equal scores are left out below a threshold; None where there are none."""
    if level.tied_share is None:
        return None
    return (
        f"{level.tied_share:.2%} of the rows would alert with those that share the score just below the threshold, "
        f"where {alert_budget:.2%} are meant to: it stands above them, and {1 - level.quantile:.2%} alert."
    )


def _threshold(scores: Floats, alert_budget: float) -> Threshold:
    found = threshold_within_budget(scores, alert_budget)
    tied_share = None if found.tie is None else found.tie.alert_share
    return Threshold(threshold=found.threshold, quantile=1.0 - found.alert_share, tied_share=tied_share)
