"""Times of a file, whatever form they have, as milliseconds since 1970 UTC."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from vigie_runtime import InputError
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS

HOW = "Write 2025-01-31T12:00:00Z, or milliseconds since 1970"


def milliseconds(values: pd.Series) -> pd.Series:
    """One float for each row, milliseconds since 1970, NaN where there is no time; raise InputError if unreadable.

    Times without a zone are UTC.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return _of_times(pd.to_datetime(values, utc=True))
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _in_range(values.astype("float64"))
    numbers = as_numbers(values)
    if values.notna().any() and numbers.notna().sum() == values.notna().sum():
        return _in_range(numbers)
    return _of_times(_parsed(values))


def as_numbers(values: pd.Series) -> pd.Series:
    """One float for each row, NaN for what is not a number."""
    return pd.Series(pd.to_numeric(values, errors="coerce"), index=values.index, dtype="float64")


def as_text(timestamp_ms: int) -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parsed(values: pd.Series) -> pd.Series:
    times = pd.to_datetime(values.astype(str).where(values.notna()), utc=True, errors="coerce", format="ISO8601")
    wrong = times.isna() & values.notna()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"ts of row {row + 1} is {values.iloc[row]!r}, not a date that can be read "
            f"({int(wrong.sum()):,} rows are like that). {HOW}."
        )
    return times


def _of_times(times: pd.Series) -> pd.Series:
    whole = times.astype("datetime64[ms, UTC]").astype("int64").astype("float64")
    return whole.where(times.notna())


def _in_range(numbers: pd.Series) -> pd.Series:
    known = numbers.dropna()
    if len(known) and not known.between(EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS).mean() > 0.5:
        raise InputError(
            f"ts holds numbers such as {known.iloc[0]:.0f}, not milliseconds since 1970 in this century. {HOW}."
        )
    return numbers.round()
