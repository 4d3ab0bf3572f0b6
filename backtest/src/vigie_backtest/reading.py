"""A file's rows as transactions in order of their time, with notes on what was taken, changed or left out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.util import hash_array

from vigie_backtest.options import Options
from vigie_backtest.outlying_times import without_outlying_times
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.mapping import Mapping
from vigie_intake.mapping_file import read_mapping
from vigie_intake.preparing import Prepared, prepare
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_runtime.rates import configured_rates

TEXTS: Final = ("account_id", "currency", "merchant_id", "payee_id", "category", "country", "scenario")
NOT_JUDGED: Final = ("channel", "device_id", "direction", "ip_country", "card_present")
"""No feature is computed from them; without them more rows fit."""
_NAMED: Final = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Transactions:
    """Rows in order of time; index is the row's number, texts are categories, label is 1, 0 or NaN where unknown."""

    frame: pd.DataFrame
    labelled: bool
    tally: IntakeTally
    mapping: Mapping
    notes: list[str] = field(default_factory=list)

    @property
    def refused(self) -> dict[str, int]:
        """Rows by the reason for which they are no transactions of the contract."""
        return {group.reason.value: group.rows for group in self.tally.groups() if group.reason.is_refusal}


def open_file(options: Options) -> Prepared:
    """The file of the options with the mapping that serves; raises InputError that says what to do."""
    mapping = None if options.mapping is None else read_mapping(options.mapping)
    return prepare(options.data, mapping=mapping, columns=options.columns, currency=options.currency)


def read_transactions(prepared: Prepared, pseudonyms: Callable[[], Pseudonyms]) -> Transactions:
    """All transactions of the file; raises InputError where it has none, or labels that say nothing.

    `pseudonyms` is asked only where a name needs one, so that no key is made for a file without account numbers.
    """
    tally = IntakeTally()
    table = _table(prepared.batches(pseudonyms, configured_rates().eur_per_unit, tally))
    notes = [*prepared.notes, *tally.sentences(), *_notes_on_times(tally)]
    table = _without_repeats(table, notes)
    frame = _frame(_in_order_of_time(table, notes))
    frame = without_outlying_times(frame, notes)
    labelled = bool(frame["label"].notna().any())
    notes += _notes_on_labels(frame, "scenario" if prepared.mapping.scenario else None)
    return Transactions(frame.reset_index(drop=True), labelled, tally, prepared.mapping, notes)


def _table(batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """One table; a name that stands in many rows is kept once, which is what lets ten million rows fit."""
    small = [_with_names_once(batch) for batch in batches]
    return pa.Table.from_batches(small).unify_dictionaries().combine_chunks()


def _with_names_once(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names if name not in NOT_JUDGED}
    columns |= {name: columns[name].dictionary_encode().cast(_NAMED) for name in TEXTS}
    # of a transaction's own name only equality matters: 64 bits instead of the text
    columns["transaction_id"] = pa.array(_hashes(columns["transaction_id"]))
    return pa.RecordBatch.from_pydict(columns)


def _hashes(ids: pa.Array) -> np.ndarray:
    """0 where there is none."""
    if ids.null_count == len(ids):
        return np.zeros(len(ids), dtype=np.uint64)
    texts = ids.to_numpy(zero_copy_only=False).astype(object)
    hashes = np.asarray(cast(Any, hash_array)(texts), dtype=np.uint64)  # pandas' own stub knows another type
    return np.where(pd.isna(texts), np.uint64(0), hashes)


def _without_repeats(table: pa.Table, notes: list[str]) -> pa.Table:
    ids = pd.Series(table.column("transaction_id").to_numpy())
    repeats = (ids.duplicated() & (ids != 0)).to_numpy()
    if not repeats.any():
        return table
    notes.append(f"{int(repeats.sum()):,} rows repeat an earlier transaction_id and were left out.")
    return table.filter(pa.array(~repeats))


def _in_order_of_time(table: pa.Table, notes: list[str]) -> pa.Table:
    times = table.column("timestamp_ms").to_numpy()
    if (times[1:] >= times[:-1]).all():
        return table
    notes.append("The rows were not in order of time and were sorted.")
    return table.take(pa.array(np.argsort(times, kind="stable")))


def _frame(table: pa.Table) -> pd.DataFrame:
    frame = table.drop_columns(["row", "transaction_id"]).to_pandas(self_destruct=True, split_blocks=True)
    frame["label"] = frame["label"].astype("float64")
    return frame


def _notes_on_times(tally: IntakeTally) -> list[str]:
    if not tally.only_day:
        return []
    return [
        f"{tally.only_day:,} of {tally.accepted:,} transactions have a date without a time, or one at midnight: what "
        "needs the time of day (tempo, speed, hour) is off for them."
    ]


def _notes_on_labels(frame: pd.DataFrame, scenario: str | None) -> list[str]:
    labels = frame["label"]
    gaps = int(labels.isna().sum())
    if gaps == len(labels):
        return ["The file has no labels: figures that need them are empty, scores and alerts are there."]
    known = labels.dropna()
    if (known == 1).all():
        raise InputError("Every label is 1. Quality cannot be evaluated without normal transactions; add them.")
    notes = []
    if gaps:
        notes.append(f"{gaps:,} rows have no label: they stay in the histories and are not evaluated.")
    if (known == 0).all():
        notes.append("Every label is 0: figures that need fraud are empty.")
    if scenario is None:
        notes.append("The file has no scenario column: no figure is split by scenario.")
    return notes
