"""Labels that come late: what was known when the forest was learned, and what came of it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from trainer.forest import unusualness
from trainer.quality.ranking import EvaluatedRows, Figures
from trainer.second_stage import MIN_FRAUDS, KnownTruth
from trainer.trained import Trained
from vigie_backtest.averaging import mean_of
from vigie_backtest.figures import compared
from vigie_backtest.options import Options
from vigie_runtime import InputError
from vigie_schemas import FEATURE_NAMES


def require_labels(options: Options, *, labelled: bool) -> None:
    """Raise InputError where labels are to teach and the file has none."""
    if options.labels is not None and not labelled:
        raise InputError("The file has no labels that could teach. Name their column with --column label=NAME.")


def truth_at(learned: pd.DataFrame, cut_ms: int, delay_ms: int) -> KnownTruth:
    """The truth of each row by the labels that had come by the cut; NaN where none had.

    Needs columns timestamp_ms and label; an element a row.
    """
    has_come = (learned["timestamp_ms"] + delay_ms <= cut_ms).to_numpy()
    return np.where(has_come, learned["label"].to_numpy(np.float64, na_value=np.nan), np.nan)


def forest_alone(
    trained: Sequence[Trained], features: pd.DataFrame, evaluated: EvaluatedRows, options: Options
) -> Figures:
    """Figures of the same forests without their second stages, mean over the seeds.

    `features` are those of the evaluated rows, with columns FEATURE_NAMES.
    """
    matrix = features[list(FEATURE_NAMES)].to_numpy(np.float64)
    scores = (unusualness(each.forest, matrix) for each in trained)
    return mean_of([compared(evaluated, score, options.budgets, options.cards_a_day) for score in scores])


def notes_on_labels(trained: Mapping[int, Trained], options: Options) -> list[str]:
    """A sentence for each seed on what the labels taught; none where no label was to teach."""
    if options.labels is None:
        return []
    return [_note(seed, each) for seed, each in trained.items()]


def _note(seed: int, trained: Trained) -> str:
    second_stage = trained.second_stage
    if second_stage is None:
        return (
            f"Seed {seed}: the forest scores alone. Fewer than {MIN_FRAUDS} frauds were known at the cut, or what was "
            "learned from them put held-out fraud no higher than the forest does."
        )
    numbers = second_stage.combination
    return (
        f"Seed {seed}: {numbers.frauds:,} frauds and {numbers.others:,} other rows, known at the cut, taught a second "
        f"stage of weight {numbers.weight:.2f}. On held-out parts of them average precision rose from "
        f"{second_stage.forest_precision:.3f} to {second_stage.combined_precision:.3f}."
    )
