"""The figures a model card shows, and the kind of fraud that is found least."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from trainer.quality.ranking import BUDGETS, EvaluatedRows, Figures, Floats, budget_name, nearest_budget, ranking
from trainer.quality.ranking import recall_by_scenario as recalls
from trainer.quality.sampled_recall import SampledRecall

MIN_FRAUD: Final = 20
"""Known frauds from which figures are shown: with fewer, one fraud more or less moves recall by over 5 points."""
MIN_FRAUD_OF_SCENARIO: Final = 5
"""Frauds from which a scenario may be called the worst while another has as many: one miss is no pattern."""

MAX_SCENARIOS: Final = 20
"""Scenarios shown one by one: labels may name any number."""
MAX_NAME_CHARACTERS: Final = 60
"""Characters shown of a scenario's name, which may have any number too."""


@dataclass(frozen=True)
class AtBudget:
    """What comes of flagging the highest share of rows."""

    budget: float
    precision: float
    recall: float
    false_positive_rate: float


@dataclass(frozen=True)
class ScenarioRecall:
    """Share of one scenario's fraud among the flagged rows of all, in the order of the budgets."""

    name: str
    fraud: int
    recall: tuple[float, ...]


@dataclass(frozen=True)
class Measured:
    """How well scores put fraud first."""

    roc_auc: float
    average_precision: float
    at_budget: tuple[AtBudget, ...]
    scenarios: tuple[ScenarioRecall, ...]
    """Most fraud first."""
    worst: ScenarioRecall | None
    """None where no label names a scenario."""

    @property
    def listed(self) -> tuple[ScenarioRecall, ...]:
        """Scenarios to show one by one: those with most fraud, and the worst one whatever its size."""
        most = self.scenarios[:MAX_SCENARIOS]
        return most if self.worst is None or self.worst in most else (*most[:-1], self.worst)

    @property
    def shown(self) -> int:
        """Place of the budget at which scenarios are compared."""
        budgets = [at.budget for at in self.at_budget]
        return budgets.index(nearest_budget(budgets))


@dataclass(frozen=True)
class ModelQuality:
    """What is known of a forest's quality, and on which rows."""

    basis: str
    """Which rows, as the end of `Measured on ...`."""
    asked: int = 0
    """How many those are."""
    rows: int = 0
    """Those of them whose truth is known."""
    fraud: int = 0
    measured: Measured | None = None
    """None while too little fraud is known."""
    trouble: str | None = None
    """Why labels could not be read."""
    sampled: SampledRecall | None = None
    """What alerts miss, where enough was answered that was asked about by chance."""


def measured_quality(
    evaluated: EvaluatedRows, scores: Floats, basis: str, asked: int, budgets: Sequence[float] = BUDGETS
) -> ModelQuality:
    """Quality on the evaluated of the rows asked about; without figures while fewer than MIN_FRAUD are fraud."""
    if evaluated.label is None:
        return ModelQuality(basis, asked)
    fraud = int(evaluated.label.sum())
    known = fraud >= MIN_FRAUD and evaluated.has_both_classes
    return ModelQuality(
        basis, asked, evaluated.rows, fraud, _measure(evaluated, scores, sorted(budgets)) if known else None
    )


def metrics_of(quality: ModelQuality) -> dict[str, float]:
    """By name as MLflow takes it: `quality_roc_auc`, `quality_recall_at_0_01`, `quality_recall_at_0_01/burst`."""
    named: dict[str, float] = {"quality_known_rows": quality.rows, "quality_known_fraud": quality.fraud}
    named |= quality.sampled.metrics() if quality.sampled else {}
    if quality.measured is None:
        return named
    measured = quality.measured
    named |= {"quality_roc_auc": measured.roc_auc, "quality_average_precision": measured.average_precision}
    for place, at in enumerate(measured.at_budget):
        budget = budget_name(at.budget).replace(".", "_")
        named |= {
            f"quality_precision_at_{budget}": at.precision,
            f"quality_recall_at_{budget}": at.recall,
            f"quality_false_positive_rate_at_{budget}": at.false_positive_rate,
        }
        for scenario in measured.listed:
            named[f"quality_recall_at_{budget}/{_metric_part(scenario.name)}"] = scenario.recall[place]
    return named


def _metric_part(name: str) -> str:
    """A scenario's name may hold any character; MLflow takes few."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:MAX_NAME_CHARACTERS]


def _measure(evaluated: EvaluatedRows, scores: Floats, budgets: Sequence[float]) -> Measured:
    figures = ranking(evaluated, scores, budgets)
    at_budget = cast("dict[str, dict[str, float]]", figures["at_budget"])
    scenarios = _scenarios(recalls(evaluated, scores, budgets), budgets)
    return Measured(
        roc_auc=cast("float", figures["roc_auc"]),
        average_precision=cast("float", figures["average_precision"]),
        at_budget=tuple(_at(budget, at_budget[budget_name(budget)]) for budget in budgets),
        scenarios=scenarios,
        worst=worst_scenario(scenarios, budgets.index(nearest_budget(budgets))),
    )


def _at(budget: float, figures: dict[str, float]) -> AtBudget:
    return AtBudget(budget, figures["precision"], figures["recall"], figures["false_positive_rate"])


def _scenarios(figures: Figures, budgets: Sequence[float]) -> tuple[ScenarioRecall, ...]:
    by_name = cast("dict[str, dict[str, float]]", figures)
    listed = [
        ScenarioRecall(name, int(of["fraud"]), tuple(of[budget_name(budget)] for budget in budgets))
        for name, of in by_name.items()
    ]
    return tuple(sorted(listed, key=lambda scenario: (-scenario.fraud, scenario.name)))


def worst_scenario(scenarios: Sequence[ScenarioRecall], shown: int) -> ScenarioRecall | None:
    """Least recall at the shown budget, then over all budgets, then the one with more fraud; None without scenarios."""
    enough = [scenario for scenario in scenarios if scenario.fraud >= MIN_FRAUD_OF_SCENARIO] or scenarios
    return min(
        enough,
        key=lambda scenario: (scenario.recall[shown], sum(scenario.recall), -scenario.fraud, scenario.name),
        default=None,
    )
