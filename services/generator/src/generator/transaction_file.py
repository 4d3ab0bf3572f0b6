"""Reads labelled or unlabelled transactions from Parquet, batch by batch."""

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from generator.labels import Truth
from generator.payment import RecordDict
from vigie_runtime import InputError
from vigie_schemas import EUR_PER_UNIT, SCHEMA_VERSION, Transaction
from vigie_schemas.record import CARD_NUMBER_PATTERN, IBAN_PATTERN, IDENTIFIER_PATTERN

REQUIRED: Final = ("ts", "account_id", "amount")
OPTIONAL: Final = ("merchant_id", "category", "lat", "lon", "country", "label", "scenario")
ROWS_A_BATCH = 4096
LONGEST_STEM = 48  # leaves room for the row number in a transaction's name

Value = str | int | float | bool | None


@dataclass(frozen=True)
class FileRow:
    """One row as a transaction and, where the file knows it, its truth; no transaction means refused."""

    transaction: RecordDict | None
    truth: Truth | None


class TransactionFile:
    """A Parquet file in the layout ts, account_id, amount and, where known, the rest."""

    def __init__(self, path: Path, currency: str = "EUR") -> None:
        if currency not in EUR_PER_UNIT:
            raise InputError(f"Currency {currency} is unknown. Give one of: {', '.join(EUR_PER_UNIT)}.")
        self._file = _open(path)
        self._path = path
        self._stem = _identifier_stem(path.stem)
        self._currency = currency
        self._columns = [name for name in (*REQUIRED, *OPTIONAL) if name in self._file.schema_arrow.names]
        self._check_columns()

    def rows(self) -> Iterator[FileRow]:
        """The rows in the order of the file."""
        number = 0
        try:
            for batch in self._file.iter_batches(batch_size=ROWS_A_BATCH, columns=self._columns):
                columns = {name: _plain(batch.column(name), name) for name in self._columns}
                for position in range(batch.num_rows):
                    yield self._row(number, {name: values[position] for name, values in columns.items()})
                    number += 1
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self._path} cannot be read on after row {number}: {error}") from None

    def _row(self, number: int, values: dict[str, Value]) -> FileRow:
        name = f"{self._stem}-{number}"
        account_id = pseudonym(values["account_id"])
        transaction: RecordDict = {
            "schema_version": SCHEMA_VERSION,
            "transaction_id": name,
            "account_id": account_id,
            "timestamp_ms": values["ts"],
            "amount": values["amount"],
            "currency": self._currency,
            **{key: _known(values.get(key)) for key in ("merchant_id", "category", "country", "lat", "lon")},
            "sent_at_us": None,
        }
        try:
            Transaction.model_validate(transaction)
        except ValidationError:
            return FileRow(None, None)
        label, scenario = values.get("label"), values.get("scenario")
        if account_id is None or label is None:
            return FileRow(transaction, None)
        truth = Truth(name, account_id, label == 1, str(scenario) if scenario is not None and label == 1 else None)
        return FileRow(transaction if label in (0, 1) else None, truth)

    def _check_columns(self) -> None:
        schema = self._file.schema_arrow
        missing = [name for name in REQUIRED if name not in schema.names]
        if missing:
            raise InputError(
                f"{self._path} has no column {', '.join(missing)}. It needs {', '.join(REQUIRED)}; "
                f"{', '.join(OPTIONAL)} may be there."
            )
        wrong = [f"{name} is {schema.field(name).type}" for name in self._columns if not _fits(schema.field(name))]
        if wrong:
            raise InputError(
                f"{self._path} has columns of another kind than expected: {'; '.join(wrong)}. ts is a timestamp, "
                "amount, lat and lon are numbers, label is 0 or 1, the others are text."
            )


def pseudonym(account_id: Value) -> str | None:
    """The account's name if the contract takes it, else a stable name that does not show the number."""
    if account_id is None:
        return None
    name = str(account_id)
    refused = re.fullmatch(CARD_NUMBER_PATTERN, name) or re.fullmatch(IBAN_PATTERN, name)
    if re.fullmatch(IDENTIFIER_PATTERN, name) and not refused:
        return name
    return "acct-" + hashlib.sha256(name.encode()).hexdigest()[:16]


def _open(path: Path) -> pq.ParquetFile:
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is not a Parquet file that can be read: {error}") from None


def _identifier_stem(stem: str) -> str:
    """The file's name as the start of a transaction's name; told apart by a hash where it had to be changed."""
    clean = re.sub("[^A-Za-z0-9._:@-]", "-", stem)
    if clean == stem and len(stem) <= LONGEST_STEM:
        return stem
    return f"{clean[: LONGEST_STEM - 9]}-{hashlib.sha256(stem.encode()).hexdigest()[:8]}"


def _fits(field: pa.Field) -> bool:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if field.name == "ts":
        return pa.types.is_timestamp(kind)
    if pa.types.is_null(kind):
        return field.name not in REQUIRED
    if field.name in ("amount", "lat", "lon"):
        return number
    if field.name == "label":
        return number or pa.types.is_boolean(kind)
    return text or (pa.types.is_integer(kind) and field.name in ("account_id", "merchant_id"))


def _plain(column: pa.Array, name: str) -> list[Value]:
    if name == "ts":
        zone = column.type.tz
        return column.cast(pa.timestamp("ms", tz=zone), safe=False).cast(pa.int64()).to_pylist()
    if name in ("amount", "lat", "lon"):
        return column.cast(pa.float64()).to_pylist()
    if pa.types.is_integer(column.type) and name != "label":
        return column.cast(pa.string()).to_pylist()
    return column.to_pylist()


def _known(value: Value) -> Value:
    return None if isinstance(value, float) and math.isnan(value) else value
