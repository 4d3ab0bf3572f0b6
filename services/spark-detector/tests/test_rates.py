"""Which currencies are taken, at which rates, and in which form Spark looks them up."""

import json
from datetime import date

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_detector.batch import AnomalyDetector
from spark_detector.history import amount_eur, with_history
from spark_detector.parse import parse
from spark_detector.settings import DetectorSettings
from vigie_schemas import EUR_PER_UNIT, Rates, RejectReason, shipped_rates

pytestmark = pytest.mark.spark

RATES = shipped_rates().replaced({"USD": 2.0}, date(2026, 1, 2), "rates.csv").extended({"XYZ": 4.0})


def records(spark: SparkSession, codes: list[str]) -> DataFrame:
    payment = {"schema_version": 1, "account_id": "a", "timestamp_ms": 1_735_732_800_000, "amount": 12.0}
    rows = [
        (json.dumps({**payment, "transaction_id": f"t-{n}", "currency": code}).encode(), 0, n, 1)
        for n, code in enumerate(codes)
    ]
    return spark.createDataFrame(rows, "value binary, partition int, offset long, received_at_ms long")


def judged(spark: SparkSession, codes: list[str], rates: Rates | None = None) -> list[str | None]:
    rows = parse(records(spark, codes), rates).orderBy("offset").collect()
    return [row["reject_reason"] for row in rows]


def test_every_currency_with_a_shipped_rate_is_taken(spark: SparkSession) -> None:
    codes = list(EUR_PER_UNIT)

    assert judged(spark, codes) == [None] * len(codes)
    worth = parse(records(spark, codes)).orderBy("offset").select(amount_eur("transaction").alias("eur")).collect()
    assert [row["eur"] for row in worth] == pytest.approx([12.0 * EUR_PER_UNIT[code] for code in codes])


def test_a_currency_without_a_rate_is_a_dead_letter_until_a_setting_has_one(spark: SparkSession) -> None:
    assert judged(spark, ["XYZ", "XXX", "EUR"]) == [RejectReason.UNKNOWN_CURRENCY] * 2 + [None]
    assert judged(spark, ["XYZ", "XXX", "EUR"], RATES) == [None, RejectReason.UNKNOWN_CURRENCY, None]


def test_the_history_remembers_amounts_at_the_rates_in_use(spark: SparkSession) -> None:
    rows = records(spark, ["EUR", "USD", "XYZ"]).transform(parse, RATES).transform(with_history, RATES)

    (row,) = rows.select(F.col("recent.amount_eur").alias("amounts")).collect()

    assert row["amounts"] == [3.0, 6.0, 12.0]


def test_the_settings_decide_for_frames(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_EXTRA_RATES", "XYZ=4")
    detector = AnomalyDetector(settings=DetectorSettings(), spark=spark)
    frame = spark.createDataFrame(
        [("a", 12.0, "XYZ", 1_735_732_800_000), ("a", 12.0, "QQQ", 1_735_732_800_001)],
        "account_id string, amount double, currency string, timestamp_ms long",
    )

    rows = detector.compute_features(frame).orderBy("history_count").collect()

    assert sorted(str(row["reject_reason"]) for row in rows) == ["None", "unknown_currency"]
    assert detector.with_features(frame).select("amount_eur").collect()[0]["amount_eur"] == 3.0


def test_the_rates_are_one_literal_with_the_commonest_currency_first(spark: SparkSession) -> None:
    """A literal lies beside generated code; a call that makes a map would stand in it, once for each rate."""
    frame = records(spark, ["EUR"]).transform(parse).select(amount_eur("transaction").alias("eur"))

    plan = frame._jdf.queryExecution().optimizedPlan().toString()

    assert "keys: [EUR,USD,GBP," in plan
    assert "map(EUR" not in plan
