"""Writes a labelled sample of the simulation as Parquet, amounts in EUR."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from generator.payment import DAY_MS, Payment
from generator.settings import GeneratorSettings
from generator.state import first_run
from generator.stream import PaymentStream
from vigie_runtime import InputError
from vigie_runtime.atomic_files import replacing
from vigie_schemas import EUR_PER_UNIT

SAMPLE_DAYS = 40
SAMPLE_BEGIN = date(2026, 1, 5)
ROWS_A_GROUP = 50_000
SCHEMA: Final = pa.schema(
    [
        ("ts", pa.timestamp("us", tz="UTC")),
        ("account_id", pa.string()),
        ("amount", pa.float64()),
        ("merchant_id", pa.string()),
        ("category", pa.string()),
        ("lat", pa.float64()),
        ("lon", pa.float64()),
        ("country", pa.string()),
        ("label", pa.int8()),
        ("scenario", pa.string()),
    ]
)


def write_sample(path: Path, rows: int, settings: GeneratorSettings) -> None:
    """Write the first rows of a first run that began on SAMPLE_BEGIN with the accounts of the settings.

    Columns as in SCHEMA, one row a payment in the order of time. Raises InputError where the file cannot be written;
    the one before is then still there.
    """
    begin_day = (SAMPLE_BEGIN - date(1970, 1, 1)).days
    state = first_run(settings, (begin_day + settings.history_days) * DAY_MS)
    payments = islice(PaymentStream(state.plan(settings)).after(state.clock_ms), rows)
    try:
        with replacing(path) as draft, pq.ParquetWriter(draft, SCHEMA, compression="zstd") as writer:
            while group := list(islice(payments, ROWS_A_GROUP)):
                writer.write_table(_table(group))
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror or error}") from None


def accounts_for(rows: int, payments_per_day: float) -> int:
    """So many accounts that the sample spans about SAMPLE_DAYS, long enough to show habits."""
    return max(1, round(rows / payments_per_day / SAMPLE_DAYS))


def _table(payments: list[Payment]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, _row(payment), strict=True)) for payment in payments], SCHEMA)


def _row(payment: Payment) -> Iterator[str | int | float | None]:
    yield payment.timestamp_ms * 1000
    yield payment.account_id
    yield max(round(payment.amount * EUR_PER_UNIT[payment.currency], 2), 0.01)
    yield payment.merchant_id
    yield payment.category
    yield payment.lat
    yield payment.lon
    yield payment.country
    yield int(payment.scenario is not None)
    yield payment.scenario
