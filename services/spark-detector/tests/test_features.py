"""Each feature on histories small enough to work out by hand."""

import math
from collections.abc import Callable

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from spark_detector.settings import DetectorSettings
from vigie_schemas import FEATURE_NAMES

pytestmark = pytest.mark.spark

NOON = 1_735_732_800_000  # 2025-01-01T12:00:00Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

Rows = list[dict[str, object]]
Compute = Callable[[Rows], pd.DataFrame]


@pytest.fixture(scope="session")
def features(spark: SparkSession) -> Compute:
    """Features of the rows in their order, one account unless said otherwise."""
    detector = AnomalyDetector(settings=DetectorSettings(), spark=spark)
    columns = (
        "account_id string, timestamp_ms long, amount double, merchant_id string, country string, "
        "lat double, lon double, transaction_id string"
    )

    def compute(rows: Rows) -> pd.DataFrame:
        complete = [{name.split()[0]: None for name in columns.split(", ")} | row for row in rows]
        for number, row in enumerate(complete):
            row["account_id"] = row["account_id"] or "a"
            row["transaction_id"] = row["transaction_id"] or f"t{number}"
        frame = spark.createDataFrame(complete, columns)
        return detector.compute_features(frame).toPandas().sort_values("vigie_row").reset_index(drop=True)

    return compute


def daily(amounts: list[float], **fields: object) -> Rows:
    """One payment a day at noon; the last is the one under test."""
    start = NOON - DAY * (len(amounts) - 1)
    return [{"timestamp_ms": start + DAY * day, "amount": amount, **fields} for day, amount in enumerate(amounts)]


def test_the_first_payment_of_an_account_is_neutral_in_all_but_its_amount(features: Compute) -> None:
    (row,) = features(
        [{"timestamp_ms": NOON, "amount": 99.0, "merchant_id": "m", "country": "FR", "lat": 1.0, "lon": 2.0}]
    ).to_dict("records")

    assert row["amount_log"] == pytest.approx(math.log(100))
    assert [name for name in FEATURE_NAMES if row[name] != 0.0] == ["amount_log"]


def test_a_source_that_knows_only_amounts_gives_no_nulls(features: Compute) -> None:
    table = features(daily([10.0] * 8))

    assert not table[list(FEATURE_NAMES)].isna().any().any()


def test_amount_above_habit(features: Compute) -> None:
    last = features(daily([9.0, 9.0, 9.0, 9.0, 9.0, 19.0, 199.0])).iloc[-1]

    assert last.amount_over_usual == pytest.approx(math.log(200 / 10))
    assert last.amount_spread == pytest.approx(math.log(20) / 0.25)  # no spread of its own: the least one counts
    assert last.amount_over_largest == pytest.approx(math.log(200 / 20))


def test_an_unusually_low_amount_is_no_risk(features: Compute) -> None:
    last = features(daily([100.0, 120.0, 90.0, 110.0, 100.0, 1.0])).iloc[-1]

    assert last.amount_over_usual == last.amount_spread == last.amount_over_largest == 0.0


def test_spread_is_the_accounts_own(features: Compute) -> None:
    amounts = [math.exp(level) - 1 for level in (1.0, 2.0, 3.0, 4.0, 5.0)]

    last = features(daily([*amounts, math.exp(6.0) - 1])).iloc[-1]

    assert last.amount_spread == pytest.approx((6.0 - 3.0) / 1.4826)  # MAD of 1..5 is 1


def test_shift_of_the_last_three(features: Compute) -> None:
    amounts = [math.exp(level) - 1 for level in (2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0)]

    assert features(daily(amounts)).iloc[-1].amount_recent_shift == pytest.approx(1.0)


def test_counts_in_windows_leave_later_events_out(features: Compute) -> None:
    rows: Rows = [
        {"timestamp_ms": NOON - ago, "amount": 20.0, "transaction_id": f"t{ago}"}
        for ago in (25 * HOUR, 2 * HOUR, 59 * MINUTE, 30_000, 10_000)
    ]

    last = features([*rows, {"timestamp_ms": NOON, "amount": 20.0}]).iloc[-1]

    assert (last.count_1m, last.count_1h) == (2, 3)
    assert last.count_24h_excess == pytest.approx(
        math.log(5 / (5 / (25 / 24) + 1)) if 5 / (5 / (25 / 24) + 1) > 1 else 0
    )


def test_many_payments_in_a_day_stand_out_from_the_accounts_rate(features: Compute) -> None:
    quiet = daily([20.0] * 8)
    busy: Rows = [{"timestamp_ms": NOON + HOUR * hour, "amount": 20.0} for hour in range(1, 7)]

    last = features(quiet + busy).iloc[-1]

    # the 24 hours before hold 7 payments with the one at noon's beginning; 13 in 7.25 days are usual
    assert last.count_24h_excess == pytest.approx(math.log((6 + 1) / (13 / 7.25 + 1)))


def test_small_payments_within_ten_minutes(features: Compute) -> None:
    rows: Rows = [{"timestamp_ms": NOON + MINUTE * minute, "amount": 1.0} for minute in (0, 12, 13, 14)]

    assert list(features(rows).small_count_10m) == [1, 1, 2, 3]
    assert features([*rows, {"timestamp_ms": NOON + 15 * MINUTE, "amount": 80.0}]).small_count_10m.iloc[-1] == 0


def test_speed_and_distance(features: Compute) -> None:
    home = daily([20.0] * 6, lat=48.8566, lon=2.3522, country="FR")
    away = {"timestamp_ms": NOON + HOUR, "amount": 20.0, "lat": 35.6762, "lon": 139.6503, "country": "JP"}

    last = features([*home, away]).iloc[-1]

    assert last.speed == pytest.approx(math.log1p(9712 - 50), rel=1e-3)
    assert last.distance_from_usual == pytest.approx(math.log1p(9712), rel=1e-3)
    assert last.new_country == 1.0


def test_across_the_town_is_no_journey(features: Compute) -> None:
    rows: Rows = [
        {"timestamp_ms": NOON, "amount": 20.0, "lat": 48.85, "lon": 2.35},
        {"timestamp_ms": NOON + 1000, "amount": 20.0, "lat": 48.95, "lon": 2.45},
    ]

    assert features(rows).iloc[-1].speed == 0.0


def test_merchants(features: Compute) -> None:
    rows = daily([20.0] * 9)
    for row, merchant in zip(rows, ["a", "b", "a", "b", "a", "x", "a", "y", "z"], strict=True):
        row["merchant_id"] = merchant

    table = features(rows)

    assert list(table.new_merchant[5:]) == [1.0, 0.0, 1.0, 1.0]
    assert table.new_merchant_share.iloc[-1] == 0.75  # x, y and z of the last four: x, a, y, z


def test_hour_the_account_never_pays_at(features: Compute) -> None:
    night = features([*daily([20.0] * 20), {"timestamp_ms": NOON + 13 * HOUR, "amount": 20.0}]).iloc[-1]
    noon = features(daily([20.0] * 21)).iloc[-1]

    assert night.hour_rarity == pytest.approx(math.log(20 / 4 + 1))
    assert noon.hour_rarity == 0.0


def test_a_late_event_counts_at_its_own_time(features: Compute, spark: SparkSession) -> None:
    """Arrived last, happened first: its windows look back from its own moment."""
    rows: Rows = [{"timestamp_ms": NOON + MINUTE * minute, "amount": 20.0} for minute in range(3)]
    late = {"timestamp_ms": NOON - DAY, "amount": 20.0}

    table = features([late, *rows])

    assert table.iloc[0].count_1h == 0


def test_accounts_do_not_know_each_other(features: Compute) -> None:
    rich = daily([5000.0] * 6, account_id="rich")
    poor = daily([5.0] * 6, account_id="poor")
    mixed = [row for pair in zip(rich, poor, strict=True) for row in pair]

    table = features([*mixed, {"account_id": "poor", "timestamp_ms": NOON + HOUR, "amount": 5.0}])

    assert table.iloc[-1].amount_over_usual == 0.0


def test_a_repeat_is_refused_and_forgotten(features: Compute) -> None:
    rows = daily([20.0] * 6)
    rows.append({"timestamp_ms": NOON, "amount": 20.0, "transaction_id": "t5"})
    rows.append({"timestamp_ms": NOON + 1000, "amount": 20.0, "transaction_id": "new"})

    table = features(rows)

    assert list(table.reject_reason[5:]) == [None, "duplicate_transaction", None]
    assert table.iloc[-1].count_1m == 1
