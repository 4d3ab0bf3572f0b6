"""All figures of one way to score: of the detector under a seed, of a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainer.quality.ranking import (
    EvaluatedRows,
    Figures,
    Floats,
    budget_cut,
    budget_name,
    by_scenario,
    confusion,
    ranking,
    recall_by_scenario,
    without_scenario,
)
from vigie_backtest.alerts import first_reasons, highest_alerts, missed_fraud
from vigie_backtest.card_precision import card_precision
from vigie_backtest.options import Options
from vigie_backtest.over_time import score_drift, time_to_first_alert


@dataclass(frozen=True)
class Scored:
    """What the detector said of the evaluated rows under one seed."""

    score: Floats
    is_anomaly: np.ndarray
    reasons: Sequence

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Scored":
        """From the detector's columns, rows in the order of the evaluated rows."""
        return cls(frame["score"].to_numpy(np.float64), frame["is_anomaly"].to_numpy(bool), list(frame["reasons"]))


def compared(evaluated: EvaluatedRows, scores: Floats, budgets: Sequence[float], cards_a_day: int) -> Figures:
    """The figures that detector, baselines and ceiling are compared by; one score for each evaluated row."""
    return ranking(evaluated, scores, budgets) | {
        "recall_by_scenario": recall_by_scenario(evaluated, scores, budgets),
        "by_scenario": by_scenario(evaluated, scores, budgets),
        "without_scenario": without_scenario(evaluated, scores, budgets),
        "card_precision": card_precision(evaluated, scores, cards_a_day),
    }


def of_detector(evaluated: EvaluatedRows, scored: Scored, options: Options, from_ms: int) -> Figures:
    """What is compared, and besides what only the detector has: thresholds, reasons, its alerts one by one."""
    shown = options.shown_budget
    threshold = budget_cut(scored.score, shown)
    alerted = scored.score >= threshold
    own = {"alert_share": float(scored.is_anomaly.mean()), "alerts": float(scored.is_anomaly.sum())}
    return compared(evaluated, scored.score, options.budgets, options.cards_a_day) | {
        "own_thresholds": own | confusion(evaluated, scored.is_anomaly.astype(np.float64)),
        "time_to_first_alert": time_to_first_alert(evaluated, scored.score, threshold),
        "first_reasons": first_reasons(evaluated, alerted, scored.reasons),
        "missed_fraud": missed_fraud(evaluated, scored.score, alerted),
        "highest_alerts": highest_alerts(evaluated, scored.score, alerted, scored.reasons),
        "score_drift": score_drift(evaluated, scored.score, scored.is_anomaly, from_ms),
        "shown_budget": budget_name(shown),
    }
