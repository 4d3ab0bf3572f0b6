"""Reasons name what the forest itself would miss most."""

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from spark_detector.champion import LoadedChampion
from spark_detector.settings import DetectorSettings
from spark_detector.words import WORDS
from vigie_schemas import FEATURE_NAMES

pytestmark = pytest.mark.spark

NOON = 1_735_732_800_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.fixture(scope="module")
def judged(spark: SparkSession, champion: LoadedChampion) -> pd.DataFrame:
    """An account at home for twelve days, then a large payment far away half an hour later."""
    home = {"account_id": "a", "amount": 25.0, "merchant_id": "m", "country": "FR", "lat": 48.8566, "lon": 2.3522}
    rows = [home | {"timestamp_ms": NOON + DAY * day} for day in range(12)]
    away = {"amount": 600.0, "merchant_id": "n", "country": "JP", "lat": 35.6762, "lon": 139.6503}
    rows.append(home | away | {"timestamp_ms": rows[-1]["timestamp_ms"] + 30 * MINUTE})
    detector = AnomalyDetector(champion, settings=DetectorSettings(), spark=spark)
    return detector.detect_anomalies(pd.DataFrame(rows))


def test_ordinary_payments_have_none(judged: pd.DataFrame) -> None:
    assert not judged.is_anomaly[:-1].any()
    assert judged.reasons[:-1].isna().all()


def test_the_forests_own_features_come_first(judged: pd.DataFrame) -> None:
    """The test's forest learned to look at amount_over_usual and speed."""
    reasons = judged.reasons.iloc[-1]

    assert judged.is_anomaly.iloc[-1]
    assert {reason["feature"] for reason in reasons[:2]} == {"amount_over_usual", "speed"}
    assert sum(reason["share"] for reason in reasons[:2]) > 0.9
    shares = [reason["share"] for reason in reasons]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1 + 1e-9


def test_they_speak_of_the_payment_and_of_what_is_usual(judged: pd.DataFrame) -> None:
    by_feature = {reason["feature"]: reason for reason in judged.reasons.iloc[-1]}

    assert by_feature["speed"]["text"] == "9,712 km from the last payment 30 minutes ago"
    assert by_feature["speed"]["usual"] == 10.0  # radius of its places, km
    assert by_feature["amount_over_usual"]["text"] == "600.00 EUR, 23.9 times this account's usual"
    assert by_feature["amount_over_usual"]["usual"] == pytest.approx(25.16, abs=0.01)


def test_every_feature_has_words() -> None:
    assert set(WORDS) == set(FEATURE_NAMES)
