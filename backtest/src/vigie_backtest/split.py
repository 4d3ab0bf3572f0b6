"""Which rows are learned from and which are evaluated."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vigie_backtest.options import MIN_EVALUATED_ROWS, MIN_TRAIN_ROWS
from vigie_runtime import InputError


@dataclass(frozen=True)
class Split:
    """Row masks; a row is in neither when it is set aside, unlabelled or refused."""

    cut_ms: int
    train: NDArray[np.bool_]
    evaluated: NDArray[np.bool_]


def split_by_time(
    frame: pd.DataFrame, train_share: float, *, without: tuple[str, ...], labelled: bool, accepted: NDArray[np.bool_]
) -> Split:
    """Train before the cut in the time span, evaluate from it on; raise InputError when a part is too small.

    Needs columns timestamp_ms, scenario and label; `accepted` has one entry for each row.
    """
    times = frame["timestamp_ms"].to_numpy()
    first, last = int(times.min()), int(times.max())
    cut = first + round(train_share * (last - first))
    train = accepted & (times < cut)
    evaluated = accepted & (times >= cut) & ~frame["scenario"].isin(without).to_numpy()
    if labelled:
        evaluated &= frame["label"].notna().to_numpy()
    if train.sum() < MIN_TRAIN_ROWS:
        raise InputError(
            f"{int(train.sum()):,} rows lie in the first {train_share:.0%} of the time span, and {MIN_TRAIN_ROWS:,} "
            "are needed to learn from. Give more rows, or raise --train-share."
        )
    if evaluated.sum() < MIN_EVALUATED_ROWS:
        raise InputError(
            f"{int(evaluated.sum()):,} rows are left to evaluate in the last {1 - train_share:.0%} of the time span, "
            f"and {MIN_EVALUATED_ROWS:,} are needed for figures that mean something. "
            "Give a longer span, lower --train-share or leave out fewer scenarios."
        )
    return Split(cut, train, evaluated)


def require_scenarios(frame: pd.DataFrame, without: tuple[str, ...]) -> None:
    """Raise InputError when a scenario to leave out is not in the column scenario."""
    there = sorted(frame["scenario"].dropna().unique())
    unknown = [name for name in without if name not in there]
    if unknown:
        known = f"The file has: {', '.join(there)}." if there else "The file names no scenario; leave --without out."
        raise InputError(f"There is no scenario {', '.join(unknown)}. {known}")
