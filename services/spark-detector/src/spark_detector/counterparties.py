"""What labels say of whom a transaction pays, looked up in a value that a running query reads (docs/adr/0030)."""

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_detector.history import counterparty
from spark_detector.running_values import RunningValues
from spark_detector.statistics import at_least, at_most
from vigie_schemas import FORGET_DAYS, MAX_FRAUD_RUN
from vigie_schemas import counterparty_inputs as inputs_of
from vigie_schemas.topics import DAY_MS

COLUMN: Final = "counterparty_labels"
_SCHEMA: Final = "struct<fraud_run:int,last_fraud_ms:bigint,last_sound_ms:bigint>"
_FORGET_MS: Final = FORGET_DAYS * DAY_MS


def counterparty_values(spark: SparkSession) -> RunningValues:
    """What the feed publishes and all queries of the session read."""
    return RunningValues(spark, "counterparties")


def with_counterparty_labels(values: RunningValues) -> Callable[[DataFrame], DataFrame]:
    """Adds the column counterparty_labels: what is known of whom the row pays, null without known fraud."""
    found = F.from_json(values.text_named(counterparty()), _SCHEMA)
    return lambda transactions: transactions.withColumn(COLUMN, found)


def without_counterparty_labels(transactions: DataFrame) -> DataFrame:
    """Adds the column counterparty_labels for rows of which nothing is known; one that is there stays."""
    if COLUMN in transactions.columns:
        return transactions
    return transactions.withColumn(COLUMN, F.lit(None).cast(_SCHEMA))


def counterparty_inputs() -> list[Column]:
    """COUNTERPARTY_INPUTS as vigie_schemas.counterparty_inputs gives them."""
    at_ms, labels = F.col("transaction.timestamp_ms"), F.col(COLUMN)
    since_fraud, since_sound = at_ms - labels["last_fraud_ms"], at_ms - labels["last_sound_ms"]
    known = [
        at_most(labels["fraud_run"], MAX_FRAUD_RUN).cast("double"),
        at_least(since_fraud, 0) / DAY_MS,
        F.coalesce(at_most(at_least(since_sound, 0), _FORGET_MS), F.lit(_FORGET_MS)) / DAY_MS,
    ]
    is_known = F.coalesce(since_fraud < _FORGET_MS, F.lit(False))
    return [F.when(is_known, value).otherwise(none) for value, none in zip(known, nothing_known(), strict=True)]


def nothing_known() -> list[Column]:
    """COUNTERPARTY_INPUTS of a counterparty without known fraud."""
    return [F.lit(value) for value in inputs_of(None, 0)]
