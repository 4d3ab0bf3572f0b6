"""What a column of a Parquet file holds, whichever of Arrow's types its writer chose; needs the extra `parquet`."""

from enum import Enum
from typing import TypeVar

import pyarrow as pa

Column = TypeVar("Column", pa.Array, pa.ChunkedArray)


class ColumnKind(Enum):
    """Kinds of columns that readers tell apart."""

    TEXT = "text"
    WHOLE_NUMBER = "whole numbers"
    NUMBER = "numbers"
    FLAG = "true or false"
    TIME = "times"
    NOTHING = "nothing"  # Arrow's null type: a column without a single value
    OTHER = "something else"  # lists, structures, bytes, durations: no reader takes them

    @property
    def is_number(self) -> bool:
        """Whether the column's values are numbers, with or without a fraction."""
        return self in (ColumnKind.WHOLE_NUMBER, ColumnKind.NUMBER)

    @property
    def can_name(self) -> bool:
        """Whether the column's values can name something: text, or whole numbers."""
        return self in (ColumnKind.TEXT, ColumnKind.WHOLE_NUMBER)


def kind_of(data_type: pa.DataType) -> ColumnKind:
    """Kind of a column of this type; of a dictionary, the kind of its values; decimals without a fraction are whole."""
    types = pa.types
    if types.is_dictionary(data_type):
        return kind_of(data_type.value_type)
    if types.is_string(data_type) or types.is_large_string(data_type) or types.is_string_view(data_type):
        return ColumnKind.TEXT
    if types.is_integer(data_type) or (types.is_decimal(data_type) and data_type.scale <= 0):
        return ColumnKind.WHOLE_NUMBER
    if types.is_floating(data_type) or types.is_decimal(data_type):
        return ColumnKind.NUMBER
    if types.is_boolean(data_type):
        return ColumnKind.FLAG
    if types.is_timestamp(data_type) or types.is_date(data_type):
        return ColumnKind.TIME
    return ColumnKind.NOTHING if types.is_null(data_type) else ColumnKind.OTHER


def names_of(column: Column) -> Column:
    """A column of text or whole numbers as plain strings, null where a value is missing."""
    return _without_dictionary(column).cast(pa.string())


def decoded(column: Column) -> Column:
    """The same values without a dictionary: text as plain strings, decimals as float64, dates as midnights in ms."""
    column = _without_dictionary(column)
    if kind_of(column.type) is ColumnKind.TEXT:
        return column.cast(pa.string())
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    return column.cast(pa.timestamp("ms")) if pa.types.is_date(column.type) else column


def _without_dictionary(column: Column) -> Column:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
