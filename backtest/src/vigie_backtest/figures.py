"""All figures of one way to score: of the detector under a seed, of a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainer.quality.ranking import (
    Figures,
    Floats,
    Judged,
    budget_name,
    by_scenario,
    confusion,
    flagged_rows,
    flagged_weights,
    ranking,
    recall_by_scenario,
    without_scenario,
)
from vigie_backtest.alerts import first_reasons, highest_alerts, missed_fraud
from vigie_backtest.cards import card_precision
from vigie_backtest.options import Options
from vigie_backtest.over_time import score_drift, time_to_first_alert


@dataclass(frozen=True)
class Scored:
    """What the detector said of the judged rows under one seed."""

    score: Floats
    is_anomaly: np.ndarray
    reasons: Sequence

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Scored":
        """From the detector's columns, rows in the order of the judged rows."""
        return cls(frame["score"].to_numpy(np.float64), frame["is_anomaly"].to_numpy(bool), list(frame["reasons"]))


def compared(judged: Judged, scores: Floats, budgets: Sequence[float], cards_a_day: int) -> Figures:
    """The figures that detector, baselines and ceiling are compared by; one score for each judged row."""
    return ranking(judged, scores, budgets) | {
        "recall_by_scenario": recall_by_scenario(judged, scores, budgets),
        "by_scenario": by_scenario(judged, scores, budgets),
        "without_scenario": without_scenario(judged, scores, budgets),
        "card_precision": card_precision(judged, scores, cards_a_day),
    }


def of_detector(judged: Judged, scored: Scored, options: Options, from_ms: int) -> Figures:
    """What is compared, and besides what only the detector has: thresholds, reasons, its alerts one by one."""
    shown = options.shown_budget
    threshold, _ = flagged_weights(scored.score, flagged_rows(judged.rows, shown))
    alerted = scored.score >= threshold
    own = {"alert_share": float(scored.is_anomaly.mean()), "alerts": float(scored.is_anomaly.sum())}
    return compared(judged, scored.score, options.budgets, options.cards_a_day) | {
        "own_thresholds": own | confusion(judged, scored.is_anomaly.astype(np.float64)),
        "time_to_first_alert": time_to_first_alert(judged, scored.score, threshold),
        "first_reasons": first_reasons(judged, alerted, scored.reasons),
        "missed_fraud": missed_fraud(judged, scored.score, alerted),
        "highest_alerts": highest_alerts(judged, scored.score, alerted, scored.reasons),
        "score_drift": score_drift(judged, scored.score, scored.is_anomaly, from_ms),
        "shown_budget": budget_name(shown),
    }
