"""Whether a source has the columns that a mapping needs, and whether they hold what a field can be read from."""

import difflib
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from vigie_intake.mapping import FIELDS, Amount, Drop, LabelWords, Mapping, Name, Number, Text, Timestamp, TruthWords
from vigie_runtime import InputError
from vigie_runtime.parquet_columns import ColumnKind, kind_of

FieldPart = Text | Timestamp | Number | Amount | LabelWords | TruthWords | Drop

MAX_LISTED: Final = 40
_WORDS: Final = frozenset({ColumnKind.TEXT, ColumnKind.WHOLE_NUMBER, ColumnKind.NUMBER})
_NEVER_EMPTY: Final = ("timestamp", "account_id")


def parts_of(mapping: Mapping) -> Iterator[tuple[str, FieldPart]]:
    """Each part of a mapping with the field it is for."""
    for field in FIELDS:
        part = getattr(mapping, field)
        if part is not None:
            yield field, part
    yield from (("drop", part) for part in mapping.drop)


def check_columns(mapping: Mapping, schema: pa.Schema, source: str) -> None:
    """Raise InputError that names what is missing, twice there, or of a type that cannot be meant."""
    missing = [
        f"{name} for {field}{_nearest(name, schema)}"
        for field, part in parts_of(mapping)
        for name in part.needed
        if name not in schema.names
    ]
    if missing:
        raise InputError(
            f"{source} has no column {', '.join(missing)}. It has: {_listed(schema.names)}. Name the right ones in the "
            "mapping, or leave the field out of it."
        )
    twice = [name for name in mapping.needed if schema.names.count(name) > 1]
    if twice:
        raise InputError(
            f"{source} has more than one column {', '.join(twice)}. Rename one, so that it is clear which is meant."
        )
    for field, part in parts_of(mapping):
        for name in part.needed:
            _check_type(field, part, schema.field(name), source)


def _check_type(field: str, part: FieldPart, column: pa.Field, source: str) -> None:
    kind = kind_of(column.type)
    if kind is ColumnKind.NOTHING and field in _NEVER_EMPTY:
        raise InputError(
            f"{source} has no single value in column {column.name}, but {field} is needed. Map another column."
        )
    if kind is ColumnKind.NOTHING or kind in _usable(part):
        return
    if isinstance(part, Timestamp) and len(part.columns) > 1 and pa.types.is_time(column.type):
        return
    raise InputError(
        f"Column {column.name} of {source} holds {column.type}, from which {field} cannot be read. "
        "Convert it, or map another column."
    )


def _usable(part: FieldPart) -> frozenset[ColumnKind]:
    if isinstance(part, Number | Amount | Name):
        # a column of words beside an amount, its direction, is true or false at times
        return _WORDS | {ColumnKind.FLAG} if isinstance(part, Amount) and part.direction else _WORDS
    if isinstance(part, Timestamp):
        return _WORDS | {ColumnKind.TIME}
    return _WORDS | {ColumnKind.FLAG, ColumnKind.TIME}


def _nearest(name: str, schema: pa.Schema) -> str:
    by_lower = {each.lower(): each for each in schema.names}
    near = difflib.get_close_matches(name.lower(), by_lower, 1, 0.7)
    return f" (is {by_lower[near[0]]} meant?)" if near else ""


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more
