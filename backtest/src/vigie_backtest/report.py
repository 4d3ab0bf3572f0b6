"""The report as one dictionary, in the layout that report.json, the page and MLflow share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer.quality.ranking import Figures, Judged, budget_name
from trainer.settings import TrainerSettings
from vigie_backtest.averaging import mean_of, spread_of
from vigie_backtest.options import Options
from vigie_backtest.split import Split
from vigie_backtest.times import as_text
from vigie_schemas import FEATURE_NAMES

SAME_PLACE = ("roc_auc", "average_precision", "at_budget", "recall_by_scenario", "by_scenario", "without_scenario")
"""Parts of the mean that stand at the top of the report too, so that a reader finds them at once."""


@dataclass(frozen=True)
class Results:
    """Everything that was worked out, before it is arranged."""

    by_seed: Mapping[int, Figures]
    baselines: Mapping[str, Figures]
    supervised_ceiling: Figures | None
    data: Figures
    notes: list[str]


def describe_data(file: str, judged: Judged, split: Split, times: np.ndarray, refused: Mapping[str, int]) -> Figures:
    """What was judged; `times` (ms) has one entry for each row. The file's path is left out: reports are passed on."""
    fraud = None if judged.label is None else int(judged.label.sum())
    return {
        "file": file,
        "rows": len(times),
        "from": as_text(int(times.min())),
        "to": as_text(int(times.max())),
        "cut": as_text(split.cut_ms),
        "train_rows": int(split.train.sum()),
        "judged_rows": judged.rows,
        "judged_days": round((int(times.max()) - split.cut_ms) / 86_400_000, 2),
        "judged_accounts": len(set(judged.account)),
        "judged_fraud": fraud,
        "judged_fraud_share": None if fraud is None else fraud / judged.rows,
        "judged_fraud_money_eur": None
        if judged.label is None
        else round(float(judged.amount_eur[judged.label == 1].sum()), 2),
        "fraud_by_scenario": {name: int((judged.scenario == name).sum()) for name in judged.scenarios},
        "refused_rows": dict(refused),
    }


def describe_settings(options: Options, trainer: TrainerSettings) -> Figures:
    """What another run needs to give the same figures."""
    return {
        "train_share": options.train_share,
        "budgets": [budget_name(budget) for budget in options.budgets],
        "shown_budget": budget_name(options.shown_budget),
        "without": list(options.without),
        "currency": options.currency,
        "cards_a_day": options.cards_a_day,
        "columns": dict(options.columns),
        "forest_trees": trainer.forest_trees,
        "forest_samples": trainer.forest_samples,
        "alert_budget": trainer.alert_budget,
        "features": list(FEATURE_NAMES),
    }


def assemble(results: Results, settings: Figures) -> Figures:
    """Arrange data, settings, mean and spread over seeds, seeds, baselines and notes."""
    seeds = list(results.by_seed.values())
    mean = mean_of(seeds)
    return {
        **{name: mean[name] for name in SAME_PLACE},
        "data": results.data,
        "settings": settings,
        "seeds": list(results.by_seed),
        "mean": mean,
        "spread": spread_of(seeds),
        "by_seed": {str(seed): figures for seed, figures in results.by_seed.items()},
        "baselines": dict(results.baselines),
        "supervised_ceiling": results.supervised_ceiling,
        "notes": results.notes,
    }


def write_json(report: Figures, folder: Path) -> Path:
    """Write report.json, strict JSON without NaN."""
    target = folder / "report.json"
    target.write_text(json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")
    return target
