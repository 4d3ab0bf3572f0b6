"""Midnight stands for a date without a time: what needs more than the day is off, and no reason speaks of it."""

import dataclasses
import json
from collections.abc import Callable

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_detector import AnomalyDetector
from spark_detector.champion import LoadedChampion
from spark_detector.features import with_features
from spark_detector.history import with_history, with_history_over_window
from spark_detector.parse import parse
from spark_detector.reasons import NEED_TIME
from spark_detector.settings import DetectorSettings
from vigie_schemas import FEATURE_NAMES

pytestmark = pytest.mark.spark

MIDNIGHT = 1_735_689_600_000  # 2025-01-01T00:00:00Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

Payments = list[dict[str, object]]
Compute = Callable[[Payments], pd.DataFrame]


@pytest.fixture(scope="session")
def features(spark: SparkSession) -> Compute:
    """Features of the payments in their order, of one account."""
    columns = "account_id string, timestamp_ms long, amount double, lat double, lon double"

    def compute(payments: Payments) -> pd.DataFrame:
        rows = [{"account_id": "a", "amount": 20.0, "lat": None, "lon": None} | payment for payment in payments]
        detector = AnomalyDetector(settings=DetectorSettings(), spark=spark)
        found = detector.compute_features(spark.createDataFrame(rows, columns)).toPandas()
        return found.sort_values("vigie_row").reset_index(drop=True)

    return compute


def on_days(*days: float, **fields: object) -> Payments:
    return [{"timestamp_ms": MIDNIGHT + round(day * DAY), **fields} for day in days]


def test_many_payments_of_one_date_are_no_burst(features: Compute) -> None:
    dated = features([*on_days(*range(20)), *on_days(*[20] * 6, amount=2.0)]).iloc[-1]
    timed = features([*on_days(*range(20)), *[
        {"timestamp_ms": MIDNIGHT + 20 * DAY + HOUR + MINUTE * number, "amount": 2.0} for number in range(6)
    ]]).iloc[-1]  # fmt: skip

    assert all(dated[name] == 0 for name in NEED_TIME)
    assert dated.amount_in_hour == 0
    assert timed.tempo_10m > 0
    assert timed.small_count_1h == 6 - 2


def test_the_hour_holds_this_payment_only(features: Compute) -> None:
    last = features(on_days(0, 1, 2, 3, 4, 5, 5, 5, amount=500.0)).iloc[-1]

    assert last.amount_in_hour == last.amount_over_usual


def test_no_journey_follows_from_two_dates(features: Compute) -> None:
    home = on_days(0, 1, 2, 3, lat=48.85, lon=2.35)
    away = on_days(3, lat=35.68, lon=139.65)
    noon_after = on_days(3.5, lat=35.68, lon=139.65)

    dated, later = (features([*home, *payment]).iloc[-1] for payment in (away, noon_after))

    assert dated.speed == later.speed == 0
    assert dated.distance_beyond_usual == later.distance_beyond_usual > 0
    noons = on_days(0.5, 1.5, 2.5, 3.5, lat=48.85, lon=2.35)
    assert features([*noons, *on_days(3.6, lat=35.68, lon=139.65)]).iloc[-1].speed > 0


def test_dates_are_in_no_window_of_a_later_time(features: Compute) -> None:
    night = MIDNIGHT + 20 * DAY + 5 * MINUTE
    last = features([*on_days(*range(20)), *on_days(*[20] * 8), {"timestamp_ms": night}]).iloc[-1]

    assert last.tempo_10m == last.tempo_1h == last.tempo_24h == last.amount_in_hour == 0


def test_dates_are_no_habit_of_paying_at_night(features: Compute) -> None:
    noons = on_days(*[day + 0.5 for day in range(20)])
    night = {"timestamp_ms": MIDNIGHT + 30 * DAY + HOUR}

    with_dates = features([*noons, *on_days(*range(20, 30)), night]).iloc[-1]

    assert with_dates.hour_rarity == features([*noons, night]).iloc[-1].hour_rarity > 0


def test_no_reason_speaks_of_minutes_or_hours(spark: SparkSession, champion: LoadedChampion) -> None:
    calibration = champion.calibration.model_copy(
        update={
            "thresholds": {
                name: level.model_copy(update={"threshold": 0.0})
                for name, level in champion.calibration.thresholds.items()
            },
            # as if a usual value above zero made each feature's absence count
            "feature_ranges": {
                name: known.model_copy(update={"usual": 5.0})
                for name, known in champion.calibration.feature_ranges.items()
            },
        }
    )
    willing = dataclasses.replace(champion, calibration=calibration)
    frame = pd.DataFrame(
        {"account_id": "a", "ts": pd.to_datetime("2025-01-01") + pd.to_timedelta([*range(20), *[20] * 10], unit="D")}
    ).assign(amount=[20.0] * 25 + [900.0] * 5, lat=[48.85] * 29 + [35.0], lon=2.35)

    judged = AnomalyDetector(willing, settings=DetectorSettings(), spark=spark).detect_anomalies(frame)

    reasons = [reason for row in judged["reasons"] if row is not None for reason in row]
    assert reasons
    assert not [reason for reason in reasons if reason["feature"] in NEED_TIME]
    assert not [text for text in (reason["text"] for reason in reasons) if "hour" in text or "minute" in text]


def test_the_words_for_an_amount_name_no_hour(spark: SparkSession) -> None:
    from spark_detector.words import WORDS

    evidence = "named_struct('is_timed', {}, 'hour_sum_eur', 900D, 'count_1h', 1, 'usual_amount_eur', 20D)"
    row = spark.sql(
        "select " + ", ".join(f"{evidence.format(timed)} as {timed}_" for timed in ("true", "false"))
        + ", named_struct('amount', 900D, 'currency', 'EUR') as transaction, 900D as amount_eur"
    )  # fmt: skip

    def text(name: str, timed: str) -> str:
        return row.withColumn("evidence", F.col(f"{timed}_")).select(WORDS[name]()[1].alias("text")).collect()[0].text

    assert text("amount_in_hour", "true") == "900.00 EUR within an hour, 45.0 times one usual payment"
    assert text("amount_in_hour", "false") == "900.00 EUR, 45.0 times this account's usual"


def test_stream_and_batch_agree_on_dates_among_times(spark: SparkSession) -> None:
    moments = [0, 0.3, 1, 1, 1.01, 2, 2.5, 2.5003, 3, 3, 3, 3.2, 4, 4, 4.9]
    rows = [
        json.dumps(
            {"schema_version": 1, "transaction_id": f"t{number}", "account_id": "a", "currency": "EUR"}
            | {"timestamp_ms": MIDNIGHT + round(day * DAY), "amount": 3.0 + number}
            | {"lat": 40.0 + number % 3 * 8, "lon": 2.0}
        ).encode()
        for number, day in enumerate(moments)
    ]  # fmt: skip
    records = spark.createDataFrame(
        [(row, 0, number, 1) for number, row in enumerate(rows)],
        "value binary, partition int, offset long, received_at_ms long",
    )

    batch = parse(records).transform(with_history_over_window).transform(with_features)
    by_offset = {row.offset: row.features.asDict() for row in batch.select("offset", "features").collect()}

    for number in (0, 4, 7, 10, 11, 14):
        stream = parse(records.where(F.col("offset") <= number)).transform(with_history).transform(with_features)
        (row,) = stream.select("offset", "features").collect()
        assert row.features.asDict() == pytest.approx(by_offset[number], abs=1e-9)
    assert set(by_offset[0]) == set(FEATURE_NAMES)
