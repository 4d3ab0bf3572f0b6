"""From a batch of a foreign topic to transactions and dead letters: decode, map all at once, write."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import orjson
import pyarrow as pa

from bridge.formats.paths import JsonObject
from bridge.refusals import LeftOutError, LeftOutKind, RefusalError
from vigie_intake.conversion import Converter
from vigie_intake.fields.records import read_records, records_schema
from vigie_intake.mapping import FIELDS
from vigie_intake.mapping import Mapping as TransactionMapping
from vigie_intake.rows import ROW_SCHEMA, LeftOut
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import SCHEMA_VERSION, DeadLetter, RejectReason

NO_LABELS: Final[Mapping[str, object]] = {"label": None, "scenario": None}
"""The truth has no place on the transactions topic; a label's faults must refuse no transaction."""
REFUSAL_COLUMNS: Final = ("row", "reason", "field")
WRITTEN: Final = tuple(name for name in ROW_SCHEMA.names if name not in ("row", "label", "scenario"))


class SourceRecord(Protocol):
    """What is used of a client's message."""

    def topic(self) -> str | None: ...  # noqa: D102
    def partition(self) -> int | None: ...  # noqa: D102
    def offset(self) -> int | None: ...  # noqa: D102
    def value(self) -> bytes | None: ...  # noqa: D102
    def timestamp(self) -> tuple[int, int]: ...  # noqa: D102


class RecordDecoder(Protocol):
    """What makes a record of a value."""

    def decode(self, value: bytes | None) -> JsonObject:
        """Raises RefusalError, LeftOutError, or UnavailableError while a schema is not to be had."""
        ...


class Keyed(NamedTuple):
    """A record to be written."""

    key: bytes
    value: bytes


@dataclass
class Outcome:
    """What became of a batch; each of its records is in one of the three."""

    transactions: list[Keyed] = field(default_factory=list)
    """In the order of the batch."""
    refused: list[tuple[SourceRecord, RefusalError]] = field(default_factory=list)
    left_out: Counter[LeftOutKind] = field(default_factory=Counter)


class Conversion:
    """Converts batches by one mapping."""

    def __init__(
        self,
        decoder: RecordDecoder,
        mapping: TransactionMapping,
        *,
        pseudonyms: Callable[[], Pseudonyms],
        currencies: frozenset[str],
        name_of: Callable[[SourceRecord], str],
        source_name: str = "",
    ) -> None:
        """`name_of` names a transaction whose source gives it no name: the same one each time it is read.

        `source_name` follows the topic's name in dead letters, where its Kafka is not the common one.
        """
        self._decoder = decoder
        self._mapping = mapping.model_copy(update=dict(NO_LABELS))
        self._columns = self._mapping.needed
        self._converter = Converter(
            self._mapping,
            records_schema(self._columns),
            pseudonyms=pseudonyms,
            currencies=currencies,
            source="The topic",
        )
        self._name_of = name_of
        self._source_name = source_name
        self._fields = _fields_by_column(self._mapping)

    def convert(self, messages: Sequence[SourceRecord]) -> Outcome:
        """Raises UnavailableError while a schema is not to be had; nothing is counted then."""
        outcome = Outcome()
        readable: list[SourceRecord] = []
        records: list[JsonObject] = []
        for message in messages:
            try:
                records.append(self._decoder.decode(message.value()))
                readable.append(message)
            except RefusalError as refusal:
                outcome.refused.append((message, refusal))
            except LeftOutError as error:
                outcome.left_out[error.kind] += 1
        if records:
            self._map(records, readable, outcome)
        return outcome

    def dead_letter(self, message: SourceRecord, refusal: RefusalError) -> Keyed:
        """Where the record is and what is wrong. A foreign record may name accounts, so nothing of it is kept."""
        value = message.value()
        name, hint = self._fields.get(refusal.path or ""), refusal.hint
        if hint is None and refusal.path is not None and refusal.path != name:
            hint = f"Look at {refusal.path} of the record."
        letter = DeadLetter(
            schema_version=SCHEMA_VERSION,
            reason=refusal.reason,
            field=name,
            hint=hint,
            topic=f"{message.topic()}{self._source_name}",
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            received_at_ms=max(message.timestamp()[1], 0),
            payload_bytes=None if value is None else len(value),
            payload_base64=None,
            truncated=True,
        )
        return Keyed(letter.reason.encode(), letter.model_dump_json().encode())

    def _map(self, records: Sequence[JsonObject], readable: Sequence[SourceRecord], outcome: Outcome) -> None:
        read = read_records(records, self._columns)
        for row, why in read.unusable.items():
            outcome.refused.append((readable[row], RefusalError(RejectReason.WRONG_TYPE, hint=f"{why}.")))
        converted = self._converter.convert(read.batch, 0)
        left_out = converted.left_out
        for row, reason, name in zip(*(left_out.column(each).to_pylist() for each in REFUSAL_COLUMNS), strict=True):
            if row in read.unusable:
                continue
            if LeftOut(reason).is_refusal:
                outcome.refused.append((readable[row], RefusalError(RejectReason(reason), name)))
            else:
                outcome.left_out[LeftOutKind(reason)] += 1
        self._write(converted.rows, readable, read.unusable, outcome)

    def _write(
        self, rows: pa.RecordBatch, readable: Sequence[SourceRecord], unusable: Collection[int], outcome: Outcome
    ) -> None:
        sent_at_us = time.time_ns() // 1_000
        names = [name for name in WRITTEN if rows.column(name).null_count < rows.num_rows]
        columns = [rows.column(name).to_pylist() for name in names]
        for row, *values in zip(rows.column("row").to_pylist(), *columns, strict=True):
            if row in unusable:
                continue
            transaction: JsonObject = {
                name: value for name, value in zip(names, values, strict=True) if value is not None
            }
            if "transaction_id" not in transaction:
                transaction["transaction_id"] = self._name_of(readable[row])
            transaction["schema_version"] = SCHEMA_VERSION
            transaction["sent_at_us"] = sent_at_us
            key = str(transaction["account_id"]).encode()
            outcome.transactions.append(Keyed(key, orjson.dumps(transaction)))


def _fields_by_column(mapping: TransactionMapping) -> dict[str, str]:
    """The transaction's field by the column that it is made of, and by its own name."""
    by_column = {
        column: name for name in reversed(FIELDS) if (part := getattr(mapping, name)) for column in part.needed
    }
    return by_column | {name: name for name in FIELDS}
