"""Short tables behind the page's curve and slider: a few hundred steps, never every row."""

from collections.abc import Sequence

import numpy as np

from trainer.quality.ranking import EvaluatedRows, Figures, Floats
from vigie_backtest.card_precision import DAY_MS

CURVE_POINTS = 160
WHAT_IF_STEPS = 600
MAX_FLAGGED_SHARE = 0.2
"""No team looks at more than a fifth of all transactions."""


def precision_recall_curve(evaluated: EvaluatedRows, scores: Floats) -> list[list[float]]:
    """[recall, precision] from the highest score down, at most CURVE_POINTS, evenly spread over recall.

    One score for each evaluated row; empty without both classes.
    """
    if not evaluated.has_both_classes:
        return []
    label = np.asarray(evaluated.label)
    last = _last_of_ties(scores)
    caught = np.cumsum(label[np.argsort(-scores, kind="stable")])[last]
    recall, precision = caught / caught[-1], caught / (last + 1)
    # one point per step of recall that holds any, the one with the fewest alerts
    steps = np.minimum((recall * CURVE_POINTS).astype(int), CURVE_POINTS - 1)
    kept = np.unique(steps, return_index=True)[1]
    return [[round(float(recall[at]), 5), round(float(precision[at]), 5)] for at in kept if caught[at]]


def what_if_table(evaluated: EvaluatedRows, scores: Floats, span_days: float) -> Figures:
    """Cumulative columns by falling threshold, finer at the top: threshold, alerts, and with labels caught, money.

    One score for each evaluated row.
    """
    order = np.argsort(-scores, kind="stable")
    last = _last_of_ties(scores)
    most = max(1, round(MAX_FLAGGED_SHARE * evaluated.rows))
    wanted = np.unique(np.geomspace(1, most, WHAT_IF_STEPS).round().astype(int))
    kept = np.unique(np.minimum(np.searchsorted(last + 1, wanted), len(last) - 1))
    alerts = last[kept] + 1
    table: Figures = {
        "rows": evaluated.rows,
        "days": span_days,
        "threshold": [round(float(score), 5) for score in scores[order][last[kept]]],
        "alerts": alerts.tolist(),
    }
    if evaluated.label is None:
        return table
    fraud = evaluated.label[order].astype(np.float64)
    money = np.cumsum(fraud * evaluated.amount_eur[order])
    return table | {
        "fraud": int(fraud.sum()),
        "money_eur": round(float(money[-1]), 2),
        "caught": np.cumsum(fraud)[last[kept]].astype(int).tolist(),
        "money_caught_eur": _rounded(money[last[kept]]),
    }


def span_in_days(from_ms: int, to_ms: int) -> float:
    """Length of the evaluated part, at least an hour so that rates stay finite."""
    return max((to_ms - from_ms) / DAY_MS, 1 / 24)


def _last_of_ties(scores: Floats) -> np.ndarray:
    """Positions, from the highest score down, after which the score changes: the only places where a cut can stand."""
    ordered = -np.sort(-scores)
    return np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))


def _rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    return [round(float(value), 2) for value in values]
