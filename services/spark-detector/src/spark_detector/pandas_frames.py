"""A pandas frame as Spark takes it, without guessing types from single values."""

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T


def to_spark(spark: SparkSession, frame: pd.DataFrame) -> DataFrame:
    """The frame's rows and columns, each column a boolean, long, double, timestamp (UTC) or else a string.

    Missing values become null. Raises ValueError for a column of numbers that pandas itself cannot read as such.
    """
    kinds = {str(name): _spark_type(values) for name, values in frame.items()}
    plain = pd.DataFrame({name: _as_type(frame[name], kind) for name, kind in kinds.items()})
    return spark.createDataFrame(plain, T.StructType([T.StructField(name, kind) for name, kind in kinds.items()]))


def _spark_type(values: pd.Series) -> T.DataType:
    """Spark's type by what the column holds: pandas gives columns with gaps the type `object`."""
    held = pd.api.types.infer_dtype(values, skipna=True)
    if held in ("boolean", "integer"):
        return T.BooleanType() if held == "boolean" else T.LongType()
    if held in ("floating", "mixed-integer-float", "decimal"):
        return T.DoubleType()
    if held in ("datetime64", "datetime", "date"):
        return T.TimestampType()
    return T.StringType()


def _as_type(values: pd.Series, kind: T.DataType) -> pd.Series:
    """The column as Spark takes it without guessing."""
    if isinstance(kind, T.DoubleType):
        return pd.to_numeric(values).astype("float64")
    if isinstance(kind, T.TimestampType):
        return pd.to_datetime(values, utc=True)
    if isinstance(kind, T.StringType):
        return values.astype(object).map(str, na_action="ignore").where(values.notna(), None)
    return values.astype(object).where(values.notna(), None)
