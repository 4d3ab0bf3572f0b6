import numpy as np
import pytest

from generator.account import Day
from generator.events import (
    RARE_EVENTS,
    big_purchase,
    booking_ahead,
    day_trip,
    fair,
    late_night,
    moving_house,
    partner_at_home,
)
from generator.payment import DAY_MS, HOUR_MS
from generator.scenarios.base import MAX_STOLEN_EUR
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

    assert max(amounts) > 2 * MAX_STOLEN_EUR
    assert np.median(amounts) > 200


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
    account = next(a for a, number, _ in _made(day_trip, accounts) if number == FIRST_DAY)
    shop = account.residence(FIRST_DAY).favourites[0][0]
    at_home = [account.pay(FIRST_DAY * DAY_MS + hour * HOUR_MS, 10, shop) for hour in range(24)]

    kept = [p for p in day_trip(account, Day.of(FIRST_DAY), at_home, rng) if p in at_home]

    assert 8 <= len(kept) <= 16


def test_a_partner_pays_at_home_only_while_the_holder_is_away(accounts):
    for account, number, payments in _made(partner_at_home, accounts):
        assert account.holiday(number) is not None
        assert payments[0].country == account.residence(number).city.country


def test_what_is_booked_ahead_is_at_the_destination_and_before_the_holiday(accounts):
    made = list(_made(booking_ahead, accounts))

    assert made
    for account, number, payments in made:
        assert account.holiday(number) is None
        ahead = {account.holiday(number + days) for days in range(1, 5)} - {None}
        assert payments[0].country in {city.country for city in ahead}


def test_only_tenants_pay_a_deposit_when_they_move(accounts):
    rng = np.random.default_rng(5)
    deposits = {True: 0, False: 0}
    for account in accounts:
        moving_day = next(day for day in range(FIRST_DAY, FIRST_DAY + 2600) if account.days_since_move(day) == 0)
        payments = moving_house(account, Day.of(moving_day), [], rng)
        deposits[account.pays_rent] += payments[0].category == "transfer"

    assert deposits[False] == 0
    assert deposits[True] > 5
