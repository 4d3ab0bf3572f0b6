"""How sure a share or a difference is: 95 % intervals."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import Floats
from vigie_runtime.intervals import NORMAL_95, Interval, wilson

RESAMPLES: Final = 200


def share_interval(count: int, rows: int, normal: float = NORMAL_95) -> Interval:
    """Of `count` among `rows`; from 0 to 1 where there are no rows."""
    return wilson(count, rows, normal) or Interval(0.0, 0.0, 1.0)


class RankedFrauds:
    """How well scores put frauds first, for any weights of the rows: sorted once, so that resampling costs little."""

    def __init__(self, is_fraud: NDArray[np.bool_], scores: Floats) -> None:
        self._order = np.argsort(-scores, kind="stable")
        self._frauds = is_fraud[self._order].astype(np.float64)
        ranked = scores[self._order]
        self._last_of_tie = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)

    def average_precision(self, weights: Floats) -> float:
        """As scikit-learn defines it: precision at each score, by the share of the frauds it adds; a weight a row."""
        of_order = weights[self._order]
        flagged = np.cumsum(of_order)[self._last_of_tie]
        found = np.cumsum(of_order * self._frauds)[self._last_of_tie]
        added = np.diff(found, prepend=0.0)
        used = flagged > 0
        return float(np.sum(added[used] * found[used] / flagged[used]) / found[-1]) if found[-1] > 0 else 0.0

    def precision_at(self, share: float, weights: Floats) -> float:
        """Share of frauds among the highest `share` of the rows, a weight a row; ties at the cut by expectation."""
        of_order = weights[self._order]
        flagged = np.cumsum(of_order)[self._last_of_tie]
        found = np.cumsum(of_order * self._frauds)[self._last_of_tie]
        wanted = share * flagged[-1]
        return float(np.interp(wanted, np.append(0.0, flagged), np.append(0.0, found)) / wanted) if wanted > 0 else 0.0


def difference_interval(one: RankedFrauds, other: RankedFrauds, rows: int, share: float | None, seed: int) -> Interval:
    """Of average precision, or of precision at the highest `share`, by resampling the same rows for both.

    The 95 % interval is the bootstrap's own percentiles (Efron and Tibshirani, 1993).
    """

    def difference(weights: Floats) -> float:
        if share is None:
            return one.average_precision(weights) - other.average_precision(weights)
        return one.precision_at(share, weights) - other.precision_at(share, weights)

    random = np.random.default_rng(seed)
    found = [difference(random.poisson(1.0, rows).astype(np.float64)) for _ in range(RESAMPLES)]
    low, high = np.percentile(found, (2.5, 97.5))
    return Interval(difference(np.ones(rows)), float(low), float(high))
