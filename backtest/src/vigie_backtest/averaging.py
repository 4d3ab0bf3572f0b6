"""Mean and spread over seeds of figures that all have the same layout."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from trainer.quality.ranking import Figures


def mean_of(figures: Sequence[Mapping[str, object]]) -> Figures:
    """Numbers averaged at every depth; None where a seed has None; lists and texts are left out."""
    return _combine(figures, lambda values: float(np.mean(values)))


def spread_of(figures: Sequence[Mapping[str, object]]) -> Figures:
    """Sample standard deviation over seeds; None with one seed."""
    return _combine(figures, lambda values: float(np.std(values, ddof=1)) if len(values) > 1 else None)


def flat(figures: Mapping[str, object], prefix: str = "") -> dict[str, float]:
    """`at_budget/0.01/recall` → number, without the figures that are None."""
    numbers: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            numbers |= flat(value, f"{prefix}{name}/")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            numbers[f"{prefix}{name}"] = float(value)
    return numbers


def _combine(figures: Sequence[Mapping[str, object]], of: Callable[[list[float]], float | None]) -> Figures:
    combined: Figures = {}
    for name in dict.fromkeys(name for each in figures for name in each):
        values = [each.get(name) for each in figures]
        parts = [value for value in values if isinstance(value, Mapping)]
        if parts:
            combined[name] = _combine([value if isinstance(value, Mapping) else {} for value in values], of)
        elif all(value is None or isinstance(value, (int, float)) for value in values):
            numbers = [float(value) for value in values if isinstance(value, (int, float))]
            combined[name] = of(numbers) if len(numbers) == len(values) else None
    return combined
