"""A file's payments in the order of their time, in columns that fit into memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

import pyarrow as pa

from vigie_intake.fields.kernels import pc
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.preparing import Prepared
from vigie_runtime import load_settings
from vigie_runtime.pseudonyms import Pseudonyms, PseudonymSettings, load_pseudonyms
from vigie_schemas import Rates
from vigie_schemas.topics import DAY_MS


class TrialPayment(NamedTuple):
    """A payment of a file; its fields were checked when the file was read."""

    account_id: str
    timestamp_ms: int
    amount: float
    currency: str
    merchant_id: str | None
    category: str | None
    country: str | None
    channel: str | None
    device_id: str | None
    payee_id: str | None
    ip_country: str | None
    label: int
    """1, 0, or UNLABELLED."""


UNLABELLED: Final = -1
FIELDS: Final = TrialPayment._fields
ROWS_AT_ONCE: Final = 10_000
_KEPT: Final = (*FIELDS, "transaction_id", "row")
_NAMED: Final = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class TrialPayments:
    """`table` has one row a payment and the columns FIELDS and transaction_id; null is what is not known."""

    name: str
    table: pa.Table
    notes: tuple[str, ...]

    def rows(self) -> Iterator[TrialPayment]:
        """Each payment in the order of time."""
        for first in range(0, len(self.table), ROWS_AT_ONCE):
            part = self.table.slice(first, ROWS_AT_ONCE)
            yield from map(TrialPayment, *(_values(part.column(name)) for name in FIELDS))

    def lacks(self, field: str) -> bool:
        """Whether no payment has the field."""
        column = self.table.column(field)
        return column.null_count == len(column)

    @property
    def only_days(self) -> bool:
        """Whether the time of day of no payment is known."""
        times = self.table.column("timestamp_ms")
        midnights = pc.multiply(pc.divide(times, DAY_MS), DAY_MS)
        return pc.all(pc.equal(times, midnights)).as_py()

    @property
    def unlabelled(self) -> int:
        """Payments whose truth is not known."""
        return self.table.column("label").null_count


def read_payments(prepared: Prepared, rates: Rates) -> TrialPayments:
    """All payments of a source; accounts get the pseudonyms of the settings. Raises InputError, ConfigurationError."""
    naming = load_settings(PseudonymSettings)
    return in_time_order(prepared, rates, partial(load_pseudonyms, naming))


def in_time_order(prepared: Prepared, rates: Rates, pseudonyms: Callable[[], Pseudonyms]) -> TrialPayments:
    """As `read_payments`; `pseudonyms` is asked where a name first needs one. Raises InputError."""
    tally = IntakeTally()
    batches = [_small(batch) for batch in prepared.batches(pseudonyms, rates.eur_per_unit, tally)]
    table, repeats = _without_repeats(pa.Table.from_batches(batches).unify_dictionaries())
    notes = [*prepared.notes, *tally.sentences()]
    if repeats:
        notes.append(f"{repeats:,} rows repeat an earlier transaction_id and were left out.")
    order = pc.sort_indices(table, sort_keys=[("timestamp_ms", "ascending"), ("row", "ascending")])
    return TrialPayments(prepared.source.name, table.take(order).drop_columns(["row"]), tuple(notes))


def _small(batch: pa.RecordBatch) -> pa.RecordBatch:
    """What is kept of a batch; a name that stands in many rows is kept once."""
    columns = {name: batch.column(name) for name in _KEPT}
    for name, column in columns.items():
        if pa.types.is_string(column.type) and name != "transaction_id":
            columns[name] = column.dictionary_encode().cast(_NAMED)
    return pa.RecordBatch.from_pydict(columns)


def _without_repeats(table: pa.Table) -> tuple[pa.Table, int]:
    ids = table.column("transaction_id")
    if ids.null_count == len(ids):
        return table, 0
    first = table.group_by("transaction_id").aggregate([("row", "min")]).column("row_min")
    kept = pc.or_(pc.is_null(ids), pc.is_in(table.column("row"), value_set=first))
    return table.filter(kept), len(kept) - pc.sum(kept).as_py()


def _values(column: pa.ChunkedArray) -> list[Any]:
    """By way of numpy, which is many times faster than Arrow's own lists."""
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string()).to_numpy().tolist()
    return column.fill_null(UNLABELLED).to_numpy().tolist()
