import numpy as np
import pytest

from generator.episodes import FraudEpisode
from generator.payment import DAY_MS, HOUR_MS, MINUTE_MS
from generator.scenarios import SCENARIOS
from generator.scenarios.base import MAX_STOLEN_EUR
from generator.stream import DAYS_AFTER
from generator.world import City
from vigie_schemas import EUR_PER_UNIT

NOON = 20_000 * DAY_MS + 12 * HOUR_MS


def _episodes(name, accounts, *, is_quiet=False):
    rng = np.random.default_rng(5)
    episode = FraudEpisode(SCENARIOS[name], is_quiet)
    return [(account, episode.payments(account, NOON, rng)) for account in accounts]


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


@pytest.mark.parametrize("is_quiet", [False, True], ids=["bold", "quiet"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_an_episode_has_its_size_its_name_and_its_account(name, is_quiet, accounts):
    fewest, most = SCENARIOS[name].size(is_quiet=is_quiet)
    for account, payments in _episodes(name, accounts, is_quiet=is_quiet):
        assert fewest <= len(payments) <= most
        assert {(payment.account_id, payment.scenario) for payment in payments} == {(account.account_id, name)}
        times = [payment.timestamp_ms for payment in payments]
        assert times == sorted(times)
        assert times[0] >= NOON
        assert times[-1] < NOON + (DAYS_AFTER - 1.7) * DAY_MS  # a moment lies up to 1.7 days after its day's beginning
        assert all(0 < _eur(payment) <= 1.01 * MAX_STOLEN_EUR for payment in payments)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_draw_gives_the_same_episode(name, accounts):
    episode = FraudEpisode(SCENARIOS[name], False)

    first, second = (episode.payments(accounts[0], NOON, np.random.default_rng(1)) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_quiet_episode_takes_far_less(name, accounts):
    bold, quiet = (
        np.median([sum(map(_eur, payments)) for _, payments in _episodes(name, accounts, is_quiet=is_quiet)])
        for is_quiet in (False, True)
    )

    assert quiet < 0.25 * bold


def test_amounts_above_habit_are_above_habit_and_quiet_ones_are_at_known_merchants(accounts):
    ratios = [_eur(p) / account.typical_eur[1] for account, ps in _episodes("amount_above_habit", accounts) for p in ps]

    assert np.median(ratios) > 20
    for account, payments in _episodes("amount_above_habit", accounts, is_quiet=True):
        known = {shop.merchant_id for shops in account.residence(20_000).favourites for shop in shops}
        assert {payment.merchant_id for payment in payments} <= known


def test_a_burst_is_of_small_payments_close_together_and_a_quiet_one_is_as_slow_as_a_fair(accounts):
    for _, payments in _episodes("small_payment_burst", accounts):
        assert max(_eur(payment) for payment in payments) < 50
        assert payments[-1].timestamp_ms - payments[0].timestamp_ms < 20 * MINUTE_MS
    for _, payments in _episodes("small_payment_burst", accounts, is_quiet=True):
        assert payments[-1].timestamp_ms - payments[0].timestamp_ms > 10 * MINUTE_MS


def _speeds(accounts, *, is_quiet):
    for account, payments in _episodes("impossible_travel", accounts, is_quiet=is_quiet):
        there = City("", "", "", payments[0].lat, payments[0].lon, 0, ())
        yield account.city_at(NOON).distance_km(there) / ((payments[0].timestamp_ms - NOON) / HOUR_MS)


def test_travel_is_faster_than_an_aeroplane_and_quietly_no_faster_than_a_fast_train(accounts):
    assert min(_speeds(accounts, is_quiet=False)) > 4000
    assert np.median(list(_speeds(accounts, is_quiet=True))) < 300


def test_a_takeover_happens_at_night_with_new_merchants(accounts):
    for account, payments in _episodes("night_takeover", accounts):
        local = [p.timestamp_ms / HOUR_MS % 24 + account.city_at(NOON).utc_offset_hours for p in payments]
        known = {shop.merchant_id for shops in account.residence(20_000).favourites for shop in shops}
        assert all(1 <= hour % 24 < 6.5 for hour in local)
        assert not known & {payment.merchant_id for payment in payments}


def test_card_testing_ends_with_the_payments_it_was_made_for(accounts):
    for _, payments in _episodes("card_testing", accounts):
        tests = [payment for payment in payments if _eur(payment) < 3.1]
        assert payments[: len(tests)] == tests
        assert 3 <= len(payments) - len(tests) <= 6
        assert all(_eur(payment) > 50 for payment in payments[len(tests) :])


def test_a_mule_sends_round_amounts_to_new_payees(accounts):
    for account, payments in _episodes("mule_account", accounts):
        known = {payee.merchant_id for payee in account.residence(20_000).favourites[-1]}
        assert {payment.category for payment in payments} == {"transfer"}
        assert not known & {payment.merchant_id for payment in payments}


def test_draining_grows(accounts):
    for _, payments in _episodes("drained_in_steps", accounts):
        assert _eur(payments[-1]) >= _eur(payments[0])
        assert {payment.category for payment in payments} == {"cash"}
    first, last = zip(*((_eur(ps[0]), _eur(ps[-1])) for _, ps in _episodes("drained_in_steps", accounts)), strict=True)
    assert np.median(last) > 1.5 * np.median(first)
