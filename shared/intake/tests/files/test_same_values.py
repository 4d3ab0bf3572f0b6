"""A table is the same whichever way it was written: dialect, encoding, quotes, packing, format."""

import csv
import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigie_intake.reading import open_source
from vigie_intake.source import Source

NAMES = ("id", "booked at", "amount", "merchant", "note")
WESTERN = "abzAZ019 .,;|\t\"'äöüßé\n-:/"  # no two of these are valid UTF-8 together in cp1252
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")


@dataclass(frozen=True)
class Writing:
    delimiter: str
    encoding: str
    quoting: Literal[0, 1, 2]
    line_end: str
    packed: bool
    ends_in_delimiter: bool
    preamble: bool
    totals: bool


texts = st.text(st.sampled_from(WESTERN), max_size=12).filter(lambda text: text == text.strip())
rows = st.lists(
    st.tuples(
        st.integers(0, 10**12).map(str),
        st.datetimes().map(lambda moment: moment.isoformat(" ", "seconds")),
        st.decimals(-9999, 9999, places=2).map(str),
        texts,
        texts,
    ),
    min_size=3,
    max_size=30,
)
writings = st.builds(
    Writing,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
    ends_in_delimiter=st.booleans(),
    preamble=st.booleans(),
    totals=st.booleans(),
)


def values_of(source: Source) -> list[tuple[str | None, ...]]:
    return [tuple(row.values()) for batch in source.batches() for row in batch.to_pylist()]


def as_read(table: list[tuple[str, ...]]) -> list[tuple[str | None, ...]]:
    return [tuple(value or None for value in row) for row in table]


def written(table: list[tuple[str, ...]], how: Writing) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=how.delimiter, quoting=how.quoting, lineterminator=how.line_end)
    if how.preamble:
        out.write(f"Account: 17{how.line_end}From 1 to 31 May{how.line_end}{how.line_end}")
    writer.writerow(NAMES)
    for row in table:
        writer.writerow((*row, *([""] if how.ends_in_delimiter else [])))
    if how.totals:
        out.write(f"{how.line_end}Total{how.delimiter}17{how.line_end}")
    data = out.getvalue().encode(how.encoding)
    return gzip.compress(data) if how.packed else data


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=rows, how=writings)
def test_a_csv_is_the_same_however_it_is_written(table: list[tuple[str, ...]], how: Writing, tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(written(table, how))

    source = open_source(path)

    assert source.kind == "CSV"
    assert source.schema.names == list(NAMES)
    assert values_of(source) == values_of(source) == as_read(table)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(*[st.text(st.characters(codec="utf-8"), max_size=8)] * 5), min_size=1, max_size=20))
@pytest.mark.parametrize("shape", ["lines", "array", "indented", "gzip"])
def test_json_is_the_same_however_it_is_written(table: list[tuple[str, ...]], shape: str, tmp_path: Path) -> None:
    records = [dict(zip(NAMES, row, strict=True)) for row in table]
    text = {
        "array": json.dumps(records),
        "indented": "\n".join(json.dumps(record, indent=2, ensure_ascii=False) for record in records),
    }.get(shape, "\n".join(json.dumps(record, ensure_ascii=shape == "gzip") for record in records))
    path = tmp_path / "export"
    path.write_bytes(gzip.compress(text.encode()) if shape == "gzip" else text.encode())

    source = open_source(path)

    assert source.kind == "JSON lines"
    assert source.schema.names == list(NAMES)
    assert values_of(source) == values_of(source) == as_read(table)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=rows, kind=st.sampled_from(["string", "large_string", "string_view", "dictionary"]), packed=st.booleans())
def test_parquet_is_the_same_whatever_its_types_of_text(
    table: list[tuple[str, ...]], kind: str, packed: bool, tmp_path: Path
) -> None:
    columns = [pa.array(column, pa.string()) for column in zip(*as_read(table), strict=True)]
    if kind == "dictionary":
        columns = [column.dictionary_encode() for column in columns]
    elif kind != "string":
        columns = [column.cast(getattr(pa, kind)()) for column in columns]
    path = tmp_path / "export"
    pq.write_table(pa.table(columns, names=list(NAMES)), path, row_group_size=7)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))

    source = open_source(path)

    assert (source.kind, source.rows) == ("Parquet", len(table))
    assert values_of(source) == values_of(source) == as_read(table)
