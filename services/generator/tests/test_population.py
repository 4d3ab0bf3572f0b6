import re
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from generator.account import Day, local_ms
from generator.categories import INDEX
from generator.habits import payments_of_day, salary_factor
from generator.payment import DAY_MS
from generator.population import build_population
from generator.world import build_world

FIRST_DAY = 20_000


def test_accounts_are_the_same_for_the_same_seed_and_size_does_not_matter():
    assert build_population(7, 0, 3, 3) == build_population(7, 0, 5, 3)[:3]


def test_another_seed_or_era_has_other_accounts():
    names = [{a.account_id for a in build_population(seed, era, 20, 3)} for seed, era in ((7, 0), (8, 0), (7, 1))]

    assert len(set.union(*names)) == 60


def test_account_ids_are_pseudonyms(accounts):
    assert all(re.fullmatch("acct-[0-9a-f]{12}", account.account_id) for account in accounts)
    assert len({account.account_id for account in accounts}) == len(accounts)


def test_accounts_differ_in_level_spread_and_hours(accounts):
    groceries = [account.typical_eur[0] for account in accounts]

    assert max(groceries) > 2 * min(groceries)
    assert len({account.spread for account in accounts}) == len(accounts)
    assert len({account.hours for account in accounts}) == len(accounts)


def test_every_city_has_a_shop_for_each_category_of_a_city():
    for city in build_world(7).all_cities:
        assert [bool(shops) for shops in city.merchants].count(True) == 11


def test_spending_is_highest_right_after_the_salary_and_one_on_average(accounts):
    account = accounts[0]
    by_day = {day: salary_factor(account, Day(0, 0, day)) for day in range(1, 31)}

    assert max(by_day, key=by_day.__getitem__) == account.salary_day
    assert abs(np.mean(list(by_day.values())) - 1) < 0.01


def test_holidays_come_from_the_destination_and_end(accounts):
    for account in accounts[:50]:
        year = [account.holiday(day) for day in range(FIRST_DAY, FIRST_DAY + 365)]
        away = [city for city in year if city is not None]

        assert 0 < len(away) < 120
        assert all(city.country != account.residence(FIRST_DAY).city.country for city in away)


def test_payments_on_holiday_are_made_abroad_and_partly_in_the_local_currency(accounts):
    rng = np.random.default_rng(3)
    abroad, foreign_currency, placed = 0, 0, 0
    for account in accounts:
        for number in range(FIRST_DAY, FIRST_DAY + 60):
            city = account.holiday(number)
            if city is None:
                continue
            for payment in payments_of_day(account, Day.of(number), rng):
                placed += payment.lat is not None
                abroad += payment.lat is not None and payment.country == city.country
                foreign_currency += payment.currency != account.currency

    assert abroad / placed > 0.9
    assert foreign_currency > 20


def test_favourites_get_most_of_an_accounts_shopping(accounts):
    rng = np.random.default_rng(3)
    account = accounts[0]
    favourites = {shop.merchant_id for home in account.residences for shops in home.favourites for shop in shops}
    payments = [
        payment
        for number in range(FIRST_DAY, FIRST_DAY + 60)
        if account.holiday(number) is None
        for payment in payments_of_day(account, Day.of(number), rng)
    ]

    share = sum(payment.merchant_id in favourites for payment in payments) / len(payments)

    assert 0.6 < share < 0.98


def test_standing_orders_have_the_same_amount_every_month(accounts):
    account = accounts[0]
    rng = np.random.default_rng(3)
    rent = account.standing_orders[0]
    paid = [
        payment
        for number in range(20_028, 20_120)  # November 2024 to January 2025
        for payment in payments_of_day(account, Day.of(number), rng)
        if payment.merchant_id == rent.merchant_id
    ]

    assert len(paid) == 3
    assert len({payment.amount for payment in paid}) == 1


def test_moving_changes_the_home_once_in_a_period(accounts):
    account = next(account for account in accounts if account.residences[0].city != account.residences[1].city)
    homes = [account.residence(day).city.name for day in range(FIRST_DAY, FIRST_DAY + account.moves.period_days)]

    assert sum(before != after for before, after in pairwise(homes)) == 1


def test_local_hours_become_utc(accounts):
    city = accounts[0].residence(FIRST_DAY).city

    at = datetime.fromtimestamp(local_ms(FIRST_DAY, 12, city) / 1000, UTC)

    assert at.hour == 12 - city.utc_offset_hours
    assert at.timestamp() // (DAY_MS / 1000) == FIRST_DAY


def test_a_few_accounts_are_firms_that_ordinarily_pay_what_others_never_do():
    population = build_population(7, 0, 1000, 3)
    fuel = np.array([account.typical_eur[INDEX["fuel"]] for account in population])
    firms = fuel > 6 * np.median(fuel)

    assert 0.015 < firms.mean() < 0.05


def test_online_shops_are_mostly_of_the_own_country(accounts):
    rng = np.random.default_rng(3)
    online = [
        (payment.country, account.residence(FIRST_DAY).city.country)
        for account in accounts
        for payment in payments_of_day(account, Day.of(FIRST_DAY), rng)
        if payment.category in ("online_shopping", "digital", "travel")
    ]

    assert 0.8 < np.mean([shop == home for shop, home in online]) < 1
