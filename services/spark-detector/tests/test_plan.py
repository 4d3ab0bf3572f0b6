"""The query stays inside the JVM and every expression survives the worst values."""

import itertools
import re

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from spark_detector.champion import LoadedChampion
from spark_detector.counterparties import with_counterparty_labels
from spark_detector.features import with_features
from spark_detector.history import with_history
from spark_detector.parse import parse
from spark_detector.pipeline import judge
from spark_detector.running_values import RunningValues
from spark_detector.settings import DetectorSettings
from spark_detector.sink import to_messages

pytestmark = pytest.mark.spark

RECORDS = "value binary, partition int, offset long, received_at_ms long"


def messages(records: DataFrame, champion: LoadedChampion | None) -> DataFrame:
    return (
        records.transform(parse)
        .transform(with_history)
        .transform(with_features)
        .transform(with_counterparty_labels(RunningValues(records.sparkSession, "test")))
        .transform(judge(champion))
        .transform(to_messages(DetectorSettings()))
    )


@pytest.mark.parametrize("is_learning", [True, False])
def test_no_python_in_the_plan(spark: SparkSession, champion: LoadedChampion, is_learning: bool) -> None:
    records = spark.createDataFrame([], RECORDS)

    plan = messages(records, None if is_learning else champion)._jdf.queryExecution().executedPlan().toString()

    assert "HashAggregate" in plan or "ObjectHashAggregate" in plan or "SortAggregate" in plan
    assert not [line for line in plan.splitlines() if "Python" in line or "Arrow" in line or "Pandas" in line]


def test_only_alerts_pay_for_their_reasons(spark: SparkSession, champion: LoadedChampion) -> None:
    """The walks through the forest that reasons need stand inside the condition, once for all features."""
    records = spark.createDataFrame([], RECORDS)

    plan = messages(records, champion)._jdf.queryExecution().executedPlan().toString()

    (lost,) = [line for line in plan.splitlines() if "AS lost#" in line]
    assert re.search(r"CASE WHEN is_anomaly#\d+ THEN transform\(", lost)


def test_no_value_makes_the_judgement_throw(spark: SparkSession, champion: LoadedChampion) -> None:
    """All pairs of extreme values the contract lets through, in one account's history."""
    amounts = [5e-324, 1e-9, 0.01, 1e9]
    places = [(None, None), (90.0, 180.0), (-90.0, -180.0), (0.0, None), (None, 0.0)]
    times = [946_684_800_000, 1_735_732_800_000, 4_102_444_799_999]
    names = [None, "", "x" * 128]
    cases = list(itertools.product(amounts, places, times, names))
    kind = T.StructType(
        [T.StructField("account_id", T.StringType()), T.StructField("transaction_id", T.StringType())]
        + [T.StructField(name, T.DoubleType()) for name in ("amount", "lat", "lon")]
        + [T.StructField("timestamp_ms", T.LongType())]
        + [T.StructField(name, T.StringType()) for name in ("merchant_id", "country")]
    )
    rows = [
        ("a", f"t{number}", amount, lat, lon, time, name, "FR" if name else None)
        for number, (amount, (lat, lon), time, name) in enumerate(cases)
    ]
    from spark_detector import AnomalyDetector

    judged = AnomalyDetector(champion, settings=DetectorSettings(), spark=spark).detect_anomalies(
        spark.createDataFrame(rows, kind)
    )

    scores = [row.score for row in judged.select("score").collect()]
    assert len(scores) == len(cases)
    assert all(score is not None and 0 <= score <= 1 for score in scores)
