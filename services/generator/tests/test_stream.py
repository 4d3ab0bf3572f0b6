from collections import Counter
from itertools import islice, pairwise

import numpy as np
import pytest

from generator.payment import DAY_MS
from generator.population import build_population
from generator.scenarios import SCENARIOS
from generator.stream import DAYS_AFTER, DAYS_BEFORE, LAST_DAY, PaymentStream, StreamPlan
from vigie_schemas import EUR_PER_UNIT
from vigie_schemas.record import LATEST_TIMESTAMP_MS

FIRST_DAY = 20_000
PLAN = StreamPlan(seed=7, era=0, accounts=60, payments_per_day=3, anomaly_share=0.05, anomalies_from_day=FIRST_DAY)


def test_times_only_grow_and_each_is_of_one_payment(month):
    times = [payment.timestamp_ms for payment in month]

    assert all(before < after for before, after in pairwise(times))


def test_the_rate_of_an_account_is_about_the_wanted(month):
    assert 2.6 < len(month) / 500 / 30 < 3.4


def test_the_share_of_anomalies_is_about_the_wanted(month):
    share = sum(payment.scenario is not None for payment in month) / len(month)

    assert 0.005 < share < 0.01


def test_every_scenario_occurs(month):
    assert {payment.scenario for payment in month} - {None} == set(SCENARIOS)


def test_nights_are_quiet_and_the_evening_is_not(month):
    hours = Counter(payment.timestamp_ms % DAY_MS // 3_600_000 for payment in month)

    assert hours[2] + hours[3] < 0.3 * (hours[17] + hours[18])


def test_no_rule_on_the_amount_alone_finds_the_anomalies(month):
    """Neither is any amount above which nearly all is fraud, nor does flagging 2 % by amount find most of it."""
    eur = np.array([payment.amount * EUR_PER_UNIT[payment.currency] for payment in month])
    fraud = np.array([payment.scenario is not None for payment in month])[np.argsort(-eur, kind="stable")]

    precision = np.cumsum(fraud) / np.arange(1, len(fraud) + 1)
    recall_at_two_percent = fraud[: len(fraud) // 50].sum() / fraud.sum()

    assert precision.max() <= 0.95
    assert recall_at_two_percent < 0.8


@pytest.mark.parametrize("skip", [1, 57, 400])
def test_a_stream_taken_up_at_any_clock_goes_on_where_the_other_stopped(skip):
    whole = list(islice(PaymentStream(PLAN).after(FIRST_DAY * DAY_MS - 1), 900))

    rest = list(islice(PaymentStream(PLAN).after(whole[skip - 1].timestamp_ms), 900 - skip))

    assert rest == whole[skip:]


def test_no_plan_of_a_day_reaches_beyond_what_is_looked_ahead_and_back():
    stream = PaymentStream(StreamPlan(7, 0, 300, 3, 0.2, FIRST_DAY))
    for day in range(FIRST_DAY, FIRST_DAY + 5):
        times = [payment.timestamp_ms for planned in stream._planned(day) for payment in planned]
        assert min(times) >= (day - DAYS_BEFORE) * DAY_MS
        assert max(times) < (day + DAYS_AFTER + 1) * DAY_MS


def test_another_seed_is_another_stream():
    one, other = (next(PaymentStream(StreamPlan(seed, 0, 20, 3, 0.01, 0)).after(FIRST_DAY * DAY_MS)) for seed in (7, 8))

    assert one != other


def test_the_stream_ends_before_the_contracts_last_day():
    payments = list(PaymentStream(StreamPlan(7, 0, 2, 3, 0, 0)).after((LAST_DAY - 2) * DAY_MS))

    assert payments
    assert payments[-1].timestamp_ms < LATEST_TIMESTAMP_MS
    assert len({payment.account_id for payment in payments}) <= len(build_population(7, 0, 2, 3))
