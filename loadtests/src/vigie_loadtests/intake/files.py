"""Files to read: the same rows in each format, as an export with text, gaps and labels has them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

ROWS_A_BLOCK: Final = 200_000
BEGIN_US: Final = 1_735_689_600_000_000
SEED: Final = 7


def blocks(rows: int) -> Iterator[pa.Table]:
    """Tables of the columns that backtest and replay have always read; the same ones in every run."""
    random = np.random.default_rng(SEED)
    for first in range(0, rows, ROWS_A_BLOCK):
        count = min(ROWS_A_BLOCK, rows - first)
        yield _block(first, count, random)


def write_parquet(path: Path, rows: int) -> None:
    """One row group a block."""
    with pq.ParquetWriter(path, _block(0, 1, np.random.default_rng(SEED)).schema) as writer:
        for block in blocks(rows):
            writer.write_table(block)


def write_csv(path: Path, rows: int) -> None:
    """Times as text in ISO 8601; an empty field where nothing is known."""
    with path.open("wb") as file:
        for number, block in enumerate(blocks(rows)):
            pa_csv.write_csv(block, file, pa_csv.WriteOptions(include_header=number == 0, quoting_style="needed"))


def grow_csv(path: Path, large: Path, size: int) -> None:
    """The rows of a CSV file again and again, until there are `size` bytes."""
    header, _, body = path.read_bytes().partition(b"\n")
    with large.open("wb") as file:
        file.write(header + b"\n")
        while file.tell() < size:
            file.write(body)


def _block(first: int, count: int, random: np.random.Generator) -> pa.Table:
    numbers = np.arange(first, first + count)
    labels = random.random(count) < 0.01
    account = random.integers(20_000, size=count)
    return pa.table(
        {
            "ts": pa.array(BEGIN_US + numbers * 997_003, pa.timestamp("us", tz="UTC")),
            "account_id": np.char.add("account-", account.astype(str)),
            "amount": np.round(random.lognormal(3, 1, count), 2) + 0.01,
            "merchant_id": np.char.add("merchant-", random.integers(5_000, size=count).astype(str)),
            "category": np.array(["groceries", "fuel", "travel", "cash"])[random.integers(4, size=count)],
            "lat": pa.array(np.round(random.uniform(42, 51, count), 5), mask=random.random(count) < 0.2),
            "lon": pa.array(np.round(random.uniform(-4, 8, count), 5), mask=random.random(count) < 0.2),
            "country": np.array(["FR", "DE", "BE", "ES"])[random.integers(4, size=count)],
            "label": labels.astype(np.int8),
            "scenario": pa.array(np.where(labels, "burst", ""), mask=~labels),
        }
    )
