import numpy as np
import pytest

from generator.account import Day
from generator.events import RARE_EVENTS, big_purchase, day_trip, fair, late_night, moving_house, partner_at_home
from generator.payment import DAY_MS, HOUR_MS
from vigie_schemas import EUR_PER_UNIT

FIRST_DAY = 20_000


def _made(happening, accounts, days=60):
    """All days on which the event, made to happen, added payments."""
    rng = np.random.default_rng(5)
    for account in accounts:
        for number in range(FIRST_DAY, FIRST_DAY + days, 7):
            payments = happening(account, Day.of(number), [], rng)
            if payments:
                yield account, number, payments


@pytest.mark.parametrize("event", RARE_EVENTS, ids=lambda event: event.happening.__name__)
def test_rare_events_are_rare_and_innocent(event, accounts):
    assert event.probability <= 0.5
    days = list(_made(event.happening, accounts, days=1500 if event.happening is moving_house else 60))

    assert days
    assert all(payment.scenario is None for _, _, payments in days for payment in payments)


def test_big_purchases_exceed_what_thieves_take(accounts):
    amounts = [p.amount * EUR_PER_UNIT[p.currency] for _, _, ps in _made(big_purchase, accounts) for p in ps]

    assert max(amounts) > 4_000
    assert np.median(amounts) > 400


def test_a_late_night_is_at_night(accounts):
    for account, number, payments in _made(late_night, accounts):
        hours = [p.timestamp_ms / HOUR_MS - 24 * number + account.city(number).utc_offset_hours for p in payments]
        assert all(23 <= hour < 31 for hour in hours)


def test_a_fair_is_many_small_payments_in_a_short_time(accounts):
    for _, _, payments in _made(fair, accounts):
        assert 4 <= len(payments) <= 7
        assert payments[-1].timestamp_ms - payments[0].timestamp_ms < 2 * HOUR_MS


def test_nothing_is_paid_in_shops_at_home_during_a_day_trip(accounts):
    rng = np.random.default_rng(5)
    account = next(a for a, _, _ in _made(day_trip, accounts))
    shop = account.residence(FIRST_DAY).favourites[0][0]
    at_home = [account.pay(FIRST_DAY * DAY_MS + hour * HOUR_MS, 10, shop) for hour in range(24)]

    kept = [p for p in day_trip(account, Day.of(FIRST_DAY), at_home, rng) if p in at_home]

    assert 8 <= len(kept) <= 16


def test_a_partner_pays_at_home_only_while_the_holder_is_away(accounts):
    for account, number, payments in _made(partner_at_home, accounts):
        assert account.holiday(number) is not None
        assert payments[0].country == account.residence(number).city.country
