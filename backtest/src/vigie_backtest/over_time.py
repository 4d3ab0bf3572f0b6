"""Figures along the clock: time to the first alert, drift of scores."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.quality.ranking import Figures, Floats, Judged
from vigie_backtest.cards import DAY_MS
from vigie_backtest.times import as_text
from vigie_runtime.percentiles import value_at_percentile

HOUR_MS = 3_600_000
LONGEST_DAILY_SPAN = 45 * DAY_MS
"""Longer spans are shown by week: a line of more points than a phone is wide says nothing more."""


def time_to_first_alert(judged: Judged, scores: Floats, threshold: float) -> Figures | None:
    """Hours from an account's first fraud to its first alerted fraud; one score for each row; None without fraud.

    Median and p90 are over the accounts that were alerted at all; `never_alerted_share` counts the others.
    """
    if judged.label is None or not judged.label.any():
        return None
    fraud = judged.label == 1
    rows = pd.DataFrame(
        {
            "account": judged.account[fraud].astype(str),
            "first": judged.timestamp_ms[fraud],
            "alerted": np.where(scores[fraud] >= threshold, judged.timestamp_ms[fraud].astype(float), np.nan),
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


def score_drift(judged: Judged, scores: Floats, is_anomaly: np.ndarray, from_ms: int) -> list[Figures]:
    """Per day, or week where the span is long: rows, quantiles of the score, share at the detector's thresholds."""
    span = int(judged.timestamp_ms.max()) - from_ms
    step = DAY_MS if span <= LONGEST_DAILY_SPAN else 7 * DAY_MS
    periods = (judged.timestamp_ms - from_ms) // step
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
