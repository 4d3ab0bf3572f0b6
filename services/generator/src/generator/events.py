"""Rare but innocent: what makes honest people look like thieves now and then."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from generator.account import Account, Day, local_ms
from generator.categories import INDEX
from generator.chance import between, count_between, log_normal, pick
from generator.payment import HOUR_MS, MINUTE_MS, Payment
from generator.population import USUAL_PAYMENTS_PER_DAY, payee
from generator.world import City

MAX_PURCHASE_EUR = 25_000.0
BIG_EUR, VERY_BIG_EUR = 300.0, 4_000.0
VERY_BIG = 0.05  # of the big purchases: a kitchen, a car
KNOWN_SHOP = 0.5  # of the big purchases are made where the account bought before
BIG_SHOPS = tuple(INDEX[name] for name in ("electronics", "home_garden", "travel", "clothing"))
NIGHT_SHOPS = tuple(INDEX[name] for name in ("restaurant", "entertainment", "transport"))
SMALL_SHOPS = tuple(INDEX[name] for name in ("cafe", "transport", "entertainment"))
WEEKEND = (4, 5)

Happening = Callable[[Account, Day, list[Payment], np.random.Generator], list[Payment]]


def big_purchase(account: Account, day: Day, payments: list[Payment], rng: np.random.Generator) -> list[Payment]:
    """A sofa, a computer, a journey, and now and then a kitchen or a used car: far above habit and honest."""
    city = account.city(day.number)
    home = account.residence(day.number)
    category = pick(rng, BIG_SHOPS)
    new = city.merchants[category] or account.world.online[home.city.country][category]
    shop = pick(rng, home.favourites[category] if city is home.city and rng.random() < KNOWN_SHOP else new)
    median = VERY_BIG_EUR if rng.random() < VERY_BIG else BIG_EUR
    eur = min(MAX_PURCHASE_EUR, log_normal(rng, median * account.level, 0.6))
    return [*payments, account.pay(local_ms(day.number, between(rng, 10, 19), city), eur, shop)]


def late_night(account: Account, day: Day, payments: list[Payment], rng: np.random.Generator) -> list[Payment]:
    """A night out: several payments between eleven and four, often where the account never was."""
    return payments + _round_of_shops(
        account, account.city(day.number), local_ms(day.number, between(rng, 23, 26), account.city(day.number)),
        NIGHT_SHOPS, steps=count_between(rng, 2, 4), gap_minutes=(10, 60), rng=rng,
    )  # fmt: skip


def fair(account: Account, day: Day, payments: list[Payment], rng: np.random.Generator) -> list[Payment]:
    """A fair or a festival: many small payments in a short time."""
    city = account.city(day.number)
    return payments + _round_of_shops(
        account, city, local_ms(day.number, between(rng, 11, 21), city),
        SMALL_SHOPS, steps=count_between(rng, 4, 7), gap_minutes=(2, 18), rng=rng, factor=0.8,
    )  # fmt: skip


def day_trip(account: Account, day: Day, payments: list[Payment], rng: np.random.Generator) -> list[Payment]:
    """An afternoon in another city of the country; nothing is paid at home meanwhile."""
    home = account.residence(day.number).city
    others = [city for city in account.world.cities[home.country] if 30 < city.distance_km(home) < 450]
    if account.holiday(day.number) or not others:
        return payments
    begin = local_ms(day.number, between(rng, 11, 14), home)
    away = _round_of_shops(
        account, pick(rng, others), begin, (*NIGHT_SHOPS, INDEX["clothing"]), steps=count_between(rng, 2, 4),
        gap_minutes=(20, 80), rng=rng,
    )  # fmt: skip
    free_from, free_until = begin - 4 * HOUR_MS, away[-1].timestamp_ms + 4 * HOUR_MS
    return [p for p in payments if not free_from < p.timestamp_ms < free_until or p.lat is None] + away


def partner_at_home(account: Account, day: Day, payments: list[Payment], rng: np.random.Generator) -> list[Payment]:
    """A member of the family pays at home with the same account while its holder is abroad."""
    if account.holiday(day.number) is None:
        return payments
    home = account.residence(day.number)
    category = pick(rng, (INDEX["groceries"], INDEX["pharmacy"], INDEX["fuel"]))
    at_ms = local_ms(day.number, between(rng, 9, 20), home.city)
    return [*payments, account.pay(at_ms, account.usual_eur(category, rng), pick(rng, home.favourites[category]))]


def booking_ahead(account: Account, day: Day, payments: list[Payment], rng: np.random.Generator) -> list[Payment]:
    """Tickets, transfers and excursions booked online at the destination in the days before a holiday."""
    destination = account.next_destination(day.number)
    if destination is None:
        return payments
    category = INDEX["travel"]
    shop = pick(rng, account.world.online[destination.country][category])
    at_ms = local_ms(day.number, between(rng, 9, 22), account.city(day.number))
    return [*payments, account.pay(at_ms, 0.4 * account.usual_eur(category, rng), shop)]


def moving_house(account: Account, day: Day, payments: list[Payment], rng: np.random.Generator) -> list[Payment]:
    """The days after a move: movers and things for the home at new merchants; a tenant pays a deposit."""
    if account.days_since_move(day.number) >= account.moves.length_days:
        return payments
    city = account.residence(day.number).city
    if account.days_since_move(day.number) == 0 and account.pays_rent:
        deposit = account.pay(
            local_ms(day.number, between(rng, 9, 17), city), log_normal(rng, 1500 * account.level, 0.4),
            payee(account.account_id, rng, city.country),
        )  # fmt: skip
        return [*payments, deposit]
    shop = pick(rng, city.merchants[INDEX["home_garden"]])
    eur = log_normal(rng, 120 * account.level, 0.9)
    return [*payments, account.pay(local_ms(day.number, between(rng, 9, 20), city), eur, shop)]


class RareEvent(NamedTuple):
    """An event and how likely it is on a day of an account with three payments a day."""

    happening: Happening
    probability: float


RARE_EVENTS: Final = (
    RareEvent(big_purchase, 1 / 300),
    RareEvent(late_night, 1 / 120),
    RareEvent(fair, 1 / 200),
    RareEvent(day_trip, 1 / 90),
    RareEvent(partner_at_home, 1 / 300),
    RareEvent(booking_ahead, 1 / 2),
    RareEvent(moving_house, 1 / 2),
)


def with_rare_events(account: Account, day: Day, payments: list[Payment], rng: np.random.Generator) -> list[Payment]:
    """The day's payments with whatever rare happened; nights out and trips cluster at the end of the week."""
    activity = account.payments_per_day / USUAL_PAYMENTS_PER_DAY
    for happening, probability in RARE_EVENTS:
        weekly = (2.0 if day.weekday in WEEKEND else 0.6) if happening in (late_night, day_trip) else 1.0
        if rng.random() < probability * activity * weekly:
            payments = happening(account, day, payments, rng)
    return payments


def _round_of_shops(
    account: Account, city: City, begin_ms: int, categories: tuple[int, ...], *, steps: int,
    gap_minutes: tuple[float, float], rng: np.random.Generator, factor: float = 1.0,
) -> list[Payment]:  # fmt: skip
    """Payments one after the other at several merchants of a city."""
    at_ms = float(begin_ms)
    payments: list[Payment] = []
    for _ in range(steps):
        category = pick(rng, categories)
        eur = factor * account.usual_eur(category, rng)
        payments.append(account.pay(at_ms, eur, pick(rng, city.merchants[category])))
        at_ms += between(rng, *gap_minutes) * MINUTE_MS
    return payments
