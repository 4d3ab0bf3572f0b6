"""A Parquet or CSV file as a frame with our column names; nothing is evaluated here yet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vigie_backtest.options import OPTIONAL, REQUIRED
from vigie_runtime import InputError
from vigie_runtime.parquet_columns import ColumnKind, decoded, kind_of, names_of

PARQUET_MAGIC: Final = b"PAR1"
CSV_ENDINGS: Final = (".csv", ".csv.gz")
NOT_NAMES: Final = ("ts", "amount", "lat", "lon", "label")


def read_file(path: Path, columns: Mapping[str, str], max_rows: int) -> pd.DataFrame:
    """The columns we know, under our names, in the file's order; raise InputError that says what to do.

    `columns` maps our name to the file's where they differ. CSV values stay text.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}. Give the path of a Parquet or CSV file with transactions.")
    try:
        is_parquet = _is_parquet(path)
        raw = _read_parquet(path, columns, max_rows) if is_parquet else _read_csv(path, columns, max_rows)
    except (pa.ArrowException, pd.errors.ParserError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path.name} cannot be read as {_kind(path)}: {str(error).splitlines()[0]}.") from None
    if raw.empty:
        raise InputError(f"{path.name} has no rows. Give a file with transactions.")
    return raw


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        starts_as_parquet = file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    if not starts_as_parquet and not path.name.lower().endswith(CSV_ENDINGS):
        if path.suffix.lower() == ".parquet":
            raise InputError(f"{path.name} is not a Parquet file, although its name says so. Write it again.")
        raise InputError(f"{path.name} is neither Parquet nor CSV. Convert it, or let its name end in .csv if it is.")
    return starts_as_parquet


def _kind(path: Path) -> str:
    return "CSV" if path.name.lower().endswith(CSV_ENDINGS) else "Parquet"


def _read_parquet(path: Path, columns: Mapping[str, str], max_rows: int) -> pd.DataFrame:
    file = pq.ParquetFile(path)
    if file.metadata.num_rows > max_rows:
        raise _too_many(path, file.metadata.num_rows, max_rows)
    names = _names(path, columns, file.schema_arrow.names)
    table = file.read(columns=list(names.values()))
    return pd.DataFrame({ours: _to_pandas(table.column(theirs), ours, theirs) for ours, theirs in names.items()})


def _to_pandas(column: pa.ChunkedArray, ours: str, theirs: str) -> pd.Series:
    """Whole numbers that name something become text here: pandas would turn those with gaps into fractions."""
    kind = kind_of(column.type)
    if kind is ColumnKind.OTHER:
        raise InputError(f"Column {theirs} holds {column.type}, where {ours} is one value a row. Convert it.")
    if ours in NOT_NAMES:
        return decoded(column).to_pandas()
    if not (kind.can_name or kind is ColumnKind.NOTHING):
        raise InputError(f"Column {theirs} holds {column.type}, where {ours} is text. Convert it.")
    return names_of(column).to_pandas()


def _read_csv(path: Path, columns: Mapping[str, str], max_rows: int) -> pd.DataFrame:
    try:
        header = pd.read_csv(path, nrows=0, dtype=str)
        names = _names(path, columns, [str(name) for name in header.columns])
        # "NA" is a country and may be a merchant: only an empty field is a gap
        raw = pd.read_csv(path, nrows=max_rows + 1, dtype=str, keep_default_na=False, na_values=[""])
        if len(raw) > max_rows:
            raise _too_many(path, len(pd.read_csv(path, dtype=str)), max_rows)
    except pd.errors.EmptyDataError:
        raise InputError(f"{path.name} is empty. Give a file with a header line and transactions.") from None
    return pd.DataFrame({ours: raw[theirs] for ours, theirs in names.items()})


def _names(path: Path, columns: Mapping[str, str], there: list[str]) -> dict[str, str]:
    """Our name → the file's, for the columns the file has."""
    names = {ours: columns.get(ours, ours) for ours in (*REQUIRED, *OPTIONAL)}
    named = [theirs for theirs in columns.values() if theirs not in there]
    missing = [ours for ours in REQUIRED if ours not in columns and ours not in there]
    if named or missing:
        what = f"no column {', '.join([*named, *missing])}"
        example = f"--column {missing[0] if missing else next(iter(columns))}=THEIR_NAME"
        raise InputError(
            f"{path.name} has {what}; it has {', '.join(there)}. Say which column is meant, such as {example}."
        )
    return {ours: theirs for ours, theirs in names.items() if theirs in there}


def _too_many(path: Path, rows: int, max_rows: int) -> InputError:
    return InputError(
        f"{path.name} has {rows:,} rows, more than the {max_rows:,} that are allowed. "
        f"Allow them with --max-rows {rows}, or give a shorter span."
    )
