"""Rows of a source as transactions of the contract, batch by batch, by a mapping."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa

from vigie_intake.fields.amounts import AmountReader, AmountVerdict
from vigie_intake.fields.columns import FieldPart, check_columns
from vigie_intake.fields.kernels import pc
from vigie_intake.fields.masks import masked, shortened
from vigie_intake.fields.readers import COUNTERPARTIES_AND_DEVICES, readers_of
from vigie_intake.fields.texts import joined, plain_text, word_text
from vigie_intake.fields.verdicts import FieldVerdict, flags
from vigie_intake.fields.words import MONEY_IN
from vigie_intake.mapping import Drop, Mapping
from vigie_intake.rows import LEFT_OUT_SCHEMA, ROW_SCHEMA, Converted, LeftOut
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import EUR_PER_UNIT
from vigie_schemas.account_numbers import is_account_number

REASONS: Final = {
    "account_id": LeftOut.INVALID_ACCOUNT_ID,
    "timestamp": LeftOut.INVALID_TIMESTAMP,
    "amount": LeftOut.INVALID_AMOUNT,
    "currency": LeftOut.UNKNOWN_CURRENCY,
    "transaction_id": LeftOut.INVALID_TRANSACTION_ID,
    "merchant_id": LeftOut.INVALID_MERCHANT,
    "category": LeftOut.INVALID_CATEGORY,
    "country": LeftOut.INVALID_COUNTRY,
    "lat": LeftOut.INVALID_PLACE,
    "lon": LeftOut.INVALID_PLACE,
    "channel": LeftOut.INVALID_CHANNEL,
    "device_id": LeftOut.INVALID_DEVICE,
    "payee_id": LeftOut.INVALID_PAYEE,
    "direction": LeftOut.INVALID_DIRECTION,
    "ip_country": LeftOut.INVALID_IP_COUNTRY,
    "card_present": LeftOut.INVALID_CARD_PRESENT,
    "label": LeftOut.INVALID_LABEL,
}
"""Why a row is refused by the field that is broken, in the order in which fields are looked at."""

NAMING: Final = ("account_id", *COUNTERPARTIES_AND_DEVICES)
_COLUMN_NAMES: Final = {"timestamp": "timestamp_ms"}


@dataclass(frozen=True)
class _Fault:
    """Rows that are left out for one reason, and the part of the mapping that tells what they hold."""

    reason: LeftOut
    field: str
    part: FieldPart
    rows: np.ndarray


class Converter:
    """Applies a mapping to the batches of one source, in their order.

    Raises InputError where the source lacks a column or has it in a type that cannot be meant, ConfigurationError for a
    time zone or a time format that there is not. `pseudonyms` is asked where a name first needs one, so that no key is
    made for a source without account numbers.
    """

    def __init__(
        self,
        mapping: Mapping,
        schema: pa.Schema,
        *,
        pseudonyms: Callable[[], Pseudonyms],
        currencies: Collection[str] = EUR_PER_UNIT,
        source: str = "The file",
    ) -> None:
        check_columns(mapping, schema, source)
        self._mapping = mapping
        self._amount = AmountReader(mapping.amount)
        self._readers = readers_of(mapping, lru_cache(1)(pseudonyms), currencies)

    @property
    def columns(self) -> tuple[str, ...]:
        """The source's columns that batches must have, each once."""
        return self._mapping.needed

    def convert(self, batch: pa.RecordBatch, first_row: int) -> Converted:
        """Each row of the batch as a transaction or with the first reason why not; `first_row` counts from 0."""
        verdicts = {name: read(batch) for name, read in self._readers.items()}
        amount = verdicts["amount"] = self._amount.read(batch, verdicts["currency"].values)
        faults = [*self._dropped(batch), *self._faults(verdicts, amount)]
        numbers = np.arange(first_row, first_row + batch.num_rows, dtype=np.int64)
        out = np.zeros(batch.num_rows, dtype=bool)
        left_out = []
        for fault in faults:
            rows = np.flatnonzero(fault.rows & ~out)
            if len(rows):
                out[rows] = True
                left_out.append(_left_out(batch, fault, rows, numbers))
        rows = _rows(verdicts, numbers)
        return Converted(rows.filter(pa.array(~out)) if out.any() else rows, _in_order(left_out))

    def _dropped(self, batch: pa.RecordBatch) -> list[_Fault]:
        faults = []
        for part in self._mapping.drop:
            words = pc.utf8_lower(word_text(batch.column(part.column)))
            wanted = pa.array([word.lower() for word in part.values], pa.string())
            faults.append(_Fault(LeftOut.DROPPED, part.reason, part, flags(pc.is_in(words, wanted))))
        return faults

    def _faults(self, verdicts: dict[str, FieldVerdict], amount: AmountVerdict) -> list[_Fault]:
        mapping = self._mapping
        faults = [_Fault(LeftOut.MONEY_IN, "amount", mapping.amount, amount.money_in)]
        if mapping.direction is not None:
            money_in = flags(pc.equal(verdicts["direction"].values, MONEY_IN))
            faults.append(_Fault(LeftOut.MONEY_IN, "direction", mapping.direction, money_in))
        return [
            *faults,
            *(
                _Fault(reason, field, getattr(mapping, field), verdicts[field].broken)
                for field, reason in REASONS.items()
                if field in verdicts
            ),
        ]


def _rows(verdicts: dict[str, FieldVerdict], numbers: np.ndarray) -> pa.RecordBatch:
    """All rows; in those that are left out, what is broken is null."""
    values = {_COLUMN_NAMES.get(name, name): verdict.values for name, verdict in verdicts.items()}
    values["row"] = pa.array(numbers)
    if "scenario" in values:
        is_fraud = pc.equal(values["label"], 1) if "label" in values else pa.scalar(False)
        values["scenario"] = pc.if_else(is_fraud, values["scenario"], pa.scalar(None, pa.string()))
    arrays = [values.get(field.name, pa.nulls(len(numbers), field.type)) for field in ROW_SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=ROW_SCHEMA)


def _left_out(batch: pa.RecordBatch, fault: _Fault, rows: np.ndarray, numbers: np.ndarray) -> pa.RecordBatch:
    places = pa.array(rows)
    texts = [plain_text(batch.column(name).take(places)) for name in fault.part.needed]
    values = joined(texts, " ") if texts else pa.repeat(getattr(fault.part, "constant", None), len(rows))
    shown = [_shown(value, fault) for value in values.to_pylist()]
    return pa.RecordBatch.from_arrays(
        [
            pa.array(numbers[rows]),
            pa.repeat(fault.reason.value, len(rows)),
            pa.repeat(fault.field, len(rows)),
            pa.array(shown, pa.string()),
        ],
        schema=LEFT_OUT_SCHEMA,
    )


def _shown(value: str | None, fault: _Fault) -> str | None:
    if value is None:
        return None
    may_name = fault.field in NAMING and not isinstance(fault.part, Drop)
    return masked(value) if may_name or is_account_number(value) else shortened(value)


def _in_order(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if not batches:
        return pa.RecordBatch.from_pylist([], schema=LEFT_OUT_SCHEMA)
    if len(batches) == 1:
        return batches[0]
    together = pa.concat_batches(batches)
    return together.take(pc.sort_indices(together, sort_keys=[("row", "ascending")]))
