"""Alerts looked at one by one: which were wrong and what made them so, and which fraud was missed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainer.quality.ranking import EvaluatedRows, Figures, Floats
from vigie_backtest.times import as_text
from vigie_schemas import FEATURE_NAMES

SHOWN_ALERTS: Final = 20
NO_REASON: Final = "none"

Reasons = Sequence[Mapping[str, object]] | None


def first_reasons(evaluated: EvaluatedRows, alerted: NDArray[np.bool_], reasons: Sequence[Reasons]) -> Figures:
    """By feature, how often it is the first reason of false and of true alerts; `all` without labels.

    `alerted` and `reasons` have one entry for each evaluated row.
    """
    groups = {"all": alerted}
    if evaluated.label is not None:
        groups = {"wrong": alerted & (evaluated.label == 0), "right": alerted & (evaluated.label == 1)}
    return {
        group: _shares(Counter(_first_feature(reasons[row]) for row in np.flatnonzero(rows).tolist()))
        for group, rows in groups.items()
    }


def highest_alerts(
    evaluated: EvaluatedRows, scores: Floats, alerted: NDArray[np.bool_], reasons: Sequence[Reasons]
) -> list[Figures]:
    """The twenty false alerts with the highest scores, or without labels the twenty highest alerts.

    `scores`, `alerted` and `reasons` have one entry for each evaluated row.
    """
    rows = alerted if evaluated.label is None else alerted & (evaluated.label == 0)
    ordered = sorted(np.flatnonzero(rows).tolist(), key=lambda row: (-scores[row], evaluated.timestamp_ms[row]))
    return [
        {
            "account_id": str(evaluated.account[row]),
            "time": as_text(int(evaluated.timestamp_ms[row])),
            "amount_eur": float(evaluated.amount_eur[row]),
            "score": float(scores[row]),
            "reasons": [
                {"feature": str(reason["feature"]), "text": str(reason["text"])} for reason in _listed(reasons[row])
            ],
        }
        for row in ordered[:SHOWN_ALERTS]
    ]


def missed_fraud(evaluated: EvaluatedRows, scores: Floats, alerted: NDArray[np.bool_]) -> Figures:
    """By scenario: fraud that was not alerted, and where its scores lie among all (0 lowest, 1 highest).

    `scores` and `alerted` have one entry for each evaluated row.
    """
    if evaluated.label is None:
        return {}
    quantiles = pd.Series(scores).rank(pct=True).to_numpy()
    missed = (evaluated.label == 1) & ~alerted
    names = evaluated.scenarios or ([None] if evaluated.label.any() else [])
    figures: Figures = {}
    for name in names:
        of_scenario = evaluated.label == 1 if name is None else (evaluated.label == 1) & (evaluated.scenario == name)
        rows = missed & of_scenario
        figures[name or "fraud"] = {
            "fraud": float(of_scenario.sum()),
            "missed": float(rows.sum()),
            "missed_money_eur": float(evaluated.amount_eur[rows].sum()),
            "mean_score_quantile": float(quantiles[rows].mean()) if rows.any() else None,
        }
    return figures


def _first_feature(reasons: Reasons) -> str:
    listed = _listed(reasons)
    return str(listed[0]["feature"]) if listed else NO_REASON


def _listed(reasons: Reasons) -> list[Mapping[str, object]]:
    return list(reasons) if isinstance(reasons, (list, tuple, np.ndarray)) else []


def _shares(counts: Counter[str]) -> Figures:
    """Every feature is listed, so that seeds can be averaged: one that is never first has none."""
    total = max(1, sum(counts.values()))
    names = dict.fromkeys([*(name for name, _ in counts.most_common()), *FEATURE_NAMES])
    return {name: {"alerts": float(counts[name]), "share": counts[name] / total} for name in names}
