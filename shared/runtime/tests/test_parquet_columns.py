"""Whatever type of Arrow's a writer chose, the same facts are read."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vigie_runtime.parquet_columns import ColumnKind, decoded, kind_of, names_of

TEXTS = {
    "string": pa.array(["17", "18", None]),
    "large_string": pa.array(["17", "18", None], pa.large_string()),
    "string_view": pa.array(["17", "18", None], pa.string_view()),
    "dictionary of string": pa.array(["17", "18", None]).dictionary_encode(),
    "dictionary of large_string": pa.array(["17", "18", None], pa.large_string()).dictionary_encode(),
}
WHOLE_NUMBERS = {
    str(kind): pa.array([17, 18, None], kind)
    for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
} | {
    str(kind): pa.array([Decimal(17), Decimal(18), None], kind)
    for kind in (pa.decimal32(9), pa.decimal64(18), pa.decimal128(38), pa.decimal256(76))
}
NUMBERS = {
    str(kind): pa.array([17.25, 18.5, None]).cast(kind) for kind in (pa.float16(), pa.float32(), pa.float64())
} | {
    str(kind): pa.array([Decimal("17.25"), Decimal("18.5"), None], kind)
    for kind in (pa.decimal32(9, 2), pa.decimal64(18, 2), pa.decimal128(38, 2), pa.decimal256(76, 2))
}
OTHERS = {
    "list": pa.array([[1], [2], None]),
    "struct": pa.array([{"a": 1}, {"a": 2}, None]),
    "binary": pa.array([b"17", b"18", None]),
    "binary_view": pa.array([b"17", b"18", None], pa.binary_view()),
    "duration": pa.array([1, 2, None], pa.duration("ms")),
}


def written_and_read(column: pa.Array, folder: Path) -> pa.ChunkedArray:
    pq.write_table(pa.table({"column": column}), folder / "file.parquet")
    return pq.read_table(folder / "file.parquet").column("column")


@pytest.mark.parametrize("name", TEXTS)
def test_text_of_any_type_is_the_same_text(name: str, tmp_path: Path) -> None:
    for column in (TEXTS[name], written_and_read(TEXTS[name], tmp_path)):
        assert kind_of(column.type) is ColumnKind.TEXT
        assert decoded(column).type == pa.string()
        assert decoded(column).to_pylist() == names_of(column).to_pylist() == ["17", "18", None]


@pytest.mark.parametrize("name", WHOLE_NUMBERS)
def test_whole_numbers_of_any_type_are_numbers_and_names(name: str, tmp_path: Path) -> None:
    for column in (WHOLE_NUMBERS[name], written_and_read(WHOLE_NUMBERS[name], tmp_path)):
        assert kind_of(column.type) is ColumnKind.WHOLE_NUMBER
        assert decoded(column).cast(pa.float64()).to_pylist() == [17.0, 18.0, None]
        assert names_of(column).to_pylist() == ["17", "18", None]


def test_a_long_number_of_an_account_loses_no_digit() -> None:
    assert names_of(pa.array([Decimal("12345678901234567890123")], pa.decimal128(38))).to_pylist() == [
        "12345678901234567890123"
    ]


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_any_type_are_the_same_numbers(name: str, tmp_path: Path) -> None:
    for column in (NUMBERS[name], written_and_read(NUMBERS[name], tmp_path)):
        assert kind_of(column.type) is ColumnKind.NUMBER
        assert not kind_of(column.type).can_name
        assert decoded(column).cast(pa.float64()).to_pylist() == [17.25, 18.5, None]


@pytest.mark.parametrize("kind", [pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("us", "UTC"), pa.date32()])
def test_times_and_dates_are_times(kind: pa.DataType, tmp_path: Path) -> None:
    column = written_and_read(
        pa.array([datetime(2024, 5, 1, tzinfo=UTC), None], pa.timestamp("ms")).cast(kind), tmp_path
    )

    assert kind_of(column.type) is ColumnKind.TIME
    assert decoded(column).cast(pa.timestamp("ms", column.type.tz if kind != pa.date32() else None)).cast(
        pa.int64()
    ).to_pylist() == [1_714_521_600_000, None]


def test_a_dictionary_of_days_is_days() -> None:
    days = pa.array([date(2024, 5, 1), date(2024, 5, 1)]).dictionary_encode()

    assert kind_of(days.type) is ColumnKind.TIME
    assert decoded(days).type == pa.timestamp("ms")


def test_flags_and_columns_without_a_value_are_distinguished() -> None:
    assert kind_of(pa.bool_()) is ColumnKind.FLAG
    assert kind_of(pa.null()) is ColumnKind.NOTHING


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_single_value_is_something_else(name: str) -> None:
    assert kind_of(OTHERS[name].type) is ColumnKind.OTHER
