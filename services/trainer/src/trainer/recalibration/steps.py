"""How far a threshold moves at once, measured by the share of the window's rows that alert."""

import numpy as np

from trainer.logged_features import Floats

TIED_SHARE = 3.0
"""Times the budget from which a block of equal scores is rather left out than alerted on as a whole."""


def alert_share(ascending: Floats, threshold: float) -> float:
    """Share of the sorted scores, shape (rows,), at or above the threshold."""
    return 1.0 - float(np.searchsorted(ascending, threshold)) / len(ascending)


def bounded_step(ascending: Floats, threshold: float, alert_budget: float, largest_factor: float) -> float:
    """Threshold on the way to the budget: the share that alerts changes by at most `largest_factor`, or by one row.

    `ascending` are sorted scores between 0 and 1, at least one. A step never passes the budget. Only a block of equal
    scores that holds far more than the budget is jumped over, whatever the factor.
    """
    rows = len(ascending)
    share = alert_share(ascending, threshold)
    if share > alert_budget:
        wanted = max(alert_budget, share / largest_factor)
        raised = float(ascending[rows - int(np.ceil(wanted * rows - 1e-9))])
        if alert_share(ascending, raised) > max(wanted, TIED_SHARE * alert_budget) and _is_tied(ascending, raised):
            raised = _just_above(ascending, raised)
        return max(threshold, raised)
    allowed = min(alert_budget, max(share * largest_factor, share + 1.0 / rows))
    return min(threshold, _just_above(ascending, float(ascending[rows - int(allowed * rows + 1e-9) - 1])))


def _is_tied(ascending: Floats, score: float) -> bool:
    return int(np.searchsorted(ascending, score, side="right") - np.searchsorted(ascending, score)) > 1


def _just_above(ascending: Floats, score: float) -> float:
    """Half-way to the next higher score, so that rows like the one below do not flicker across."""
    above = int(np.searchsorted(ascending, score, side="right"))
    higher = float(ascending[above]) if above < len(ascending) else 1.0
    middle = (score + higher) / 2
    return middle if middle > score else higher
