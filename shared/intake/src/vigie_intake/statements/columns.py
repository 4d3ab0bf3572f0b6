"""What the columns of a statement are called, whatever its format, and rows of them as batches."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import pyarrow as pa

ROWS_PER_BATCH: Final = 4096
Row = Mapping[str, str | None]

_MADE_HERE: Final = ("time", "direction", "counterparty", "unique_id")
_ACCOUNT: Final = ("account", "account_currency")
_AMOUNT: Final = ("amount", "currency")
_COUNTERPARTY: Final = ("counterparty_name", "counterparty_account", "remittance")
_BOOKED: Final = (
    *("booking_date", "value_date", "date_time", *_AMOUNT, "credit_debit", "reversal", "status", "entry_reference"),
    *("end_to_end_id", "transaction_id", "bank_transaction_code"),
)
_ORDERED: Final = (*_AMOUNT, "end_to_end_id", "instruction_id", "uetr", "purpose")

BOOKED_COLUMNS: Final = (*_ACCOUNT, *_BOOKED, *_COUNTERPARTY, *_MADE_HERE)
PAIN_COLUMNS: Final = (*_ACCOUNT, "requested_date", "date_time", *_ORDERED, *_COUNTERPARTY, *_MADE_HERE)
PACS_COLUMNS: Final = (
    *(*_ACCOUNT, "settlement_date", "date_time", "transaction_id", *_ORDERED, *_COUNTERPARTY, *_MADE_HERE),
)

_DECIMAL: Final = re.compile(r"\+?(\d{1,18}(?:\.\d{0,17})?|\.\d{1,17})", re.ASCII)
_DATE_WITH_ZONE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})")
_NOTHING: Final = frozenset({"NOTPROVIDED", "NOTAVAILABLE", "NONREF", "NOREF"})


def schema_of(columns: Sequence[str]) -> pa.Schema:
    """All columns are text: amounts exact as they are written, dates and times in ISO 8601."""
    return pa.schema([pa.field(column, pa.string()) for column in columns])


def batches_of(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows in batches of these columns; what a row does not have is null."""
    schema, left = schema_of(columns), iter(rows)
    while part := list(islice(left, ROWS_PER_BATCH)):
        if columns:
            arrays = [pa.array([row.get(column) for row in part], pa.string()) for column in columns]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        else:
            yield pa.RecordBatch.from_struct_array(pa.array([{}] * len(part), pa.struct([])))


def decimal_text(text: str | None) -> str | None:
    """An amount of ISO 20022 without its plus sign, or None where it is no amount: those have no sign and a point."""
    found = _DECIMAL.fullmatch(text or "")
    return found.group(1) if found else None


def date_text(text: str | None) -> str | None:
    """A date without the zone that XML allows after it; everything else stays as it is."""
    found = _DATE_WITH_ZONE.fullmatch(text or "")
    return found.group(1) if found else text


def reference(text: str | None) -> str | None:
    """A reference, or None where a bank wrote that there is none."""
    return None if text is None or text.strip().upper() in _NOTHING else text
