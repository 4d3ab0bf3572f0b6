"""One schema over the parts of a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from vigie_intake.files.names import distinct
from vigie_intake.source import Finding
from vigie_runtime import InputError
from vigie_runtime.parquet_columns import ColumnKind, kind_of

_UNITS: Final = ("s", "ms", "us", "ns")


@dataclass(frozen=True)
class Unified:
    """The schema, and by which names its columns are found in a part or among the keys of the partitions."""

    schema: pa.Schema
    file_columns: dict[str, str]  # name here → name in the parts
    partition_columns: dict[str, str]  # name here → key
    there: dict[str, frozenset[str] | None]  # part → the names it has; None: it may have any in later rows
    findings: tuple[Finding, ...]

    def of_part(self, relative: str) -> dict[str, str]:
        """Name here → name in this part, for the columns that it has."""
        has = self.there[relative]
        return {name: theirs for name, theirs in self.file_columns.items() if has is None or theirs in has}


def unified(parts: Sequence[tuple[str, pa.Schema, bool]], keys: Sequence[str], name: str) -> Unified:
    """Columns of all parts in the order in which they come, then the keys of partitions.

    Of each part: its path, its schema, and whether later rows may have columns that are not in it.

    A key that is also a column makes two of them, `name#1` and `name#2`. Raises InputError for types without a
    common one.
    """
    types: dict[str, pa.DataType] = {}
    findings: list[Finding] = []
    for relative, schema, _ in parts:
        for field in schema:
            before = types.setdefault(field.name, field.type)
            if before != field.type:
                types[field.name] = common = _common(before, field, relative, name)
                if common == pa.string() and not (pa.types.is_null(before) or pa.types.is_null(field.type)):
                    reason = f"parts have it as {before} and {field.type}, so it is read as text"
                    findings.append(Finding("columns", field.name, reason))
    has = {relative: None if has_more else frozenset(schema.names) for relative, schema, has_more in parts}
    missing = [column for column in types if any(names is not None and column not in names for names in has.values())]
    if missing:
        findings.append(Finding("columns", ", ".join(missing), "not all parts have these: they are empty there"))
    names, repeated = distinct([*types, *keys])
    fields = [*types.values(), *(pa.string() for _ in keys)]
    return Unified(
        schema=pa.schema(list(zip(names, fields, strict=True))),
        file_columns=dict(zip(names, types, strict=False)),
        partition_columns=dict(zip(names[len(types) :], keys, strict=True)),
        there=has,
        findings=(*findings, *repeated),
    )


def _common(before: pa.DataType, field: pa.Field, relative: str, name: str) -> pa.DataType:
    one, two = before, field.type
    types = pa.types
    if types.is_null(one) or types.is_null(two):
        return two if types.is_null(one) else one
    if types.is_signed_integer(one) and types.is_signed_integer(two):
        return pa.int64()
    if types.is_floating(one) and types.is_floating(two):
        return pa.float64()
    if isinstance(one, pa.TimestampType) and isinstance(two, pa.TimestampType) and one.tz == two.tz:
        return pa.timestamp(max(one.unit, two.unit, key=_UNITS.index), one.tz)
    if ColumnKind.OTHER in (kind_of(one), kind_of(two)):
        raise InputError(
            f"Column {field.name} is {one} in some parts of {name}, and {two} in {relative}. "
            "Write all parts with the same types."
        )
    return pa.string()
