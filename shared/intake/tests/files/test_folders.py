"""A folder of Spark's or Hive's as one table."""

import gzip
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vigie_intake.mapping import Layout
from vigie_intake.reading import open_source
from vigie_intake.source import Source
from vigie_runtime import InputError


def rows(source: Source, columns: list[str] | None = None) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for batch in source.batches(columns) for row in batch.to_pylist()]


def put(folder: Path, files: dict[str, str | bytes | pa.Table]) -> Path:
    for name, content in files.items():
        path = folder / "table" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / "table"


def test_parts_are_read_in_the_order_of_their_paths_with_their_partitions(tmp_path: Path) -> None:
    folder = put(
        tmp_path,
        {
            "date=2024-01-02/part-0.parquet": pa.table({"id": [3]}),
            "date=2024-01-01/part-1.parquet": pa.table({"id": [2]}),
            "date=2024-01-01/part-0.parquet": pa.table({"id": [1]}),
            "date=__HIVE_DEFAULT_PARTITION__/part-0.parquet": pa.table({"id": [4]}),
            "date=10%3A30/part-0.parquet": pa.table({"id": [0]}),
            "_SUCCESS": "",
            ".part-0.parquet.crc": b"crc\x00",
            "_temporary/part-9.parquet": pa.table({"id": [9]}),
        },
    )
    source = open_source(folder)

    assert (source.name, source.kind, source.rows) == ("table", "folder of Parquet", 5)
    assert source.schema.names == ["id", "date"]
    assert rows(source) == [(0, "10:30"), (1, "2024-01-01"), (2, "2024-01-01"), (3, "2024-01-02"), (4, None)]
    assert rows(source, ["date"])[0] == ("10:30",)


def test_csv_parts_may_be_packed_and_have_names_each(tmp_path: Path) -> None:
    folder = put(
        tmp_path,
        {"part-0.csv": "a;b\nx;1,5\n", "part-1.csv.gz": gzip.compress(b"b;a\n2,5;y\n3,5;z\n"), "part-2.csv": "a;b\n"},
    )

    assert rows(open_source(folder)) == [("x", "1,5"), ("y", "2,5"), ("z", "3,5")]


def test_csv_parts_without_names_have_none_at_all(tmp_path: Path) -> None:
    folder = put(tmp_path, {"part-0.csv": "x,2024-01-01,1.5\n", "part-1.csv": "one,two,three\n"})

    assert rows(open_source(folder)) == [("x", "2024-01-01", "1.5"), ("one", "two", "three")]


def test_a_part_without_names_among_others_is_refused(tmp_path: Path) -> None:
    folder = put(tmp_path, {"part-0.csv": "a,b\nx,1\n", "part-1.csv": "y,2024-01-01\nz,2024-01-02\n"})

    with pytest.raises(InputError, match=r"table/part-1.csv has no line of names, but table/part-0.csv has"):
        open_source(folder)


def test_json_parts_may_have_different_fields(tmp_path: Path) -> None:
    source = open_source(put(tmp_path, {"part-0.json": '{"a": 1}\n', "part-1.json": '{"b": {"c": 2}}\n{"a": 3}\n'}))

    assert source.schema.names == ["a", "b.c"]
    assert rows(source) == [("1", None), (None, "2"), ("3", None)]
    assert rows(source, ["b.c"]) == [(None,), ("2",), (None,)]


def test_a_field_that_comes_late_in_a_later_part_is_not_lost(tmp_path: Path) -> None:
    folder = put(tmp_path, {"part-0.json": '{"a": 1, "b": 2}\n', "part-1.json": '{"a": 3}\n' * 2000 + '{"b": 4}\n'})

    assert rows(open_source(folder), ["b"])[-1] == ("4",)


def test_parts_with_names_twice_or_other_names_are_kept_apart(tmp_path: Path) -> None:
    source = open_source(put(tmp_path, {"1.csv": "a,a\nx,1\n", "2.csv": "a,a\ny,2\n", "3.csv": "b,a\nz,3\n"}))

    assert source.schema.names == ["a#1", "a#2", "b", "a"]
    assert rows(source) == [("x", "1", None, None), ("y", "2", None, None), (None, None, "z", "3")]


def test_types_that_differ_become_a_common_one_or_text_and_it_is_said(tmp_path: Path) -> None:
    one = pa.table(
        {"a": pa.array([1], pa.int32()), "b": [1.5], "c": pa.nulls(1), "d": pa.array([0], pa.timestamp("s"))}
    )
    two = pa.table({"a": [2**40], "b": ["x"], "c": ["y"], "d": pa.array([1], pa.timestamp("us"))})
    source = open_source(put(tmp_path, {"part-0": one, "part-1": two}))

    assert source.schema.types == [pa.int64(), pa.string(), pa.string(), pa.timestamp("us")]
    assert rows(source, ["a", "b", "c"]) == [(1, "1.5", None), (2**40, "x", "y")]
    assert [one.value for one in source.findings if "read as text" in one.reason] == ["b"]


def test_types_without_a_common_one_are_refused(tmp_path: Path) -> None:
    folder = put(tmp_path, {"part-0": pa.table({"a": [[1]]}), "part-1": pa.table({"a": ["x"]})})

    with pytest.raises(InputError, match=r"Column a is list<.*> in some parts of table, and string in part-1"):
        open_source(folder)


def test_a_partition_called_as_a_column_hides_none(tmp_path: Path) -> None:
    source = open_source(put(tmp_path, {"date=2024/part-0": pa.table({"date": ["mine"], "a": [1]})}))

    assert source.schema.names == ["date#1", "a", "date#2"]
    assert rows(source) == [("mine", 1, "2024")]


def test_parts_of_different_formats_are_refused(tmp_path: Path) -> None:
    folder = put(tmp_path, {"part-0": pa.table({"a": [1]}), "part-1": "a,b\n1,2\n"})

    with pytest.raises(InputError, match="table holds parts of different formats"):
        open_source(folder)


def test_lines_before_and_after_the_rows_of_each_part(tmp_path: Path) -> None:
    january = "Account: 1\n\nday,amount\n2024-01-01,5\n2024-01-02,6\nTotal\n"
    february = "Account: 1\nPage 2\n\nday,amount\n2024-02-01,7\n2024-02-02,8\nTotal\n"
    source = open_source(put(tmp_path, {"1.csv": january, "2.csv": february}))

    assert [row[1] for row in rows(source)] == ["5", "6", "7", "8"]
    assert [one.value for one in source.findings if one.setting == "header_line"] == ["3", "4"]


@pytest.mark.parametrize(
    ("mark", "label"),
    [("_delta_log/0.json", "Delta Lake"), ("metadata/v1.metadata.json", "Iceberg"), (".hoodie/x", "Hudi")],
)
def test_a_table_with_a_log_is_refused(mark: str, label: str, tmp_path: Path) -> None:
    folder = put(tmp_path, {"part-0.parquet": pa.table({"id": [1]}), mark: "{}"})

    with pytest.raises(InputError, match=f"table is a table of {label}: .* Export it as Parquet"):
        open_source(folder)


@pytest.mark.parametrize("mark", ["_SUCCESS", "part-0.csv"])
def test_a_folder_without_data_is_refused(mark: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="table is a folder without a file of data in it"):
        open_source(put(tmp_path, {mark: ""}))


def test_what_is_said_holds_for_every_part(tmp_path: Path) -> None:
    folder = put(tmp_path, {"a.csv": b"n|v\ncaf\xe9|1\n", "b.csv": b"n|v\n\xe9|2\n"})

    assert rows(open_source(folder, Layout(encoding="cp1252", delimiter="|"))) == [("café", "1"), ("é", "2")]


def test_an_error_names_the_part(tmp_path: Path) -> None:
    folder = put(tmp_path, {"d=1/a.csv": "a,b,c\nx,y,1\n", "d=2/a.csv": "a,b,c\nx,y\nx,y,1\nx,y,1\n"})

    with pytest.raises(InputError, match=r"Line 2 of table/d=2/a.csv has 2 fields"):
        rows(open_source(folder))


def test_the_identity_follows_from_paths_and_contents(tmp_path: Path) -> None:
    folder = put(tmp_path, {"d=1/a": pa.table({"id": [1]}), "d=2/a": pa.table({"id": [2]})})
    here = open_source(folder).identity()
    shutil.copytree(folder, tmp_path / "elsewhere")

    assert open_source(tmp_path / "elsewhere").identity() == here
    assert open_source(folder / "d=1").identity() != open_source(folder / "d=2").identity()
    (folder / "d=2" / "a").rename(folder / "d=1" / "b")
    assert open_source(folder).identity() != here
