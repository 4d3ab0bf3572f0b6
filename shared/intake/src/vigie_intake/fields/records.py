"""Decoded records of a topic as the text columns that a mapping reads: by the same rules as rows of a file.

A path such as `after.lines[0].amount` names a value inside of objects and lists. Numbers become the text that a CSV
file would have, so that one mapping gives one result for a record, a row of CSV and a row of Parquet.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from vigie_runtime import InputError

MAX_EXACT_FLOAT: Final = 2**53
_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_PATH: Final = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[\d+\])*")

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Records:
    """Text columns by path; `unusable` says for the place of a record why it cannot be read, and its row is empty."""

    batch: pa.RecordBatch
    unusable: Mapping[int, str]


def records_schema(columns: Sequence[str]) -> pa.Schema:
    """The schema of `read_records`, for a converter."""
    return pa.schema([pa.field(name, pa.string()) for name in columns])


def records_batch(records: Sequence[Any], columns: Sequence[str]) -> pa.RecordBatch:
    """As `read_records`; raises InputError for the first record that cannot be read."""
    read = read_records(records, columns)
    for place, why in read.unusable.items():
        raise InputError(f"Record {place + 1} cannot be read: {why}.")
    return read.batch


def read_records(records: Sequence[Any], columns: Sequence[str]) -> Records:
    """The values at these paths of each record, a decoded JSON value, as text; null where there is none."""
    unusable: dict[int, str] = {}
    objects: list[Mapping[str, Any]] = []
    for place, record in enumerate(records):
        if isinstance(record, Mapping):
            objects.append(record)
        else:
            objects.append({})
            unusable[place] = f"it is {_kind(record)}, not an object"
    arrays = [_column(objects, name, unusable) for name in columns]
    return Records(pa.RecordBatch.from_arrays(arrays, schema=records_schema(columns)), dict(sorted(unusable.items())))


def _column(records: Sequence[Mapping[str, Any]], name: str, unusable: dict[int, str]) -> pa.Array:
    values = _picked(records, name)
    texts = []
    for place, value in enumerate(values):
        text = value
        if value is not None and type(value) is not str:
            write = _WRITTEN.get(type(value)) or _writer_of(value)
            text = None if write is None else write(value)
            if write is None:
                unusable.setdefault(place, f"{name} is {_kind(value)}, not one value")
        texts.append(text)
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape and UTF-8 cannot hold
        return pa.array([_encodable(text, name, place, unusable) for place, text in enumerate(texts)], pa.string())


def _picked(records: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """Values by name; a key that is written like a path stands before the path."""
    steps = _steps(name)
    if len(steps) == 1:
        return [record.get(name) for record in records]
    return [record[name] if name in record else _at(record, steps) for record in records]


def _at(value: Any, steps: Steps) -> Any:
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list | tuple) and step < len(value) else None
        if value is None:
            return None
    return value


def _steps(name: str) -> Steps:
    if not _PATH.fullmatch(name):
        return (name,)
    return tuple(int(index) if index else key for index, key in _STEP.findall(name))


def _float(value: float) -> str | None:
    if value != value:
        return None
    return str(int(value)) if abs(value) < MAX_EXACT_FLOAT and value == int(value) else repr(value)


def _encodable(text: str | None, name: str, place: int, unusable: dict[int, str]) -> str | None:
    try:
        (text or "").encode()
    except UnicodeEncodeError:
        unusable.setdefault(place, f"{name} is not Unicode text")
        return None
    return text


def _bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


_WRITTEN: Final[dict[type, Callable[[Any], str | None]]] = {
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _float,
    Decimal: lambda value: format(value, "f"),
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    bytes: _bytes,
}


def _writer_of(value: Any) -> Callable[[Any], str | None] | None:
    """For what is not JSON but comes of its kin, such as a UUID; None for objects and lists."""
    return None if isinstance(value, Mapping | list | tuple | set) else str


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    return (
        "a list"
        if isinstance(value, list | tuple)
        else "nothing"
        if value is None
        else f"a single {type(value).__name__}"
    )
