"""Each feature on histories small enough to work out by hand."""

import math
from collections.abc import Callable

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from spark_detector.features.amounts import PEER_AMOUNT_LOG
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


def log1p_of(level: float) -> float:
    """Amount whose logarithm, ln(1 + EUR), is the level."""
    return math.exp(level) - 1


def test_the_first_payment_of_an_account_is_compared_with_its_peers(features: Compute) -> None:
    (row,) = features(
        [{"timestamp_ms": NOON, "amount": 99.0, "merchant_id": "m", "country": "FR", "lat": 1.0, "lon": 2.0}]
    ).to_dict("records")

    over_peers = math.log(100) - PEER_AMOUNT_LOG
    expected = {"amount_log": math.log(100)} | dict.fromkeys(
        ("amount_over_usual", "amount_spread", "amount_in_hour"), over_peers
    )
    assert {name: row[name] for name in FEATURE_NAMES if row[name] != 0.0} == pytest.approx(expected)


def test_a_source_that_knows_only_amounts_gives_no_nulls(features: Compute) -> None:
    table = features(daily([10.0] * 8))

    assert not table[list(FEATURE_NAMES)].isna().any().any()


def test_a_small_ordinary_payment_raises_nothing_but_its_amount(features: Compute) -> None:
    rows = daily([20.0] * 20, merchant_id="m", country="FR", lat=48.85, lon=2.35)

    last = features(rows).iloc[-1]

    assert [name for name in FEATURE_NAMES if last[name] != 0.0] == ["amount_log"]


def test_amount_above_habit(features: Compute) -> None:
    amounts = [log1p_of(level) for level in (2.0, 3.0, 4.0, 3.0, 3.0, 6.0)]

    last = features(daily(amounts)).iloc[-1]

    usual = (15.0 + 2 * PEER_AMOUNT_LOG) / 7
    squares = sum((level - usual) ** 2 for level in (2.0, 3.0, 4.0, 3.0, 3.0)) + 2 * (
        1 + (PEER_AMOUNT_LOG - usual) ** 2
    )
    assert last.amount_over_usual == pytest.approx(6.0 - usual)
    assert last.amount_spread == pytest.approx((6.0 - usual) / math.sqrt(squares / 7))


def test_an_unusually_low_amount_is_no_risk(features: Compute) -> None:
    last = features(daily([100.0, 120.0, 90.0, 110.0, 100.0, 1.0])).iloc[-1]

    assert last.amount_over_usual == last.amount_spread == last.amount_in_hour == 0.0


def test_a_steady_account_is_not_alarmed_by_a_few_percent(features: Compute) -> None:
    last = features(daily([100.0] * 400 + [110.0])).iloc[-1]

    assert last.amount_spread == pytest.approx(last.amount_over_usual / 0.25)


def test_a_run_of_large_payments_is_told_from_a_single_one(features: Compute) -> None:
    usual, large = log1p_of(3.3), log1p_of(6.3)

    single = features(daily([usual] * 8 + [large])).iloc[-1]
    run = features(daily([usual] * 8 + [large, usual, large, large, usual])).iloc[-1]

    # sums are kept in units of 2^-30 (docs/adr/0022)
    assert (single.amount_second_of_five, single.amount_third_of_five) == pytest.approx((0.0, 0.0), abs=2**-30)
    assert run.amount_over_usual == 0.0  # this one is small, and belongs to a run of large ones
    assert run.amount_second_of_five == pytest.approx(run.amount_third_of_five)
    assert run.amount_third_of_five == pytest.approx(6.3 - (3.3 * 11 + 6.3 * 3) / 14)


def test_a_sum_split_within_the_hour_adds_up(features: Compute) -> None:
    rows = daily([20.0] * 6)
    rows += [{"timestamp_ms": NOON + HOUR * 2 + MINUTE * minute, "amount": 20.0} for minute in (0, 59, 70)]

    table = features(rows)

    usual = table.amount_log.iloc[:8].sum() + 2 * PEER_AMOUNT_LOG
    assert table.amount_in_hour.iloc[-1] == pytest.approx(math.log1p(40.0) - usual / 10)  # the first is older


def test_tempo_is_the_surprise_at_the_accounts_own_rate(features: Compute) -> None:
    quiet = daily([20.0] * 11)
    burst: Rows = [{"timestamp_ms": NOON + HOUR + MINUTE * minute, "amount": 20.0} for minute in range(6)]

    last = features(quiet + burst).iloc[-1]

    rate = (16 + 2) / (10 + (HOUR + 5 * MINUTE) / DAY + 1)
    for name, count, days, allowance in (("10m", 6, 1 / 144, 1), ("1h", 6, 1 / 24, 2), ("24h", 7, 1, 4)):
        mean = 1 + rate * days
        surprise = count * math.log(count / mean) - count + mean
        assert last[f"tempo_{name}"] == pytest.approx(max(surprise - allowance, 0.0)), name


def test_a_busy_account_is_not_surprised_by_what_it_does_every_day(features: Compute) -> None:
    rows: Rows = [{"timestamp_ms": NOON + MINUTE * 20 * number, "amount": 20.0} for number in range(300)]

    last = features(rows).iloc[-1]

    assert last.tempo_10m == last.tempo_1h == last.tempo_24h == 0.0


def test_small_payments_within_the_hour(features: Compute) -> None:
    rows: Rows = [{"timestamp_ms": NOON + MINUTE * minute, "amount": 1.0} for minute in (0, 62, 63, 64, 65)]

    assert list(features(rows).small_count_1h) == [0, 0, 0, 1, 2]  # two are ordinary
    assert features([*rows, {"timestamp_ms": NOON + 66 * MINUTE, "amount": 80.0}]).small_count_1h.iloc[-1] == 0


def test_speed_and_distance(features: Compute) -> None:
    home = daily([20.0] * 6, lat=48.8566, lon=2.3522, country="FR")
    online = {"timestamp_ms": NOON + MINUTE, "amount": 20.0}
    away = {"timestamp_ms": NOON + 2 * HOUR, "amount": 20.0, "lat": 35.6762, "lon": 139.6503, "country": "JP"}

    last = features([*home, online, away]).iloc[-1]

    assert last.speed == pytest.approx(math.log1p((9712 - 50) / 2 / 100), rel=1e-3)  # from the last place, not online
    assert last.distance_beyond_usual == pytest.approx(math.log(9712 / 30) - 0.5, rel=1e-3)
    assert last.new_country == 1.0


def test_a_traveller_goes_far_without_surprise(features: Compute) -> None:
    """Half of the payments lie 400 km from the middle: another such way is ordinary for this account."""
    rows = daily([20.0] * 9, lat=48.85, lon=2.35)
    for row in rows[::2]:
        row["lat"] = 52.5

    last = features(rows).iloc[-1]

    assert last.speed == last.distance_beyond_usual == 0.0


def test_across_the_town_is_no_journey(features: Compute) -> None:
    home = daily([20.0] * 6, lat=48.85, lon=2.35)

    last = features([*home, {"timestamp_ms": NOON + 1000, "amount": 20.0, "lat": 48.95, "lon": 2.45}]).iloc[-1]

    assert last.speed == last.distance_beyond_usual == 0.0


def test_a_new_merchant_says_more_of_a_loyal_account(features: Compute) -> None:
    loyal, curious = daily([20.0] * 12, account_id="loyal"), daily([20.0] * 12, account_id="curious")
    for number, (one, other) in enumerate(zip(loyal, curious, strict=True)):
        one["merchant_id"], other["merchant_id"] = "always the same", f"m{number}"
    loyal[-1]["merchant_id"] = "new"

    table = features(loyal + curious)

    assert table.new_merchant.iloc[11] == pytest.approx(math.log(12 / 1.5) - 0.5)
    assert table.new_merchant.iloc[10] == table.new_merchant.iloc[23] == 0.0


def test_several_new_merchants_in_a_row(features: Compute) -> None:
    rows = daily([20.0] * 9)
    for row, merchant in zip(rows, ["a", "a", "a", "a", "a", "a", "x", "y", "z"], strict=True):
        row["merchant_id"] = merchant

    table = features(rows)

    # three of the last four are new; of the eight before, three were distinct
    assert table.new_merchants_of_four.iloc[-1] == pytest.approx(3 - 4 * 3 / 8 - 0.8)
    assert table.new_merchants_of_four.iloc[5] == 0.0


def test_hour_the_account_never_pays_at(features: Compute) -> None:
    night = features([*daily([20.0] * 20), {"timestamp_ms": NOON + 13 * HOUR, "amount": 20.0}]).iloc[-1]
    noon = features(daily([20.0] * 21)).iloc[-1]

    assert night.hour_rarity == pytest.approx(math.log(20 / 4 + 1) - 0.7)
    assert noon.hour_rarity == 0.0


def test_a_late_event_counts_at_its_own_time(features: Compute, spark: SparkSession) -> None:
    """Arrived last, happened first: its windows look back from its own moment."""
    rows: Rows = [{"timestamp_ms": NOON + MINUTE * minute, "amount": 20.0} for minute in range(3)]
    late = {"timestamp_ms": NOON - DAY, "amount": 20.0}

    table = features([late, *rows])

    assert table.iloc[0].tempo_1h == 0


def test_accounts_do_not_know_each_other(features: Compute) -> None:
    rich = daily([5000.0] * 6, account_id="rich")
    poor = daily([5.0] * 6, account_id="poor")
    mixed = [row for pair in zip(rich, poor, strict=True) for row in pair]

    table = features([*mixed, {"account_id": "poor", "timestamp_ms": NOON + HOUR, "amount": 5.0}])

    assert table.iloc[-1].amount_over_usual == 0.0


def test_a_repeat_is_refused_and_forgotten(features: Compute) -> None:
    rows = daily([2.0] * 6)
    rows.append({"timestamp_ms": NOON, "amount": 2.0, "transaction_id": "t5"})
    rows += [{"timestamp_ms": NOON + 1000 * second, "amount": 2.0, "transaction_id": f"n{second}"} for second in (1, 2)]

    table = features(rows)

    assert list(table.reject_reason[5:]) == [None, "duplicate_transaction", None, None]
    assert table.small_count_1h.iloc[-1] == 3 - 2  # not four
