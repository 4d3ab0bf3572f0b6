"""The needed columns of a pandas frame as Spark takes them, without guessing types from single values."""

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from spark_detector.frame_columns import ROW, positions_of_needed

MAX_LONG = 2**63 - 1


def to_spark(spark: SparkSession, frame: pd.DataFrame) -> DataFrame:
    """The needed columns and the row number, each a boolean, long, double, timestamp (UTC) or else a string.

    Missing values become null. Raises InputError for a needed column that is missing or there twice.
    """
    columns = {name: frame.iloc[:, number] for name, number in positions_of_needed(list(frame.columns)).items()}
    kinds = {name: _spark_type(values) for name, values in columns.items()}
    plain = {name: _as_type(values, kinds[name]) for name, values in columns.items()}
    schema = T.StructType([T.StructField(name, kind) for name, kind in (kinds | {ROW: T.LongType()}).items()])
    return spark.createDataFrame(pd.DataFrame(plain | {ROW: range(len(frame))}), schema)


def _spark_type(values: pd.Series) -> T.DataType:
    """Spark's type by what the column holds: pandas gives columns with gaps the type `object`."""
    held = pd.api.types.infer_dtype(values, skipna=True)
    if held == "integer":
        return T.LongType() if _fits_long(values) else T.StringType()
    if held == "boolean":
        return T.BooleanType()
    if held in ("floating", "mixed-integer-float", "decimal"):
        return T.DoubleType()
    if held in ("datetime64", "datetime", "date"):
        return T.TimestampType()
    return T.StringType()


def _fits_long(values: pd.Series) -> bool:
    present = values.dropna()
    return present.empty or (int(present.min()) >= -MAX_LONG and int(present.max()) <= MAX_LONG)


def _as_type(values: pd.Series, kind: T.DataType) -> "np.ndarray | pd.DatetimeIndex":
    """The column's values as Spark takes them without guessing; None where there is none."""
    if isinstance(kind, T.DoubleType):
        return pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    if isinstance(kind, T.TimestampType):
        return pd.DatetimeIndex(pd.to_datetime(values, utc=True, errors="coerce", format="mixed"))
    convert = {T.LongType: int, T.BooleanType: bool}.get(type(kind), str)
    found = np.empty(len(values), dtype=object)
    found[:] = [None if is_gap else convert(value) for value, is_gap in zip(values, values.isna(), strict=True)]
    return found
