import numpy as np
import pytest

from generator.payment import DAY_MS, HOUR_MS, MINUTE_MS
from generator.scenarios import MEAN_EPISODE_SIZE, SCENARIOS
from generator.scenarios.base import MOST_STOLEN_EUR
from generator.stream import DAYS_AFTER
from generator.world import City
from vigie_schemas import EUR_PER_UNIT

NOON = 20_000 * DAY_MS + 12 * HOUR_MS


def _episodes(name, accounts):
    rng = np.random.default_rng(5)
    return [(account, SCENARIOS[name].payments(account, NOON, rng)) for account in accounts]


def _eur(payment):
    return payment.amount * EUR_PER_UNIT[payment.currency]


def test_the_named_scenarios_are_there():
    assert set(SCENARIOS) == {
        "amount_above_habit",
        "small_payment_burst",
        "impossible_travel",
        "night_takeover",
        "card_testing",
        "mule_account",
        "drained_in_steps",
    }
    assert 2 < MEAN_EPISODE_SIZE < 6


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_episode_has_its_size_its_name_and_its_account(name, accounts):
    scenario = SCENARIOS[name]
    for account, payments in _episodes(name, accounts):
        assert scenario.fewest <= len(payments) <= scenario.most
        assert {(payment.account_id, payment.scenario) for payment in payments} == {(account.account_id, name)}
        times = [payment.timestamp_ms for payment in payments]
        assert times == sorted(times)
        assert times[0] >= NOON
        assert times[-1] < NOON + (DAYS_AFTER - 1.7) * DAY_MS  # a moment lies up to 1.7 days after its day's beginning
        assert all(0 < _eur(payment) <= 1.01 * MOST_STOLEN_EUR for payment in payments)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_draw_gives_the_same_episode(name, accounts):
    first, second = (SCENARIOS[name].payments(accounts[0], NOON, np.random.default_rng(1)) for _ in range(2))

    assert first == second


def test_amounts_above_habit_are_above_habit(accounts):
    ratios = [_eur(p) / account.typical_eur[1] for account, ps in _episodes("amount_above_habit", accounts) for p in ps]

    assert np.median(ratios) > 4


def test_a_burst_is_of_small_payments_close_together(accounts):
    for _, payments in _episodes("small_payment_burst", accounts):
        assert max(_eur(payment) for payment in payments) < 15.5
        assert payments[-1].timestamp_ms - payments[0].timestamp_ms < 90 * MINUTE_MS


def test_travel_is_faster_than_an_aeroplane(accounts):
    for account, payments in _episodes("impossible_travel", accounts):
        here, first = account.city_at(NOON), payments[0]
        there = City("", "", "", first.lat, first.lon, 0, ())
        hours = (first.timestamp_ms - NOON) / HOUR_MS
        assert here.distance_km(there) > 300
        assert here.distance_km(there) / hours > 150


def test_some_travel_is_only_as_fast_as_a_train(accounts):
    speeds = []
    for account, payments in _episodes("impossible_travel", accounts):
        there = City("", "", "", payments[0].lat, payments[0].lon, 0, ())
        speeds.append(account.city_at(NOON).distance_km(there) / ((payments[0].timestamp_ms - NOON) / HOUR_MS))

    assert min(speeds) < 400
    assert np.median(speeds) > 800


def test_a_takeover_happens_at_night_with_new_merchants(accounts):
    for account, payments in _episodes("night_takeover", accounts):
        local = [p.timestamp_ms / HOUR_MS % 24 + account.city_at(NOON).utc_offset_hours for p in payments]
        known = {shop.merchant_id for shops in account.residence(20_000).favourites for shop in shops}
        assert all(1 <= hour % 24 < 6.5 for hour in local)
        assert not known & {payment.merchant_id for payment in payments}


def test_card_testing_ends_with_the_payment_it_was_made_for(accounts):
    for _, payments in _episodes("card_testing", accounts):
        assert all(_eur(payment) < 3.1 for payment in payments[:-1])
        assert _eur(payments[-1]) > 5


def test_a_mule_sends_round_amounts_to_new_payees(accounts):
    for account, payments in _episodes("mule_account", accounts):
        known = {payee.merchant_id for payee in account.residence(20_000).favourites[-1]}
        assert {payment.category for payment in payments} == {"transfer"}
        assert not known & {payment.merchant_id for payment in payments}


def test_draining_grows(accounts):
    for _, payments in _episodes("drained_in_steps", accounts):
        assert _eur(payments[-1]) > _eur(payments[0])
        assert {payment.category for payment in payments} == {"cash"}
