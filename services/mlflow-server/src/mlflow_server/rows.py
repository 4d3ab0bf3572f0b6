"""Rows of a table as lines of JSON, in types that every database has."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Result, Table

ROWS_AT_ONCE = 1000

Value = Any


def write_rows(rows: Result[Any], file: Path) -> int:
    """Write each row as one object; return how many."""
    count = 0
    with file.open("w", encoding="utf-8") as lines:
        for row in rows.mappings():
            lines.write(json.dumps(dict(row), default=_plain) + "\n")
            count += 1
    return count


def read_rows(file: Path, table: Table) -> Iterator[list[dict[str, Value]]]:
    """The rows again, a thousand at a time, in the types of the table they go into."""
    back = {column.name: _reader(column) for column in table.columns}
    with file.open(encoding="utf-8") as lines:
        while rows := [json.loads(line) for _, line in zip(range(ROWS_AT_ONCE), lines, strict=False)]:
            yield [{name: _back(value, back[name]) for name, value in row.items()} for row in rows]


def _plain(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _back(value: Value, read: Callable[[Value], Value]) -> Value:
    return None if value is None else read(value)


def _reader(column: Column[Any]) -> Callable[[Value], Value]:
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return lambda value: value
    if kind is bytes:
        return base64.b64decode
    if kind in (datetime, date):
        return kind.fromisoformat
    return bool if kind is bool else lambda value: value
