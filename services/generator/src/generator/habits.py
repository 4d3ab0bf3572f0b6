"""An ordinary day of an account: standing orders, shopping, and now and then something rare but innocent."""

from collections.abc import Sequence

import numpy as np

from generator.account import Account, Day, local_ms
from generator.categories import CATEGORIES, INDEX, Where
from generator.chance import pick, weighted_index
from generator.events import with_rare_events
from generator.payment import HOUR_MS, Payment
from generator.population import payee
from generator.world import HOME_COUNTRIES, City, Merchant

FAVOURITE_SHARES = (0.7, 0.92, 1.0)
HOLIDAY_FACTOR = 1.35
PAID_IN_LOCAL_CURRENCY = 0.8
ARRIVAL_HOUR = 16.0  # earlier payments of a travel day would need a journey faster than an aeroplane
MIN_CASH_EUR = 10.0
LITTLE_KNOWN_SHARE = 0.25  # of the times an account tries a new online shop
FOREIGN_SHARE = 0.1  # of those times it is a well-known shop of another country
HOLIDAY_CATEGORIES = tuple(INDEX[name] for name in ("restaurant", "cafe", "transport", "entertainment", "cash"))
HOLIDAY_SPENDING = 0.5  # part of payments abroad that goes to those


def payments_of_day(account: Account, day: Day, rng: np.random.Generator) -> list[Payment]:
    """All innocent payments of an account that belong to one day of its life, in any order."""
    holiday = account.holiday(day.number)
    city = holiday or account.residence(day.number).city
    expected = account.payments_per_day * account.weekday_factor[day.weekday] * salary_factor(account, day)
    number = rng.poisson(expected * (HOLIDAY_FACTOR if holiday else 1.0))
    payments = [_shopping(account, day, city, rng) for _ in range(number)]
    payments = with_rare_events(account, day, payments, rng)
    if account.is_travel_day(day.number):
        arrival = local_ms(day.number, ARRIVAL_HOUR, city)
        payments = [payment for payment in payments if payment.timestamp_ms >= arrival]
    return payments + _standing_orders(account, day)


def salary_factor(account: Account, day: Day) -> float:
    """People pay more often, and more each time, in the days after their salary; 1 on average over a month."""
    return 1.1 - 0.2 * ((day.day_of_month - account.salary_day) % 30) / 29


def _shopping(account: Account, day: Day, city: City, rng: np.random.Generator) -> Payment:
    abroad = city is not account.residence(day.number).city
    if abroad and rng.random() < HOLIDAY_SPENDING:
        category = HOLIDAY_CATEGORIES[int(rng.random() * len(HOLIDAY_CATEGORIES))]
    else:
        category = weighted_index(rng, account.category_shares)
    merchant = choose_merchant(account, day.number, city, category, rng)
    eur = salary_factor(account, day) * account.usual_eur(category, rng)
    if merchant.category == "cash":
        eur = max(MIN_CASH_EUR, round(eur, -1))
    local = abroad and merchant.lat is not None and rng.random() < PAID_IN_LOCAL_CURRENCY
    at_ms = local_ms(day.number, account.usual_hour(rng), city)
    return account.pay(at_ms, eur, merchant, currency=city.currency if local else None)


def choose_merchant(account: Account, day: int, city: City, category: int, rng: np.random.Generator) -> Merchant:
    """A favourite most of the time, another one when the account is curious or away from home."""
    residence = account.residence(day)
    where = CATEGORIES[category].where
    away = where is Where.CITY and city is not residence.city
    if not away and rng.random() >= account.curiosity:
        return residence.favourites[category][weighted_index(rng, FAVOURITE_SHARES)]
    if where is Where.PAYEE:
        return payee(account.account_id, rng, residence.city.country)
    return pick(rng, city.merchants[category] or _online_shops(account, residence.city.country, category, rng))


def _online_shops(account: Account, country: str, category: int, rng: np.random.Generator) -> Sequence[Merchant]:
    draw = rng.random()
    if draw < LITTLE_KNOWN_SHARE:
        return account.world.little_known
    abroad = draw < LITTLE_KNOWN_SHARE + FOREIGN_SHARE
    return account.world.online[pick(rng, tuple(HOME_COUNTRIES)) if abroad else country][category]


def _standing_orders(account: Account, day: Day) -> list[Payment]:
    country = account.residence(day.number).city.country
    return [
        account.pay(
            local_ms(day.number, 0, account.residence(day.number).city) + order.hour * HOUR_MS,
            order.amount_eur,
            Merchant(order.merchant_id, order.category, country, None, None),
        )
        for order in account.standing_orders
        if order.day_of_month == day.day_of_month
    ]
