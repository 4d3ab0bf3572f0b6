"""The file's values as transactions in order of their time, with notes on what was changed or left out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from vigie_backtest.times import as_numbers, milliseconds
from vigie_runtime import InputError, load_settings
from vigie_runtime.pseudonyms import Pseudonyms, PseudonymSettings, is_account_number, load_pseudonyms, needs_pseudonym

NUMBERS = ("amount", "lat", "lon")
TEXTS = ("merchant_id", "category", "country", "scenario")


@dataclass(frozen=True)
class Transactions:
    """Rows in order of time; index is the row's number, label is 1, 0 or NaN where unknown."""

    frame: pd.DataFrame
    labelled: bool
    notes: list[str] = field(default_factory=list)


def pseudonyms_of_the_environment() -> Pseudonyms:
    """Under the key that `generator replay` takes too, so that an account has one name in reports and in topics."""
    return load_pseudonyms(load_settings(PseudonymSettings))


def as_transactions(
    raw: pd.DataFrame, currency: str, pseudonyms: Callable[[], Pseudonyms] = pseudonyms_of_the_environment
) -> Transactions:
    """Check types, labels and dates and sort; raise InputError with the first thing that cannot be used.

    Needs columns account_id, ts and amount, and uses the others of reading where they exist.
    `pseudonyms` is asked only where a name needs one, so that no key is made for a file without account numbers.
    """
    notes: list[str] = []
    given = {str(name): pd.Series(values) for name, values in raw.items()}
    frame = pd.DataFrame({"account_id": _accounts(given["account_id"], pseudonyms, notes)})
    frame["timestamp_ms"] = milliseconds(given["ts"])
    for name in NUMBERS:
        frame[name] = _numbers(given[name], name) if name in given else np.nan
    for name in TEXTS:
        frame[name] = given[name].where(given[name].notna(), None).astype(object) if name in given else None
    frame["merchant_id"] = _renamed(pd.Series(frame["merchant_id"]), is_account_number, pseudonyms)[0]
    frame["currency"] = given["currency"].fillna(currency) if "currency" in given else currency
    frame["label"] = _labels(given["label"], notes) if "label" in given else np.nan
    frame = _without_repeats(frame, raw, notes)
    frame = _in_order_of_time(frame, notes)
    labelled = bool(frame["label"].notna().any())
    if not labelled:
        notes.append("The file has no labels: figures that need them are empty, scores and alerts are there.")
    elif "scenario" not in given:
        notes.append("The file has no scenario column: no figure is split by scenario.")
    frame["scenario"] = frame["scenario"].where(frame["label"] == 1, None)
    return Transactions(frame.reset_index(drop=True), labelled, notes)


def _in_order_of_time(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    timeless = int(frame["timestamp_ms"].isna().sum())
    if timeless:
        notes.append(f"{timeless:,} rows have no time and were left out.")
        frame = frame.dropna(subset=["timestamp_ms"])
    if frame.empty:
        raise InputError("No row has a time. Say which column holds it with --column ts=THEIR_NAME.")
    if not frame.set_index("timestamp_ms").index.is_monotonic_increasing:
        notes.append("The rows were not in order of time and were sorted.")
        frame = frame.sort_values("timestamp_ms", kind="stable")
    return frame.astype({"timestamp_ms": "int64"})


def _without_repeats(frame: pd.DataFrame, raw: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    if "transaction_id" not in raw:
        return frame
    repeats = raw["transaction_id"].duplicated() & raw["transaction_id"].notna()
    if repeats.any():
        notes.append(f"{int(repeats.sum()):,} rows repeat an earlier transaction_id and were left out.")
    return frame.loc[~repeats]


def _accounts(values: pd.Series, pseudonyms: Callable[[], Pseudonyms], notes: list[str]) -> pd.Series:
    """Names the contract takes; card numbers, IBANs and other texts get a stable pseudonym."""
    named, renamed = _renamed(values, needs_pseudonym, pseudonyms)
    if renamed:
        notes.append(f"{renamed:,} accounts have names the contract refuses; they go by pseudonyms here.")
    return named


def _renamed(
    values: pd.Series, is_hidden: Callable[[str], bool], pseudonyms: Callable[[], Pseudonyms]
) -> tuple[pd.Series, int]:
    """The same names as text, those to hide by their pseudonyms and None where there is none; how many were hidden."""
    names = {name: str(name) for name in values.dropna().unique()}
    hidden = [name for name, text in names.items() if is_hidden(text)]
    if hidden:
        keyed = pseudonyms()
        names |= {name: keyed.of(names[name]) for name in hidden}
    return values.map(names).where(values.notna(), None).astype(object), len(hidden)


def _numbers(values: pd.Series, name: str) -> pd.Series:
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        raise InputError(
            f"{name} holds {values.dtype}, not numbers. Say which column is meant with --column {name}=..."
        )
    numbers = as_numbers(values)
    wrong = numbers.isna() & values.notna() & (values.astype(str).str.lower() != "nan")
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{name} of row {row + 1} is {values.iloc[row]!r}, not a number ({int(wrong.sum()):,} rows are like that). "
            "Write numbers plainly, such as 1234.50."
        )
    return numbers


def _labels(values: pd.Series, notes: list[str]) -> pd.Series:
    labels = as_numbers(values)
    wrong = (labels.isna() & values.notna()) | (labels.notna() & ~labels.isin([0, 1]))
    if wrong.any():
        found = ", ".join(dict.fromkeys(map(str, values.to_numpy()[wrong.to_numpy()])))[:60]
        raise InputError(f"label holds {found}. It must be 1 for fraud and 0 for the rest; convert it.")
    gaps = int(labels.isna().sum())
    if 0 < gaps < len(labels):
        notes.append(f"{gaps:,} rows have no label: they stay in the histories and are not evaluated.")
    if (labels.dropna() == 1).all() and gaps < len(labels):
        raise InputError("Every label is 1. Quality cannot be evaluated without normal transactions; add them.")
    if (labels.dropna() == 0).all() and gaps < len(labels):
        notes.append("Every label is 0: figures that need fraud are empty.")
    return labels
