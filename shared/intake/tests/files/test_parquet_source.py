"""Parquet of every type of Arrow's: what can be mapped is plain, and the rest breaks nothing."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vigie_intake.reading import open_source
from vigie_intake.source import Source
from vigie_runtime import InputError

MOMENT = datetime(2024, 5, 1, 10, tzinfo=UTC)


def written(tmp_path: Path, table: pa.Table, times_of_old_spark: bool = False) -> Source:
    pq.write_table(table, tmp_path / "export", use_deprecated_int96_timestamps=times_of_old_spark)
    return open_source(tmp_path / "export")


def column(source: Source, name: str) -> list[object]:
    return [value for batch in source.batches([name]) for value in batch.column(0).to_pylist()]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_text_of_any_type_is_plain_text(kind: pa.DataType, tmp_path: Path) -> None:
    source = written(tmp_path, pa.table({"a": pa.array(["x", None]).cast(kind)}))

    assert source.schema.field("a").type == pa.string()
    assert column(source, "a") == ["x", None]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([2**64 - 1, None], pa.uint64()),
        pa.array([Decimal("12.50"), None], pa.decimal128(38, 2)),
        pa.array([Decimal(10**60), None], pa.decimal256(76, 0)),
        pa.array([date(2024, 5, 1), None]),
        pa.array([MOMENT.replace(tzinfo=None), None], pa.timestamp("ns")),
        pa.array([MOMENT, None], pa.timestamp("ms", "Europe/Paris")),
        pa.array([True, None]),
        pa.array([1.5, None], pa.float32()),
    ],
    ids=lambda values: str(values.type),
)
def test_numbers_and_times_keep_their_types(values: pa.Array, tmp_path: Path) -> None:
    source = written(tmp_path, pa.table({"a": values}))

    assert source.schema.field("a").type == values.type
    assert column(source, "a") == values.to_pylist()


def test_structures_are_columns_by_path_and_null_where_they_are(tmp_path: Path) -> None:
    after = pa.array([{"amount": 5, "who": {"id": "a"}}, None, {"amount": 6, "who": None}])
    source = written(tmp_path, pa.table({"op": ["c", "d", "u"], "after": after}))

    assert source.schema.names == ["op", "after.amount", "after.who.id"]
    assert column(source, "after.amount") == [5, None, 6]
    assert column(source, "after.who.id") == ["a", None, None]
    assert [batch.to_pydict() for batch in source.batches(["after.amount", "op"])] == [
        {"after.amount": [5, None, 6], "op": ["c", "d", "u"]}
    ]


def test_a_name_with_a_dot_is_a_column_and_not_a_path(tmp_path: Path) -> None:
    source = written(tmp_path, pa.table({"merchant.name": ["x"], "merchant.id": [1], "merchant": ["y"]}))

    assert source.schema.names == ["merchant.name", "merchant.id", "merchant"]
    assert [column(source, name) for name in source.schema.names] == [["x"], [1], ["y"]]


def test_a_path_that_is_also_a_name_is_two_columns(tmp_path: Path) -> None:
    source = written(tmp_path, pa.table({"a.b": ["name"], "a": pa.array([{"b": "path"}])}))

    assert source.schema.names == ["a.b#1", "a.b#2"]
    assert [column(source, name) for name in ("a.b#2", "a.b#1")] == [["path"], ["name"]]


def test_of_a_name_twice_neither_column_wins(tmp_path: Path) -> None:
    source = written(tmp_path, pa.Table.from_arrays([pa.array([1]), pa.array(["x"])], names=["a", "a"]))

    assert source.schema.names == ["a#1", "a#2"]
    assert [column(source, name) for name in ("a#2", "a#1")] == [["x"], [1]]
    with pytest.raises(InputError, match="has the column a 2 times"):
        column(source, "a")


def test_what_is_no_single_value_breaks_no_other_column(tmp_path: Path) -> None:
    table = pa.table(
        {
            "a": ["x"],
            "list": pa.array([[1, 2]]),
            "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
            "bytes": pa.array([b"\xff"]),
            "span": pa.array([5], pa.duration("us")),
            "nothing": pa.nulls(1),
            "in": pa.array([{"list": [{"deep": 1}]}]),
        }
    )
    source = written(tmp_path, table)

    assert column(source, "a") == ["x"]
    assert [batch.num_rows for batch in source.batches()] == [1]
    assert column(source, "in.list") == [[{"deep": 1}]]


def test_times_of_old_spark_do_not_overflow(tmp_path: Path) -> None:
    far = datetime(9999, 12, 31)  # noqa: DTZ001 - INT96 has no zone
    table = pa.table({"t": pa.array([far], pa.timestamp("us"))})
    source = written(tmp_path, table, times_of_old_spark=True)

    assert column(source, "t") == [far]


def test_rows_are_known_and_come_in_batches(tmp_path: Path) -> None:
    source = written(tmp_path, pa.table({"a": range(200_000)}))

    assert source.rows == 200_000
    assert max(batch.num_rows for batch in source.batches()) <= 65_536
    assert column(source, "a") == column(source, "a") == list(range(200_000))


def test_a_packed_parquet_is_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "plain")
    (tmp_path / "export.gz").write_bytes(gzip.compress((tmp_path / "plain").read_bytes()))

    assert column(open_source(tmp_path / "export.gz"), "a") == [1, 2]


def test_a_file_cut_off_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": range(1000)}), tmp_path / "export")
    (tmp_path / "export").write_bytes((tmp_path / "export").read_bytes()[:-20])

    with pytest.raises(InputError, match="begins as a Parquet file, but cannot be read as one"):
        open_source(tmp_path / "export")


def test_a_damaged_page_names_the_row(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [str(one) for one in range(100_000)]}), tmp_path / "export", use_dictionary=False)
    data = bytearray((tmp_path / "export").read_bytes())
    data[1000:3000] = bytes(2000)
    (tmp_path / "export").write_bytes(data)
    source = open_source(tmp_path / "export")

    with pytest.raises(InputError, match="export cannot be read on after row 0"):
        column(source, "a")
