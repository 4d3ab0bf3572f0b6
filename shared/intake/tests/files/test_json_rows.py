"""JSON of any shape as rows of text, and what is no rows."""

import json
from pathlib import Path

import pytest

from vigie_intake.mapping import Layout
from vigie_intake.reading import open_source
from vigie_intake.source import Source
from vigie_runtime import InputError

RawRecord = dict[str, str | None]


def opened(tmp_path: Path, content: str | bytes, layout: Layout | None = None) -> Source:
    path = tmp_path / "export.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_source(path, layout or Layout())


def rows(source: Source, columns: list[str] | None = None) -> list[RawRecord]:
    return [row for batch in source.batches(columns) for row in batch.to_pylist()]


def test_numbers_keep_every_digit_as_written(tmp_path: Path) -> None:
    source = opened(tmp_path, '{"a": 1.10, "b": 12345678901234567890123, "c": 1e5, "d": -0.000001, "e": true}\n')

    assert rows(source) == [{"a": "1.10", "b": "12345678901234567890123", "c": "1e5", "d": "-0.000001", "e": "true"}]
    assert source.rows == 1


def test_a_field_may_change_its_type(tmp_path: Path) -> None:
    lines = ['{"a": 1}', '{"a": "x"}', '{"a": null}', '{"a": {"b": 2}}', '{"a": [3]}', '{"a": false}', '{"a": ""}']
    source = opened(tmp_path, "\n".join(lines))

    assert source.schema.names == ["a", "a.b", "a[0]"]
    assert [row["a"] for row in rows(source)] == ["1", "x", None, None, None, "false", None]
    assert [row["a.b"] for row in rows(source, ["a.b"])] == [None, None, None, "2", None, None, None]


def test_nested_fields_are_paths(tmp_path: Path) -> None:
    record = {"after": {"amount": 5, "who": {"id": "a"}}, "before": None, "items": [{"x": 1}, {"x": 2}], "tags": []}
    source = opened(tmp_path, json.dumps(record) + "\n" + json.dumps({**record, "before": {"amount": 4}}))

    assert source.schema.names == ["after.amount", "after.who.id", "items[0].x", "items[1].x", "before.amount"]
    assert rows(source, ["before.amount", "items[1].x"]) == [
        {"before.amount": None, "items[1].x": "2"},
        {"before.amount": "4", "items[1].x": "2"},
    ]


def test_a_field_of_later_records_can_be_asked_for(tmp_path: Path) -> None:
    source = opened(tmp_path, '{"a": 1}\n' * 60_000 + '{"a": 2, "label": {"is": 1}}\n')

    assert source.schema.names == ["a"]
    assert source.rows is None
    assert [one.setting for one in source.findings] == ["encoding", "columns"]
    assert rows(source, ["label.is"])[-1] == {"label.is": "1"}


def test_a_field_that_no_record_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no column b; it has a"):
        rows(opened(tmp_path, '{"a": 1}\n'), ["b"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_encoding(encoding: str, tmp_path: Path) -> None:
    assert rows(opened(tmp_path, '[{"a": "café"},\n {"a": "x"}]'.encode(encoding))) == [{"a": "café"}, {"a": "x"}]


def test_records_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    records = [{"a": "é" * 700_000, "b": number} for number in range(5)]
    source = opened(tmp_path, "\n".join(json.dumps(record, ensure_ascii=False) for record in records))

    assert [(len(row["a"] or ""), row["b"]) for row in rows(source)] == [(700_000, str(one)) for one in range(5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n{"a": 2, "a": 3}\n', r"Record 2 of export.json has the key a twice"),
        ('{"a": {"b": 1, "b": 2}}', r"Record 1 of export.json has the key b twice"),
        ('{"a.b": 1, "a": {"b": 2}}', r"Record 1 of export.json has two fields of one path"),
        ("{'a': 1}", "single quotes, as Python prints a dict"),
        ('{"a": NaN}', "NaN is no number of JSON"),
        ('{"a": 1}\n{"a": \n', r"Record 2 of export.json is not JSON"),
        ('{"a": 1}\nTotal\n', r"Record 2 of export.json is not JSON"),
        ('[{"a": 1}, {"a": 2}', "Record 2 .*: no comma or ]"),
        ('[{"a": 1}, ', "the array does not end"),
        ('[{"a": 1}] {"a": 2}', "something follows the end of the array"),
        ("[[1, 2], [3, 4]]", r"Record 1 of export.json is no object"),
        ('["a", "b"]', r"Record 1 of export.json is no object"),
        ('{"a": "\\ud800"}', r"Record 1 of export.json has half a character in a"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"count": 2, "rows": [{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 3}]}', r"are the list in rows.*jq"),
    ],
)
def test_what_is_no_row_is_refused_with_its_number(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        rows(opened(tmp_path, text))


def test_an_error_far_below_names_its_record(tmp_path: Path) -> None:
    source = opened(tmp_path, '{"a": 1}\n' * 70_000 + '{"a": 1, "a": 2}\n')

    with pytest.raises(InputError, match="Record 70001"):
        rows(source)


def test_an_array_without_records_has_no_rows(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, "[]")) == []
