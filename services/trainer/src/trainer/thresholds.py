"""From which score on a segment alerts, and where each feature usually lies."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import Floats
from vigie_schemas import FEATURE_NAMES, SEGMENT_ESTABLISHED, SEGMENT_NEW, FeatureBins, FeatureRange, Threshold

FEWEST_ROWS = 500
"""Rows from which a segment's own scores say where its tail begins."""
CAUTION = 4
"""A segment judged by everybody's scores gets the budget divided by this: its own would lie elsewhere."""
TAIL_QUANTILE = 0.99
BIN_QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Deciles as usual for PSI, and two more where risk begins (docs/adr/0014)."""
LEAST_TAIL = 0.25
"""Tail above the median where a feature hardly ever moves, so that reasons never divide by next to nothing."""


def segment_rows(established: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Which rows each segment has."""
    return {SEGMENT_NEW: ~established, SEGMENT_ESTABLISHED: established}


def segment_thresholds(scores: Floats, established: NDArray[np.bool_], alert_budget: float) -> dict[str, Threshold]:
    """Per segment the score that only the budget's share of its rows lies above."""
    return {
        segment: _threshold(scores[rows], alert_budget)
        if int(rows.sum()) >= FEWEST_ROWS
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
    levels = np.where(established, thresholds[SEGMENT_ESTABLISHED].threshold, thresholds[SEGMENT_NEW].threshold)
    return float(np.mean(scores >= levels))


def feature_ranges(matrix: Floats) -> dict[str, FeatureRange]:
    """Median and tail of each feature; the matrix has shape (rows, features) in the order of FEATURE_NAMES."""
    usual = np.median(matrix, axis=0)
    tail = np.maximum(np.quantile(matrix, TAIL_QUANTILE, axis=0), usual + LEAST_TAIL)
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


def _threshold(scores: Floats, alert_budget: float) -> Threshold:
    quantile = 1.0 - alert_budget
    return Threshold(threshold=float(np.quantile(scores, quantile)), quantile=quantile)
