import re
from collections import Counter, defaultdict
from itertools import islice, pairwise

import numpy as np
import pytest

from generator.payment import DAY_MS
from generator.population import build_population
from generator.scenarios import SCENARIOS
from generator.stream import DAYS_AFTER, DAYS_BEFORE, LAST_DAY, PaymentStream, StreamPlan
from generator.world import build_world
from vigie_schemas import EUR_PER_UNIT
from vigie_schemas.record import LATEST_TIMESTAMP_MS

FIRST_DAY = 20_000
BUDGET = 0.0063  # part of the payments that is meant to alert
PLAN = StreamPlan(seed=7, era=0, accounts=60, payments_per_day=3, anomaly_share=0.05, anomalies_from_day=FIRST_DAY)


def test_times_only_grow_and_each_is_of_one_payment(month):
    times = [payment.timestamp_ms for payment in month]

    assert all(before < after for before, after in pairwise(times))


def test_the_rate_of_an_account_is_about_the_wanted(month):
    assert 2.6 < len(month) / 500 / 30 < 3.4


def test_the_share_of_anomalies_is_about_the_wanted(month):
    share = sum(payment.scenario is not None for payment in month) / len(month)

    assert 0.0065 < share < 0.0085


def test_every_scenario_occurs(month):
    assert {payment.scenario for payment in month} - {None} == set(SCENARIOS)


def test_nights_are_quiet_and_the_evening_is_not(month):
    hours = Counter(payment.timestamp_ms % DAY_MS // 3_600_000 for payment in month)

    assert hours[2] + hours[3] < 0.3 * (hours[17] + hours[18])


def _by_amount(month):
    return np.array([payment.amount * EUR_PER_UNIT[payment.currency] for payment in month])


def _by_amount_over_the_accounts_mean(month):
    amounts = defaultdict(list)
    for payment, eur in zip(month, _by_amount(month), strict=True):
        amounts[payment.account_id].append(eur)
    means = {account: np.mean(paid) for account, paid in amounts.items()}
    return _by_amount(month) / [means[payment.account_id] for payment in month]


@pytest.mark.parametrize("rule", [_by_amount, _by_amount_over_the_accounts_mean])
def test_no_rule_on_the_amount_finds_the_anomalies(month, rule):
    """No threshold is right in 95 of 100 cases and of any use, nor does flagging as many as there are find 80 %."""
    fraud = np.array([payment.scenario is not None for payment in month])[np.argsort(-rule(month), kind="stable")]
    precision = np.cumsum(fraud) / np.arange(1, len(fraud) + 1)
    recall = np.cumsum(fraud) / fraud.sum()

    useful = recall >= 0.05
    at_budget = recall[round(BUDGET * len(fraud))]
    print(f"{rule.__name__}: highest precision {precision[useful].max():.2f}, recall at {BUDGET:.2%} {at_budget:.2f}")  # noqa: T201 - the README names it

    assert precision[useful].max() < 0.95
    assert at_budget < 0.8
    assert recall[len(fraud) // 50] < 0.8


def _kind(payment):
    """What of a payment could tell a scenario apart: category, sort of merchant and of merchant name."""
    return payment.category, payment.lat is not None, re.sub("[0-9a-f]+$", "", payment.merchant_id)[:6] == "payee-"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_thieves_have_nothing_of_their_own(month, scenario):
    honest = [payment for payment in month if payment.scenario is None]
    stolen = [payment for payment in month if payment.scenario == scenario]

    assert {_kind(payment) for payment in stolen} <= {_kind(payment) for payment in honest}
    assert {payment.country for payment in stolen} <= {payment.country for payment in honest}
    assert {payment.currency for payment in stolen} <= {payment.currency for payment in honest}
    assert {payment.account_id for payment in stolen} <= {payment.account_id for payment in honest}


def test_no_merchant_is_only_a_thieves_merchant(month):
    """Honest people try little-known shops too: those of the world that thieves use are not theirs alone."""
    shops = {shop.merchant_id for shop in build_world(7).little_known} | {
        shop.merchant_id for shop in build_world(8).little_known
    }
    at_them = [payment.scenario is not None for payment in month if payment.merchant_id in shops]

    assert sum(at_them) / len(at_them) < 0.8


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
