"""Sentences of a report on what was refused, left out, and which figures are empty and why."""

from collections.abc import Mapping
from typing import cast

from trainer.quality.ranking import EvaluatedRows, Figures, budget_name


def notes_on(evaluated: EvaluatedRows, ceiling: Figures | None, refused: dict[str, int]) -> list[str]:
    """Sentences on what was refused and which figures are empty."""
    notes = [f"{count:,} rows were refused ({reason}) and not scored." for reason, count in sorted(refused.items())]
    if evaluated.label is not None and not evaluated.label.any():
        notes.append("The evaluated part holds no fraud: figures that need it are empty.")
    elif evaluated.label is not None and evaluated.label.all():
        notes.append("The evaluated part holds fraud only: figures that need normal rows are empty.")
    if evaluated.label is not None and ceiling is None:
        notes.append("The train part holds too little labelled fraud for a supervised ceiling.")
    return notes


def notes_on_ties(by_seed: Mapping[int, Figures], budget: float) -> list[str]:
    """A sentence for each seed whose equal scores leave fewer alerts than the budget has room for."""
    notes = []
    for seed, figures in by_seed.items():
        at = cast("Mapping[str, Mapping[str, float]]", figures["at_budget"])[budget_name(budget)]
        alerts, reached = at["alerts"], at["alerts_at_threshold"]
        if reached < alerts:
            notes.append(
                f"Seed {seed}: equal scores stand where {budget:.2%} are flagged. Alerts shown one by one are the "
                f"{reached:,.0f} rows above them, of {alerts:,.0f}; precision and recall count equal ones by chance."
            )
    return notes
