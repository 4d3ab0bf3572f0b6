"""Reads labelled or unlabelled transactions from Parquet, batch by batch."""

import hashlib
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from generator.labels import Truth
from generator.payment import RecordDict
from vigie_runtime import InputError
from vigie_runtime.parquet_columns import ColumnKind, decoded, kind_of, names_of
from vigie_runtime.pseudonyms import Pseudonyms, is_account_number
from vigie_schemas import EUR_PER_UNIT, SCHEMA_VERSION, Transaction

REQUIRED: Final = ("ts", "account_id", "amount")
OPTIONAL: Final = ("merchant_id", "category", "lat", "lon", "country", "label", "scenario")
NAMES: Final = ("account_id", "merchant_id")
NUMBERS: Final = ("amount", "lat", "lon")
ROWS_A_BATCH: Final = 4096
MAX_STEM_CHARACTERS: Final = 48  # leaves room for the row number in a transaction's name
MAX_CACHED_PSEUDONYMS: Final = 100_000

Value = str | int | float | bool | None


@dataclass(frozen=True)
class FileRow:
    """One row as a transaction and, where the file knows it, its truth; no transaction means refused."""

    transaction: RecordDict | None
    truth: Truth | None


class TransactionFile:
    """A Parquet file with the columns ts, account_id, amount and, where known, the rest.

    Raises InputError for a file, a column or a currency that cannot be used.
    """

    def __init__(self, path: Path, currency: str = "EUR") -> None:
        if currency not in EUR_PER_UNIT:
            raise InputError(f"Currency {currency} is unknown. Give one of: {', '.join(EUR_PER_UNIT)}.")
        self._file = _open(path)
        self._path = path
        self._stem = _identifier_stem(path.stem)
        self._currency = currency
        self._columns = [name for name in (*REQUIRED, *OPTIONAL) if name in self._file.schema_arrow.names]
        self._check_columns()

    def rows(self, pseudonyms: Pseudonyms) -> Iterator[FileRow]:
        """The rows in the order of the file; raises InputError where the file cannot be read on."""
        naming = lru_cache(MAX_CACHED_PSEUDONYMS)(pseudonyms.of)
        number = 0
        try:
            for batch in self._file.iter_batches(batch_size=ROWS_A_BATCH, columns=self._columns):
                columns = {name: _values(batch.column(name), name) for name in self._columns}
                for position in range(batch.num_rows):
                    yield self._row(number, {name: values[position] for name, values in columns.items()}, naming)
                    number += 1
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self._path} cannot be read on after row {number}: {error}") from None

    def _row(self, number: int, values: dict[str, Value], naming: Callable[[str], str]) -> FileRow:
        name = f"{self._stem}-{number}"
        account_id, merchant_id = values["account_id"], values.get("merchant_id")
        account_id = None if account_id is None else naming(str(account_id))
        transaction: RecordDict = {
            "schema_version": SCHEMA_VERSION,
            "transaction_id": name,
            "account_id": account_id,
            "timestamp_ms": values["ts"],
            "amount": values["amount"],
            "currency": self._currency,
            # a person who is paid may be named by an IBAN; names of shops are kept whatever they look like
            "merchant_id": naming(str(merchant_id)) if is_account_number(str(merchant_id)) else merchant_id,
            **{key: _known(values.get(key)) for key in ("category", "country", "lat", "lon")},
            "sent_at_us": None,
        }
        try:
            Transaction.model_validate(transaction)
        except ValidationError:
            return FileRow(None, None)
        label, scenario = _known(values.get("label")), values.get("scenario")
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


def _open(path: Path) -> pq.ParquetFile:
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is not a Parquet file that can be read: {error}") from None


def _identifier_stem(stem: str) -> str:
    """The file's name as the start of a transaction's name; with a hash where it had to be changed."""
    clean = re.sub("[^A-Za-z0-9._:@-]", "-", stem)
    if clean == stem and len(stem) <= MAX_STEM_CHARACTERS:
        return stem
    return f"{clean[: MAX_STEM_CHARACTERS - 9]}-{hashlib.sha256(stem.encode()).hexdigest()[:8]}"


def _fits(field: pa.Field) -> bool:
    kind = kind_of(field.type)
    if kind is ColumnKind.NOTHING:
        return field.name not in REQUIRED
    if field.name == "ts":
        return kind is ColumnKind.TIME
    if field.name in NUMBERS:
        return kind.is_number
    if field.name == "label":
        return kind.is_number or kind is ColumnKind.FLAG
    return kind.can_name if field.name in NAMES else kind is ColumnKind.TEXT


def _values(column: pa.Array, name: str) -> list[Value]:
    """A batch's column as Python values: ts in milliseconds since 1970 UTC, numbers as floats, names as text."""
    if name in NAMES:
        return names_of(column).to_pylist()
    column = decoded(column)
    if name == "ts":
        return column.cast(pa.timestamp("ms", tz=column.type.tz), safe=False).cast(pa.int64()).to_pylist()
    return column.cast(pa.float64()).to_pylist() if name in (*NUMBERS, "label") else column.to_pylist()


def _known(value: Value) -> Value:
    return None if isinstance(value, float) and math.isnan(value) else value
