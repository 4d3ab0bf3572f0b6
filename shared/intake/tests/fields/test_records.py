"""Records of topics: paths, and the same text that a CSV file would have."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from vigie_intake.fields.records import read_records, records_batch, records_schema
from vigie_runtime import InputError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("", ""),
        (None, None),
        (7, "7"),
        (2**70, str(2**70)),
        (7.0, "7"),
        (12.5, "12.5"),
        (0.1, "0.1"),
        (float("nan"), None),
        (float("inf"), "inf"),
        (1e22, "1e+22"),
        (True, "true"),
        (False, "false"),
        (Decimal("1E+3"), "1000"),
        (Decimal("12.50"), "12.50"),
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 12, tzinfo=UTC), "2024-01-31T12:00:00+00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"abc", "abc"),
        (b"\xff\x00", "ff00"),
    ],
)
def test_a_value_is_the_text_that_csv_would_have(value: Any, text: str | None) -> None:
    assert records_batch([{"v": value}], ["v"]).column("v").to_pylist() == [text]


def test_paths_go_into_objects_and_lists() -> None:
    records: list[Any] = [
        {"after": {"amount": 1, "lines": [{"name": "a"}, {"name": "b"}]}, "a.b": "key"},
        {"after": {"amount": None, "lines": []}, "a": {"b": "path"}},
        {"after": None},
        {"after": "text"},
        {},
    ]
    batch = records_batch(records, ["after.amount", "after.lines[1].name", "a.b"])

    assert batch.schema == records_schema(["after.amount", "after.lines[1].name", "a.b"])
    assert batch.to_pydict() == {
        "after.amount": ["1", None, None, None, None],
        "after.lines[1].name": ["b", None, None, None, None],
        "a.b": ["key", "path", None, None, None],
    }


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"v": {"x": 1}}, "v is an object, not one value"),
        ({"v": [1]}, "v is a list, not one value"),
        ({"v": "\ud800"}, "v is not Unicode text"),
        ([1], "it is a list, not an object"),
        ("text", "it is a single str, not an object"),
        (None, "it is nothing, not an object"),
    ],
)
def test_a_record_that_cannot_be_read_is_told_and_spoils_no_other(record: Any, why: str) -> None:
    read = read_records([{"v": "good"}, record, {"v": "good"}], ["v"])

    assert read.unusable == {1: why}
    assert read.batch.column("v").to_pylist() == ["good", None, "good"]
    with pytest.raises(InputError, match=r"^Record 2 cannot be read: "):
        records_batch([{"v": "good"}, record], ["v"])


def test_no_record_is_an_empty_batch() -> None:
    assert records_batch([], ["v"]).num_rows == 0
