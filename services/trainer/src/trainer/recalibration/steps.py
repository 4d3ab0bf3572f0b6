"""How far a threshold moves at once, measured by the share of the window's rows that alert."""

import math

from trainer.logged_features import Floats
from trainer.thresholds import lowest_threshold, rows_from, rows_within


def alert_share(ascending: Floats, threshold: float) -> float:
    """Share of the sorted scores, shape (rows,), at or above the threshold."""
    return rows_from(ascending, threshold) / len(ascending)


def bounded_step(ascending: Floats, threshold: float, alert_budget: float, max_factor: float) -> float:
    """Threshold on the way to the budget: the share that alerts changes by at most `max_factor`, or by one row.

    `ascending` are sorted scores from 0 to below 1, at least one. A step never passes the budget, but equal scores
    alert together or not at all: those that would exceed it are left out, whatever the factor.
    """
    alerting, within_budget = rows_from(ascending, threshold), rows_within(alert_budget, len(ascending))
    if alerting > within_budget:
        within_step = min(math.ceil(alerting / max_factor - 1e-9), alerting - 1)
        return max(threshold, min(1.0, lowest_threshold(ascending, max(within_budget, within_step))))
    within_step = max(int(alerting * max_factor + 1e-9), alerting + 1)
    return min(threshold, lowest_threshold(ascending, min(within_budget, within_step)))
