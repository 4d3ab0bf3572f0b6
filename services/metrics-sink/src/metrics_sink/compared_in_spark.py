"""Predictions beside labels in Spark, by the rules and words of `compared`; a frame's rows never leave Spark."""

from typing import Any, Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from metrics_sink.compared import (
    FALSE,
    FLAG_COLUMNS,
    KEY,
    MISSING,
    OTHER,
    PREDICTIONS,
    TRUE,
    TRUTH_COLUMNS,
    TRUTHS,
    Rows,
    column,
)
from metrics_sink.figures.quality import Confusion
from vigie_runtime import InputError

SIDES: Final = (PREDICTIONS, TRUTHS)
_NAME: Final = "name"


def compared_in_spark(predictions: Any, actual: Any) -> Confusion:
    """Counts by transaction_id, or row by row within one frame; raises InputError where they do not match."""
    if not isinstance(actual, DataFrame):
        raise InputError("The predictions are a Spark frame and the truth is not: give both as Spark frames.")
    flag, truth = column(predictions.columns, FLAG_COLUMNS), column(actual.columns, TRUTH_COLUMNS)
    if predictions is actual and KEY not in actual.columns:
        one = actual.select(*_side(actual, PREDICTIONS, flag), *_side(actual, TRUTHS, truth))
        return _rows(one.withColumns({f"{side}_times": F.lit(1) for side in SIDES} | {_NAME: F.lit("")})).confusion()
    left = _by_name(predictions, PREDICTIONS, flag)
    return _rows(left.join(_by_name(actual, TRUTHS, truth), _NAME, "full_outer")).confusion()


def _by_name(frame: DataFrame, side: str, value: str) -> DataFrame:
    """One row a transaction: name, how often it stands there, and kind and value of one of its rows."""
    column(frame.columns, (KEY,))
    named = frame.select(F.col(KEY).cast("string").alias(_NAME), *_side(frame, side, value))
    return named.groupBy(_NAME).agg(
        F.count(F.lit(1)).alias(f"{side}_times"),
        F.first(f"{side}_kind").alias(f"{side}_kind"),
        F.min(f"{side}_other").alias(f"{side}_other"),
    )


def _side(frame: DataFrame, side: str, name: str) -> list[Column]:
    """Kind of the value, and the value itself where it is neither true nor false."""
    value, kind = F.col(name), frame.schema[name].dataType
    if isinstance(kind, T.BooleanType):
        found = F.when(value.isNull(), MISSING).when(value, TRUE).otherwise(FALSE)
    elif isinstance(kind, T.NumericType):
        is_missing = value.isNull() | (
            F.isnan(value) if isinstance(kind, (T.DoubleType, T.FloatType)) else F.lit(False)
        )
        found = F.when(is_missing, MISSING).when(value == 1, TRUE).when(value == 0, FALSE).otherwise(OTHER)
    else:
        found = F.when(value.isNull(), MISSING).otherwise(OTHER)
    other = value if isinstance(kind, (T.NumericType, T.StringType)) else value.cast("string")
    return [found.alias(f"{side}_kind"), F.when(found == OTHER, other).alias(f"{side}_other")]


def _rows(joined: DataFrame) -> Rows:
    """What `Rows` asks for, by one aggregation over the pairs of kinds."""
    named = F.col(_NAME).isNotNull()
    facts = []
    for side, other in (SIDES, SIDES[::-1]):
        times = F.coalesce(f"{side}_times", F.lit(0))
        alone = named & (times > 0) & F.col(f"{other}_times").isNull()
        facts += [
            F.sum(F.when(~named, times)).alias(f"{side}_unnamed"),
            F.count(F.when(named & (times > 1), True)).alias(f"{side}_repeated"),
            F.min(F.when(named & (times > 1), F.col(_NAME))).alias(f"{side}_repeated_example"),
            F.count(F.when(alone, True)).alias(f"{side}_alone"),
            F.min(F.when(alone, F.col(_NAME))).alias(f"{side}_alone_example"),
            F.min(f"{side}_other").alias(f"{side}_other"),
        ]
    kinds = [f"{side}_kind" for side in SIDES]
    found = Rows()
    others: dict[str, list[Any]] = {side: [] for side in SIDES}
    for row in joined.groupBy(*kinds).agg(F.count(F.lit(1)).alias("pairs"), *facts).collect():
        _take(found, others, row)
    found.other = next((min(values) for values in others.values() if values), None)
    return found


def _take(rows: Rows, others: dict[str, list[Any]], row: T.Row) -> None:
    pair = tuple(row[f"{side}_kind"] for side in SIDES)
    if None not in pair:
        rows.kinds[pair] += row["pairs"]
    for side in SIDES:
        rows.unnamed[side] += row[f"{side}_unnamed"] or 0
        for kept, name in ((rows.repeated, "repeated"), (rows.unmatched, "alone")):
            count, example = kept.get(side, (0, None))
            examples = [one for one in (example, row[f"{side}_{name}_example"]) if one is not None]
            kept[side] = (count + row[f"{side}_{name}"], min(examples, default=None))
        if row[f"{side}_other"] is not None:
            others[side].append(row[f"{side}_other"])
