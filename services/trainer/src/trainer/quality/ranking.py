"""How well scores put fraud first. Tied scores at a cut count by expectation, so no figure depends on row order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from trainer.thresholds import lowest_threshold

BUDGETS: Final = (0.001, 0.005, 0.01, 0.02)
"""Flagged shares at which quality is evaluated (docs/adr/0008)."""
SHOWN_BUDGET: Final = 0.01
"""Flagged share at which alerts are looked at one by one and scenarios are compared (docs/adr/0008)."""

Figures = dict[str, object]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EvaluatedRows:
    """The evaluated rows, in order of time: truth, money at stake, scenario and who paid when.

    label is 1 or 0; without labels it is None and every figure that needs fraud is None too.
    """

    label: NDArray[np.int8] | None
    amount_eur: Floats
    scenario: NDArray[np.object_]
    account: NDArray[np.object_]
    timestamp_ms: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """Number of evaluated rows."""
        return len(self.amount_eur)

    @property
    def has_both_classes(self) -> bool:
        """Whether there is fraud to find among normal rows."""
        return self.label is not None and 0 < int(self.label.sum()) < self.rows

    @property
    def scenarios(self) -> list[str]:
        """Names of the kinds of fraud there are."""
        if self.label is None:
            return []
        return sorted({str(name) for name in self.scenario[self.label == 1] if name is not None})

    def of(self, rows: NDArray[np.bool_]) -> "EvaluatedRows":
        """These rows alone."""
        return EvaluatedRows(
            None if self.label is None else self.label[rows],
            self.amount_eur[rows],
            self.scenario[rows],
            self.account[rows],
            self.timestamp_ms[rows],
        )


def budget_name(budget: float) -> str:
    """Key of a budget in reports, such as `0.01`."""
    return f"{budget:g}"


def nearest_budget(budgets: Sequence[float]) -> float:
    """SHOWN_BUDGET, or the nearest of those there are."""
    return min(budgets, key=lambda budget: abs(budget - SHOWN_BUDGET))


def ranking(evaluated: EvaluatedRows, scores: Floats, budgets: Sequence[float]) -> Figures:
    """roc_auc, average_precision and at_budget, by flagged share; one score for each evaluated row."""
    known = evaluated.has_both_classes
    return {
        "roc_auc": float(roc_auc_score(evaluated.label, scores)) if known else None,
        "average_precision": float(average_precision_score(evaluated.label, scores)) if known else None,
        "at_budget": {budget_name(budget): at_budget(evaluated, scores, budget) for budget in budgets},
    }


def flagged_rows(rows: int, budget: float) -> int:
    """Rows a budget flags: rounded, but at least one."""
    return min(rows, max(1, math.floor(budget * rows + 0.5)))


def flagged_weights(scores: Floats, count: int) -> Floats:
    """Each row's chance (0 to 1) to be among the `count` rows with the highest scores; rows as in `scores`."""
    cut = float(np.partition(scores, len(scores) - count)[len(scores) - count])
    above, tied = scores > cut, scores == cut
    share_of_tied = (count - int(above.sum())) / int(tied.sum())
    return above + share_of_tied * tied


def at_budget(evaluated: EvaluatedRows, scores: Floats, budget: float) -> Figures:
    """Precision, recall, false_positive_rate and money when the highest share of rows is flagged.

    `threshold` flags no more rows than that: `alerts_at_threshold`, which is fewer where equal scores stand at the cut.
    """
    count = flagged_rows(evaluated.rows, budget)
    threshold = budget_cut(scores, budget)
    figures: Figures = {
        "threshold": threshold,
        "alerts": float(count),
        "alerts_at_threshold": float(np.sum(scores >= threshold)),
    }
    return figures | confusion(evaluated, flagged_weights(scores, count))


def budget_cut(scores: Floats, budget: float) -> float:
    """The lowest threshold that flags no more rows than the budget does; equal scores at the cut are left out."""
    return lowest_threshold(np.sort(scores), flagged_rows(len(scores), budget))


def confusion(evaluated: EvaluatedRows, weights: Floats) -> Figures:
    """What flagging rows with these chances gives; None where the truth is not known or there is nothing to divide."""
    names = ("precision", "recall", "false_positive_rate", "true_alerts", "false_alerts", "money_caught_eur")
    if evaluated.label is None or not evaluated.rows:
        return {**dict.fromkeys((*names, "money_caught_share"))}
    fraud = evaluated.label == 1
    caught, flagged = float(weights[fraud].sum()), float(weights.sum())
    money = evaluated.amount_eur[fraud]
    money_caught = float((weights[fraud] * money).sum())
    return {
        "precision": _share(caught, flagged),
        "recall": _share(caught, float(fraud.sum())),
        "false_positive_rate": _share(flagged - caught, float((~fraud).sum())),
        "true_alerts": caught,
        "false_alerts": flagged - caught,
        "money_caught_eur": money_caught,
        "money_caught_share": _share(money_caught, float(money.sum())),
    }


def by_scenario(evaluated: EvaluatedRows, scores: Floats, budgets: Sequence[float]) -> Figures:
    """The ranking of each scenario's fraud against all normal rows."""
    return {
        name: ranking(evaluated.of(keep), scores[keep], budgets)
        for name in evaluated.scenarios
        if (keep := (evaluated.label == 0) | (evaluated.scenario == name)).any()
    }


def without_scenario(evaluated: EvaluatedRows, scores: Floats, budgets: Sequence[float]) -> Figures:
    """The ranking of all rows but one scenario's."""
    return {
        name: ranking(evaluated.of(keep), scores[keep], budgets)
        for name in evaluated.scenarios
        if (keep := evaluated.scenario != name).any()
    }


def recall_by_scenario(evaluated: EvaluatedRows, scores: Floats, budgets: Sequence[float]) -> Figures:
    """Share of each scenario's fraud among the flagged rows of all."""
    weights = {budget_name(budget): flagged_weights(scores, flagged_rows(evaluated.rows, budget)) for budget in budgets}
    return {
        name: {
            "fraud": float((evaluated.scenario == name).sum()),
            **{budget: float(chance[evaluated.scenario == name].mean()) for budget, chance in weights.items()},
        }
        for name in evaluated.scenarios
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
