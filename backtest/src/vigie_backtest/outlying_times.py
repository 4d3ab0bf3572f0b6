"""Rows far from all others in time, which would decide where learning ends and evaluation begins."""

from typing import Final

import numpy as np
import pandas as pd

from vigie_backtest.times import as_text
from vigie_runtime import InputError

MIDDLE: Final = 0.98
"""The share of rows whose span is the measure: up to a hundredth of the rows may lie astray on either side."""
MAX_DISTANCE: Final = 1.0
"""In spans of the middle: what lies further off belongs to another time, such as a default year of 1970 or 2099."""


def without_outlying_times(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """The rows without those far off in the column timestamp_ms, which is sorted; adds a note of how many, and when.

    Raises InputError where a time far off is that of more than a hundredth of the rows.
    """
    times = frame["timestamp_ms"].to_numpy()
    first, last = (int(times[int(share * (len(times) - 1))]) for share in ((1 - MIDDLE) / 2, (1 + MIDDLE) / 2))
    allowed = max(MAX_DISTANCE * (last - first), 86_400_000)
    outlying = (times < first - allowed) | (times > last + allowed)
    if not outlying.any():
        _require_one_span(times)
        return frame
    found = times[outlying]
    notes.append(
        f"{int(outlying.sum()):,} rows are dated {as_text(int(found[0]))} to {as_text(int(found[-1]))}, far from "
        f"{as_text(first)} to {as_text(last)} where the others lie: they were left out. Are their dates right?"
    )
    return frame.loc[~outlying]


def _require_one_span(times: np.ndarray) -> None:
    """More rows astray than a hundredth are no slip of a few: two files in one, or two units of time."""
    middle = times[len(times) // 4 : max(3 * len(times) // 4, 1)]
    if not len(middle):
        return
    span = max(int(middle[-1] - middle[0]), 86_400_000)
    gaps = np.diff(times)
    if len(gaps) and int(gaps.max()) > 20 * span:
        place = int(gaps.argmax())
        raise InputError(
            f"No row lies between {as_text(int(times[place]))} and {as_text(int(times[place + 1]))}, a gap twenty "
            f"times as long as half of all rows take ({place + 1:,} rows before it, {len(times) - place - 1:,} after). "
            "Check the unit of the times, or give a file of one period."
        )
