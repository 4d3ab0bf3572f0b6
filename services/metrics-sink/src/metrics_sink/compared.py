"""Predictions beside labels, row by row or transaction by transaction: what is counted, and what is refused.

The same rules and words for lists, arrays, pandas and Spark (`compared_in_spark`). Nothing heavy is imported here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from metrics_sink.figures.quality import Confusion
from vigie_runtime import InputError

FLAG_COLUMNS: Final = ("is_anomaly", "prediction", "flagged")
TRUTH_COLUMNS: Final = ("is_fraud", "label", "actual")
KEY: Final = "transaction_id"
PREDICTIONS: Final = "predictions"
TRUTHS: Final = "truths"

TRUE: Final = "true"
FALSE: Final = "false"
MISSING: Final = "missing"
OTHER: Final = "other"
"""Of values: neither true nor false, such as a score."""


@dataclass
class Rows:
    """How many of each kind of value there are, what is wrong with the rows, and the least example of it."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows by kind of prediction and kind of truth."""
    other: object = None
    """The least value that is neither true nor false, of predictions before truths."""
    unnamed: Counter[str] = field(default_factory=Counter)
    """Rows without a transaction_id, by side."""
    repeated: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    """By side: how many transactions stand there more than once, and the least of them."""
    unmatched: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    """By side: how many transactions the other side lacks, and the least of them."""

    def confusion(self) -> Confusion:
        """The counts; raises InputError where the rows do not make pairs of true or false."""
        self._require_pairs()
        self._require_values()
        confusion = Confusion()
        for (flag, truth), count in self.kinds.items():
            confusion.add(flagged=flag == TRUE, is_fraud=truth == TRUE, times=count)
        return confusion

    def _require_pairs(self) -> None:
        for side in (PREDICTIONS, TRUTHS):
            if self.unnamed[side]:
                raise InputError(f"{self.unnamed[side]} rows of the {side} have no {KEY}: leave them out first.")
        for side in (PREDICTIONS, TRUTHS):
            count, example = self.repeated.get(side, (0, None))
            if count:
                raise InputError(
                    f"{count} transactions stand more than once among the {side}, such as {example!r}: "
                    "give one row each."
                )
        (alone, first), (lonely, second) = (self.unmatched.get(side, (0, None)) for side in (PREDICTIONS, TRUTHS))
        if alone or lonely:
            example = min(name for name in (first, second) if name is not None)
            raise InputError(
                f"{alone} predictions have no truth and {lonely} truths no prediction, such as {example!r}: "
                "leave them out first, or give what is missing."
            )

    def _require_values(self) -> None:
        if any(OTHER in pair for pair in self.kinds):
            raise InputError(
                f"{self.other!r} is neither true nor false (1 or 0): apply the threshold to scores first, and name "
                "fraud 1."
            )
        missing = sum(count for pair, count in self.kinds.items() if MISSING in pair)
        if missing:
            raise InputError(f"{missing} rows have no prediction or no truth: leave them out first.")


def compared(predictions: Any, actual: Any) -> Confusion:
    """Counts of predictions against labels; raises InputError where they do not match (see `Rows`).

    Both are lists, one-dimensional arrays or series of equal length, or frames with a column of FLAG_COLUMNS and one of
    TRUTH_COLUMNS. Two frames that both have transaction_id are compared by it, all others by position.
    """
    flags, truths = _values(predictions, FLAG_COLUMNS), _values(actual, TRUTH_COLUMNS)
    rows = Rows()
    names = [_names(frame) for frame in (predictions, actual)]
    if names[0] is None or names[1] is None:
        if len(flags) != len(truths):
            raise InputError(f"There are {len(flags)} predictions and {len(truths)} truths: give one for each.")
    else:
        by_name = _by_name(rows, PREDICTIONS, names[0], flags), _by_name(rows, TRUTHS, names[1], truths)
        _note_unmatched(rows, *by_name)
        shared = [name for name in by_name[0] if name in by_name[1]]
        flags, truths = [by_name[0][name] for name in shared], [by_name[1][name] for name in shared]
    rows.kinds.update(zip(map(kind_of, flags), map(kind_of, truths), strict=True))
    rows.other = least([value for value in flags if kind_of(value) == OTHER])
    if rows.other is None:
        rows.other = least([value for value in truths if kind_of(value) == OTHER])
    return rows.confusion()


def column(columns: Sequence[Any], wanted: tuple[str, ...]) -> str:
    """The first of the wanted columns that is there; raises InputError for none, and for one that is there twice."""
    found = next((name for name in wanted if name in columns), None)
    if found is None:
        raise InputError(f"The frame has no column {' or '.join(wanted)}; it has {', '.join(map(str, columns))}.")
    if list(columns).count(found) > 1:
        raise InputError(f"The frame has the column {found} twice: leave one out first.")
    return found


def kind_of(value: Any) -> str:
    """TRUE, FALSE, MISSING or OTHER."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return MISSING
    if not isinstance(value, str) and _is(value != value):  # NaN, whatever its type
        return MISSING
    if _is(value == 1):
        return TRUE
    return FALSE if _is(value == 0) else OTHER


def least(values: Sequence[Any]) -> object:
    """The least value; of values that have no order, the one that is written first."""
    if not values:
        return None
    try:
        return min(values)
    except TypeError:
        return min(values, key=repr)


def _is(comparison: Any) -> bool:
    return type(comparison).__name__ in ("bool", "bool_") and bool(comparison)


def _values(values: Any, columns: tuple[str, ...]) -> list[Any]:
    """A frame's column, a series, an array or any iterable, as plain values."""
    if hasattr(values, "columns"):
        values = values[column(list(values.columns), columns)]
    plain: Iterable[Any] = values.tolist() if hasattr(values, "tolist") else values
    return list(plain)


def _names(frame: Any) -> list[str | None] | None:
    """Each row's transaction_id as text; None where the frame has none."""
    if not hasattr(frame, "columns") or KEY not in list(frame.columns):
        return None
    return [None if kind_of(name) == MISSING else str(name) for name in frame[column(list(frame.columns), (KEY,))]]


def _by_name(rows: Rows, side: str, names: Sequence[str | None], values: Sequence[Any]) -> Mapping[str, Any]:
    counts = Counter(names)
    rows.unnamed[side] = counts.pop(None, 0)
    repeated = [name for name, count in counts.items() if name is not None and count > 1]
    rows.repeated[side] = (len(repeated), min(repeated, default=None))
    return {name: value for name, value in zip(names, values, strict=True) if name is not None}


def _note_unmatched(rows: Rows, flags: Mapping[str, Any], truths: Mapping[str, Any]) -> None:
    for side, ours, theirs in ((PREDICTIONS, flags, truths), (TRUTHS, truths, flags)):
        alone = [name for name in ours if name not in theirs]
        rows.unmatched[side] = (len(alone), min(alone, default=None))
