"""AnomalyDetector on pandas and Spark frames."""

from datetime import timedelta

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from spark_detector.champion import LoadedChampion
from spark_detector.settings import DetectorSettings
from vigie_runtime import InputError

pytestmark = pytest.mark.spark


@pytest.fixture
def detector(spark: SparkSession, champion: LoadedChampion) -> AnomalyDetector:
    return AnomalyDetector(champion, settings=DetectorSettings(), spark=spark)


@pytest.fixture
def transactions() -> pd.DataFrame:
    """Twenty ordinary days of two accounts, then 900 EUR from one of them."""
    times = pd.date_range("2025-01-01T12:00", periods=20, freq="D", tz="UTC")
    frame = pd.DataFrame({"account_id": ["a", "b"] * 20, "ts": times.repeat(2), "amount": [20.0, 30.0] * 20})
    last = pd.DataFrame({"account_id": ["a"], "ts": [times[-1] + timedelta(hours=1)], "amount": [900.0]})
    return pd.concat([frame, last], ignore_index=True)


def test_adds_a_judgement_to_each_row(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    judged = detector.detect_anomalies(transactions)

    assert list(judged.index) == list(transactions.index)
    assert judged.score.between(0, 1).all()
    assert judged.is_anomaly.iloc[-1]
    assert not judged.is_anomaly.iloc[:-1].any()
    assert set(judged.model_version) == {4}


def test_says_why(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    reasons = detector.detect_anomalies(transactions).reasons

    texts = [reason["text"] for reason in reasons.iloc[-1]]
    assert "900.00 EUR, 43.9 times this account's usual" in texts
    assert 0 < len(texts) <= 3
    assert len(set(texts)) == len(texts)
    assert reasons.iloc[:-1].isna().all()


def test_the_order_of_rows_does_not_matter(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    shuffled = transactions.sample(frac=1, random_state=5)

    judged = detector.detect_anomalies(shuffled)

    expected = detector.detect_anomalies(transactions).score
    assert list(judged.index) == list(shuffled.index)
    pd.testing.assert_series_equal(judged.score.sort_index(), expected, check_exact=True)


def test_a_spark_frame_gives_a_spark_frame_with_the_same_scores(
    spark: SparkSession, detector: AnomalyDetector, transactions: pd.DataFrame
) -> None:
    judged = detector.detect_anomalies(spark.createDataFrame(transactions))

    scores = sorted(row.score for row in judged.select("score").collect())
    assert scores == sorted(detector.detect_anomalies(transactions).score)
    assert judged.columns[:3] == ["account_id", "ts", "amount"]


def test_refused_rows_stay_with_their_reason(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    transactions.loc[3, "amount"] = -5.0
    transactions.loc[4, "account_id"] = None

    judged = detector.detect_anomalies(transactions)

    assert judged.reject_reason[3] == "invalid_amount"
    assert judged.reject_reason[4] == "invalid_account_id"
    assert pd.isna(judged.score[3])
    assert not judged.is_anomaly[3]


def test_a_missing_column_is_named(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="lacks amount, one of timestamp_ms, ts, timestamp; it has account_id"):
        detector.detect_anomalies(transactions[["account_id"]])


def test_an_empty_frame_stays_empty(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    judged = detector.detect_anomalies(transactions.iloc[:0])

    assert judged.empty
    assert "score" in judged.columns


def test_gaps_among_numbers_are_unknown_values(detector: AnomalyDetector, transactions: pd.DataFrame) -> None:
    places = pd.Series([45.0, None] * 20 + [45.0])
    with_objects = transactions.assign(lat=places.astype(object).where(places.notna(), None), lon=5.0, merchant_id=7)
    with_nan = transactions.assign(lat=places, lon=5.0, merchant_id="7")

    judged = detector.detect_anomalies(with_objects)

    assert judged.reject_reason.isna().all()
    pd.testing.assert_series_equal(judged.score, detector.detect_anomalies(with_nan).score, check_exact=True)
