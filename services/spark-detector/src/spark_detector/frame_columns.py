"""Which columns of a frame the detector reads, and how each becomes a field of a transaction."""

from collections.abc import Mapping, Sequence
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_detector.decode import OTHER_FIELDS, TEXT_FIELDS, TRANSACTION_FIELDS
from vigie_runtime import InputError
from vigie_schemas import SCHEMA_VERSION

REQUIRED: Final = ("account_id", "amount")
TIME_COLUMNS: Final = ("timestamp_ms", "ts", "timestamp")
OPTIONAL: Final = (
    "currency",
    "transaction_id",
    "merchant_id",
    "category",
    "country",
    "lat",
    "lon",
    "channel",
    "device_id",
    "payee_id",
    "direction",
    "ip_country",
    "card_present",
)
ROW: Final = "vigie_row"
"""Number of a row: a column that travels with what is needed, so that a judgement finds its row."""
MAX_NAMES_SHOWN: Final = 30


def name_of(label: object) -> str | None:
    """A pandas label as the name of a column: text, or a tuple of levels of which only the first says something."""
    if isinstance(label, tuple) and label and not any(label[1:]):
        label = label[0]
    return label if isinstance(label, str) else None


def positions_of_needed(labels: Sequence[object]) -> dict[str, int]:
    """Where the columns are that the detector reads, by name; other columns may be called as they like.

    Raises InputError where one of them is missing or there twice.
    """
    names = [name_of(label) for label in labels]
    time_column = next((name for name in TIME_COLUMNS if name in names), None)
    missing = [name for name in REQUIRED if name not in names]
    if missing or time_column is None:
        needed = [*missing, *([] if time_column else ["one of " + ", ".join(TIME_COLUMNS)])]
        shown = ", ".join(map(str, labels[:MAX_NAMES_SHOWN])) + (" …" if len(labels) > MAX_NAMES_SHOWN else "")
        raise InputError(f"The frame lacks {', '.join(needed)}; it has {shown}. Rename its columns.")
    needed = [name for name in (*REQUIRED, time_column, *OPTIONAL) if name in names]
    twice = [name for name in needed if names.count(name) > 1]
    if twice:
        raise InputError(f"The frame has {names.count(twice[0])} columns named {twice[0]}. Drop or rename the others.")
    return {name: names.index(name) for name in needed}


def transaction_of(columns: Mapping[str, Column], kinds: Mapping[str, T.DataType]) -> Column:
    """The contract's struct from the needed columns by name; what cannot be read as its field's type is null.

    Raises InputError for a column that holds lists or structs.
    """
    for name, kind in kinds.items():
        if isinstance(kind, T.ArrayType | T.MapType | T.StructType | T.BinaryType | T.VariantType):
            raise InputError(f"Column {name} has the type {kind.simpleString()}. Give one plain value a row.")
    return F.struct(*[_field(name, columns, kinds).alias(name) for name in TRANSACTION_FIELDS])


def _field(name: str, columns: Mapping[str, Column], kinds: Mapping[str, T.DataType]) -> Column:
    if name == "schema_version":
        return F.lit(SCHEMA_VERSION).cast("long")
    if name == "timestamp_ms":
        time_column = next(each for each in TIME_COLUMNS if each in columns)
        return _milliseconds(columns[time_column], kinds[time_column])
    if name in columns:
        return _read(columns[name], kinds[name], T.StringType() if name in TEXT_FIELDS else OTHER_FIELDS[name])
    if name == "currency":
        return F.lit("EUR")
    if name == "transaction_id":
        return F.concat(F.lit("row-"), F.col(ROW).cast("string"))
    return F.lit(None).cast(T.StringType() if name in TEXT_FIELDS else OTHER_FIELDS[name])


def _read(value: Column, held: T.DataType, wanted: T.DataType) -> Column:
    """Pandas writes a gap among numbers as NaN, and makes numbers of truths among gaps."""
    if isinstance(wanted, T.BooleanType) and not isinstance(held, T.BooleanType | T.StringType):
        is_number = isinstance(held, T.NumericType)
        return F.when(value == 1, True).when(value == 0, False) if is_number else F.lit(None).cast(wanted)
    read = value.try_cast(wanted)
    return F.when(~F.isnan(read), read) if isinstance(wanted, T.DoubleType) else read


def _milliseconds(value: Column, kind: T.DataType) -> Column:
    """Numbers are milliseconds since 1970, in text too; anything else is a date with or without a time."""
    if isinstance(kind, T.NumericType):
        return value.try_cast("long")
    if isinstance(kind, T.BooleanType):
        return F.lit(None).cast("long")
    moment = F.unix_millis(value.try_cast("timestamp"))
    if not isinstance(kind, T.StringType):
        return moment
    number = F.trim(value).try_cast("double").try_cast("long")
    return F.when(F.trim(value).rlike(r"^[0-9]{9,}(?:\.[0-9]*)?$"), number).otherwise(moment)
