"""The report as one dictionary, in the layout that report.json, the page and MLflow share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trainer.model_card import utc_text
from trainer.quality.measured import ModelQuality, measured_quality
from trainer.quality.ranking import EvaluatedRows, Figures, Floats, budget_name
from trainer.quality.section import plain
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


def describe_data(
    file: str, evaluated: EvaluatedRows, split: Split, times: np.ndarray, refused: Mapping[str, int]
) -> Figures:
    """What was evaluated; `times` (ms) has one entry for each row. No path of the file: reports are passed on."""
    fraud = None if evaluated.label is None else int(evaluated.label.sum())
    return {
        "file": file,
        "rows": len(times),
        "from": as_text(int(times.min())),
        "to": as_text(int(times.max())),
        "cut": as_text(split.cut_ms),
        "train_rows": int(split.train.sum()),
        "evaluated_rows": evaluated.rows,
        "evaluated_days": round((int(times.max()) - split.cut_ms) / 86_400_000, 2),
        "evaluated_accounts": len(set(evaluated.account)),
        "evaluated_fraud": fraud,
        "evaluated_fraud_share": None if fraud is None else fraud / evaluated.rows,
        "evaluated_fraud_money_eur": None
        if evaluated.label is None
        else round(float(evaluated.amount_eur[evaluated.label == 1].sum()), 2),
        "fraud_by_scenario": {name: int((evaluated.scenario == name).sum()) for name in evaluated.scenarios},
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
        "labels": options.labels,
        "answers": options.answers,
        "lies": options.lies,
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


def as_json(report: Figures) -> str:
    """The text of report.json, strict JSON without NaN."""
    return json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def card_name(options: Options, seed: int) -> str:
    """Stands where a registered model's card names its version."""
    return f"backtest on {plain(options.data.name)}, seed {seed}"


def quality_of(evaluated: EvaluatedRows, scores: Floats, options: Options, split: Split) -> ModelQuality:
    """Quality on the rows that the forest had not seen."""
    basis = f"the file's rows from {utc_text(split.cut_ms)} on, which it had not seen"
    if options.without:
        basis += f" (without {', '.join(plain(name) for name in options.without)})"
    if evaluated.label is None:
        return ModelQuality(basis, evaluated.rows, trouble="The file has no labels.")
    return measured_quality(evaluated, scores, basis, evaluated.rows, options.budgets)
