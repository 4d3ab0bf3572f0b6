"""Figures along the clock: time to the first alert, drift of scores."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.quality.ranking import EvaluatedRows, Figures, Floats
from vigie_backtest.card_precision import DAY_MS
from vigie_backtest.times import as_text
from vigie_runtime.percentiles import value_at_percentile

HOUR_MS = 3_600_000
MAX_DAILY_SPAN_MS = 45 * DAY_MS
"""Longer spans are shown by week: a line of more points than a phone is wide says nothing more."""


def time_to_first_alert(evaluated: EvaluatedRows, scores: Floats, threshold: float) -> Figures | None:
    """Hours from an account's first fraud to its first alerted fraud; one score for each row; None without fraud.

    Median and p90 are over the accounts that were alerted at all; `never_alerted_share` counts the others.
    """
    if evaluated.label is None or not evaluated.label.any():
        return None
    fraud = evaluated.label == 1
    rows = pd.DataFrame(
        {
            "account": evaluated.account[fraud].astype(str),
            "first": evaluated.timestamp_ms[fraud],
            "alerted": np.where(scores[fraud] >= threshold, evaluated.timestamp_ms[fraud].astype(float), np.nan),
        }
    )
    accounts = rows.groupby("account").min()
    hours = pd.Series((accounts["alerted"] - accounts["first"]) / HOUR_MS).dropna()
    return {
        "compromised_accounts": float(len(accounts)),
        "never_alerted_share": 1 - len(hours) / len(accounts),
        "median_hours": _percentile(hours, 50.0) if len(hours) else None,
        "p90_hours": _percentile(hours, 90.0) if len(hours) else None,
        "at_first_fraud_share": float((hours == 0).sum() / len(accounts)),
        "within_a_day_share": float((hours <= 24).sum() / len(accounts)),
    }


def score_drift(evaluated: EvaluatedRows, scores: Floats, is_anomaly: np.ndarray, from_ms: int) -> list[Figures]:
    """Per day, or week where the span is long: rows, quantiles of the score, share at the detector's thresholds."""
    span = int(evaluated.timestamp_ms.max()) - from_ms
    step = DAY_MS if span <= MAX_DAILY_SPAN_MS else 7 * DAY_MS
    periods = (evaluated.timestamp_ms - from_ms) // step
    return [
        {
            "from": as_text(from_ms + int(period) * step),
            "days": step // DAY_MS,
            "rows": int((now := periods == period).sum()),
            **{f"p{percentile:g}": _percentile(scores[now], percentile) for percentile in (50.0, 90.0, 99.0)},
            "alert_share": float(np.mean(is_anomaly[now])),
        }
        for period in np.unique(periods)
    ]


def _percentile(values: npt.ArrayLike, percentile: float) -> float:
    return float(value_at_percentile(np.sort(values), percentile))
