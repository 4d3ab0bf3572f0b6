"""Frames as people have them: columns of any name and kind beside the needed ones, gaps, digits in text."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_detector import AnomalyDetector
from spark_detector.batch import JUDGEMENT
from spark_detector.champion import LoadedChampion
from spark_detector.pandas_frames import to_spark
from spark_detector.settings import DetectorSettings
from vigie_runtime import InputError

pytestmark = pytest.mark.spark

NOON_MS = 1_735_732_800_000
DAY_MS = 86_400_000


@pytest.fixture
def detector(spark: SparkSession, champion: LoadedChampion) -> AnomalyDetector:
    return AnomalyDetector(champion, settings=DetectorSettings(), spark=spark)


@pytest.fixture
def transactions() -> pd.DataFrame:
    """Eight days of one account, then twice what it usually pays."""
    times = [NOON_MS + DAY_MS * day for day in range(9)]
    return pd.DataFrame({"account_id": "a", "timestamp_ms": times, "amount": [20.0] * 8 + [300.0]})


def with_other_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns that Spark cannot name or hold, one name twice."""
    others = pd.DataFrame(
        {
            "merchant.name": "x",
            "back`tick": 1,
            "Amount": "no",
            1: 2,
            "big": np.full(len(frame), 2**64 - 1, dtype=np.uint64),
            "list": [[1, "a"]] * len(frame),
            "span": pd.to_timedelta(1, unit="D"),
        },
        index=frame.index,
    )
    return pd.concat([others, frame, pd.DataFrame({"alike": 1, "other": 2}, index=frame.index)], axis=1).rename(
        columns={"other": "alike"}
    )


def with_levels(frame: pd.DataFrame) -> pd.DataFrame:
    columns = pd.MultiIndex.from_tuples([(name, "") for name in frame.columns])
    index = pd.MultiIndex.from_product([["x"], range(len(frame))])
    return pd.DataFrame(frame.to_numpy(), columns=columns, index=index)


@pytest.mark.parametrize("shaped", [with_other_columns, with_levels])
def test_columns_that_are_not_used_may_be_of_any_name_and_kind(
    detector: AnomalyDetector, transactions: pd.DataFrame, shaped: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    frame = shaped(transactions)

    judged = detector.detect_anomalies(frame)

    assert judged.index.equals(frame.index)
    assert list(judged.columns[: len(frame.columns)]) == list(frame.columns)
    expected = detector.detect_anomalies(transactions)["score"]
    assert list(judged["score"]) == list(expected)


def test_a_result_can_be_judged_again_and_columns_called_like_ours_are_overwritten(
    detector: AnomalyDetector, transactions: pd.DataFrame
) -> None:
    named = transactions.assign(score="mine", segment=3, features=None)

    judged = detector.detect_anomalies(named)
    again = detector.detect_anomalies(judged)

    assert list(judged.columns) == [*transactions.columns, *JUDGEMENT]
    pd.testing.assert_frame_equal(again, judged)
    assert judged["score"].between(0, 1).all()


def test_a_spark_frame_may_have_such_columns_too(
    spark: SparkSession, detector: AnomalyDetector, transactions: pd.DataFrame
) -> None:
    frame = spark.createDataFrame(transactions).select(
        "*",
        F.lit("x").alias("merchant.name"),
        F.lit(1).alias("back`tick"),
        F.lit(1).alias("alike"),
        F.lit(2).alias("alike"),
        F.lit("no").alias("Amount"),
        F.lit("mine").alias("Score"),
    )

    judged = detector.detect_anomalies(frame)
    again = detector.detect_anomalies(judged)

    names = [*transactions.columns, "merchant.name", "back`tick", "alike", "alike", "Amount", *JUDGEMENT]
    assert judged.columns == again.columns == names
    expected = sorted(detector.detect_anomalies(transactions)["score"])
    assert sorted(row.score for row in judged.select("score").collect()) == expected
    assert sorted(row.score for row in again.select("score").collect()) == expected


def test_a_needed_column_that_is_there_twice_is_named(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    twice = pd.concat([transactions, transactions[["amount"]]], axis=1)

    with pytest.raises(InputError, match="has 2 columns named amount"):
        detector.detect_anomalies(twice)


def test_a_column_of_lists_is_named(spark: SparkSession, detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    frame = spark.createDataFrame(transactions).withColumn("merchant_id", F.array(F.lit("m")))

    with pytest.raises(InputError, match=r"merchant_id has the type array<string>"):
        detector.detect_anomalies(frame)


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("amount", pd.array([20] * 8 + [None], dtype="Int64"), "invalid_amount"),
        ("amount", pd.array([20.0] * 8 + [None], dtype="Float64"), "invalid_amount"),
        ("amount", pd.array([True] * 8 + [None], dtype="boolean"), "invalid_amount"),
        ("amount", [20.0] * 8 + [float("nan")], "invalid_amount"),
        ("timestamp_ms", pd.array([NOON_MS] * 8 + [None], dtype="Int64"), "invalid_timestamp"),
        ("account_id", pd.array(["a"] * 8 + [None], dtype="string"), "invalid_account_id"),
        ("account_id", pd.array([7] * 8 + [None], dtype="Int64"), "invalid_account_id"),
    ],
    ids=str,
)
def test_a_gap_of_any_kind_is_a_refused_row(
    detector: AnomalyDetector, transactions: pd.DataFrame, column: str, values: object, reason: str
) -> None:
    judged = detector.detect_anomalies(transactions.assign(**{column: values}))

    assert judged["reject_reason"].isna()[:8].all()
    assert judged["reject_reason"][8] == reason


@pytest.mark.parametrize(
    "times",
    [
        lambda ms: ms.astype(str),
        lambda ms: ms.astype("uint64"),
        lambda ms: ms.astype(str) + ".0",
        lambda ms: ms.astype("float64"),
        lambda ms: ms.astype("Int64"),
        lambda ms: pd.to_datetime(ms, unit="ms"),
        lambda ms: pd.to_datetime(ms, unit="ms", utc=True).dt.tz_convert("Asia/Tokyo"),
        lambda ms: pd.to_datetime(ms, unit="ms").dt.strftime("%Y-%m-%d %H:%M:%S"),
        lambda ms: pd.to_datetime(ms, unit="ms").astype(object),
    ],
)
def test_times_are_read_however_they_are_written(
    spark: SparkSession, detector: AnomalyDetector, transactions: pd.DataFrame, times: Callable[[pd.Series], pd.Series]
) -> None:
    expected = list(detector.detect_anomalies(transactions)["score"])
    frame = transactions.drop(columns="timestamp_ms").assign(ts=times(transactions["timestamp_ms"]))

    judged = detector.detect_anomalies(frame)

    assert judged["reject_reason"].isna().all()
    assert list(judged["score"]) == expected


def test_digits_in_text_are_milliseconds_in_a_spark_frame_too(
    spark: SparkSession, detector: AnomalyDetector, transactions: pd.DataFrame
) -> None:
    frame = spark.createDataFrame(transactions).withColumn("timestamp_ms", F.col("timestamp_ms").cast("string"))

    judged = detector.detect_anomalies(frame).select("score").collect()

    assert sorted(row.score for row in judged) == sorted(detector.detect_anomalies(transactions)["score"])


@pytest.mark.parametrize(
    "truths",
    [
        [True, False, None] * 3,
        pd.array([True, False, None] * 3, dtype="boolean"),
        ["true", "False", None] * 3,
        [1.0, 0.0, float("nan")] * 3,
        ["yes", "no", "perhaps"] * 3,
    ],
    ids=str,
)
def test_truths_are_read_however_they_are_written(
    detector: AnomalyDetector, transactions: pd.DataFrame, truths: object
) -> None:
    rows = detector.with_features(to_spark(detector.spark, transactions.assign(card_present=truths)))

    assert [row[0] for row in rows.select("transaction.card_present").collect()] == [True, False, None] * 3


def test_a_date_is_no_truth_and_money_in_is_refused(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    odd = transactions.assign(card_present=pd.Timestamp(0), direction=["out"] * 8 + ["in"], channel=7)

    judged = detector.detect_anomalies(odd)

    assert list(judged["reject_reason"]) == [None] * 8 + ["invalid_direction"]


def test_numbers_beyond_a_long_are_names_too(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    names = np.full(len(transactions), 2**64 - 1, dtype=np.uint64)

    judged = detector.detect_anomalies(transactions.assign(merchant_id=names))

    assert judged["reject_reason"].isna().all()
