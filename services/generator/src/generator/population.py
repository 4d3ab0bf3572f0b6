"""Makes the accounts of a seed. Account n is the same whatever the size of the population."""

import hashlib
from typing import Final

import numpy as np

from generator.account import Account, Recurrence, Residence, StandingOrder
from generator.categories import CATEGORIES, INDEX, Where
from generator.chance import between, count_between, cumulative_shares, log_normal, pick, weighted_index
from generator.world import CURRENCIES, HOME_COUNTRIES, City, Merchant, World, build_world

USUAL_PAYMENTS_PER_DAY = 3.0
SHOPPING_SHARE = 0.905  # of an account's payments; standing orders, events and holidays make the rest
FAVOURITES = 3
NIGHT_WORKERS = 0.03
BUSINESSES = 0.03  # workshops and small firms: an ordinary payment of theirs is as large as many a theft
BUSINESS_CATEGORIES: Final = (
    "groceries", "fuel", "clothing", "home_garden", "electronics", "online_shopping", "travel", "transfer",
)  # fmt: skip
BUSINESS_SHARE_OF_OTHERS = 0.1  # how much less often a business pays for anything else
COUNTRY_OF_PAYEE_KNOWN = 0.75
PAYS_RENT_HERE = 0.1  # the others own their home or pay rent from an account that is not watched
PEAK_HOURS = (8.5, 12.6, 18.3)
OVERSEAS: Final = ("US", "MA", "TR", "TH", "JP", "BR", "MX")
OVERSEAS_HOLIDAYS = 0.08  # by far most journeys of Europeans end in Europe


def build_population(seed: int, era: int, accounts: int, payments_per_day: float) -> list[Account]:
    """The first so many accounts of a seed and era."""
    world = build_world(seed)
    return [_build_account(world, (seed, era, number), payments_per_day) for number in range(accounts)]


def _build_account(world: World, key: tuple[int, int, int], payments_per_day: float) -> Account:
    rng = np.random.default_rng([*key, 2])
    account_id = "acct-" + hashlib.sha256(":".join(map(str, key)).encode()).hexdigest()[:12]
    country = list(HOME_COUNTRIES)[weighted_index(rng, cumulative_shares(tuple(HOME_COUNTRIES.values())))]
    level = log_normal(rng, 1, 0.35)
    is_business = rng.random() < BUSINESSES
    size = log_normal(rng, 15, 0.4) if is_business else 1.0
    shares = [
        c.share * (1.0 if not is_business or c.name in BUSINESS_CATEGORIES else BUSINESS_SHARE_OF_OTHERS)
        for c in CATEGORIES
    ]
    medians = [c.median_eur * level * (size if c.name in BUSINESS_CATEGORIES else 1.0) for c in CATEGORIES]
    shift = between(rng, 5, 8) if rng.random() < NIGHT_WORKERS else 0.8 * rng.standard_normal()
    return Account(
        account_id=account_id,
        world=world,
        residences=tuple(_residence(world, country, account_id, rng) for _ in range(2)),
        moves=_recurrence(rng, shortest=700, longest=2500, length=(10, 10)),
        destinations=tuple(_destination(world, country, rng) for _ in range(3)),
        holidays=_recurrence(rng, shortest=70, longest=260, length=(3, 14)),
        payments_per_day=SHOPPING_SHARE * payments_per_day * log_normal(rng, 0.93, 0.4),
        category_shares=cumulative_shares([log_normal(rng, share, 0.9) for share in shares]),
        typical_eur=tuple(log_normal(rng, median, 0.25) for median in medians),
        spread=tuple(c.spread * between(rng, 0.6, 1.1) for c in CATEGORIES),
        hours=tuple((hour + shift) % 24 for hour in PEAK_HOURS),
        hour_shares=cumulative_shares([log_normal(rng, share, 0.5) for share in (0.2, 0.3, 0.5)]),
        weekday_factor=_weekday_factor(rng),
        salary_day=pick(rng, (1, 1, 15, 25, 27, 28, 28)),
        standing_orders=_standing_orders(world, country, level, account_id, rng),
        level=level,
        curiosity=between(rng, 0.02, 0.2),
    )


def _residence(world: World, country: str, account_id: str, rng: np.random.Generator) -> Residence:
    city = pick(rng, world.cities[country])
    favourites: list[tuple[Merchant, ...]] = []
    for index, category in enumerate(CATEGORIES):
        if category.where is Where.PAYEE:
            favourites.append(tuple(payee(account_id, rng, country) for _ in range(FAVOURITES)))
        else:
            shops = city.merchants[index] or world.online[country][index]
            chosen = rng.permutation(len(shops))[:FAVOURITES]
            favourites.append(tuple(shops[int(number)] for number in chosen))
    return Residence(city, tuple(favourites))


def payee(account_id: str, rng: np.random.Generator, country: str | None) -> Merchant:
    """A person or firm that gets a transfer, known to this account alone."""
    name = hashlib.sha256(f"{account_id}:{rng.random()!r}".encode()).hexdigest()[:10]
    shown = country if rng.random() < COUNTRY_OF_PAYEE_KNOWN else None
    return Merchant(f"payee-{name}", "transfer", shown, None, None)


def _destination(world: World, home_country: str, rng: np.random.Generator) -> City:
    is_overseas = rng.random() < OVERSEAS_HOLIDAYS
    countries = [country for country in CURRENCIES if (country in OVERSEAS) == is_overseas and country != home_country]
    return pick(rng, world.cities[pick(rng, countries)])


def _recurrence(rng: np.random.Generator, *, shortest: int, longest: int, length: tuple[int, int]) -> Recurrence:
    period = count_between(rng, shortest, longest)
    return Recurrence(period, count_between(rng, 0, period - 1), count_between(rng, *length))


def _weekday_factor(rng: np.random.Generator) -> tuple[float, ...]:
    weekend = log_normal(rng, 1.25, 0.3)
    days = (0.9, 0.9, 0.95, 1.0, 1.15, weekend, 0.8 * weekend)
    return tuple(factor * 7 / sum(days) for factor in days)


def _standing_orders(
    world: World, country: str, level: float, account_id: str, rng: np.random.Generator
) -> tuple[StandingOrder, ...]:
    orders = [
        ("utilities", log_normal(rng, 85, 0.3) * level, f"utility-{country.lower()}-{count_between(rng, 1, 6)}"),
    ]
    orders += [
        ("subscription", pick(rng, (4.99, 7.99, 9.99, 12.99, 17.99, 24.99, 39.99)), shop.merchant_id)
        for shop in (pick(rng, world.online[country][INDEX["digital"]]) for _ in range(count_between(rng, 1, 4)))
    ]
    if rng.random() < PAYS_RENT_HERE:
        orders.append(("housing", log_normal(rng, 640, 0.3) * level, payee(account_id, rng, country).merchant_id))
    return tuple(
        StandingOrder(count_between(rng, 1, 28), between(rng, 5, 9), merchant_id, category, round(amount, 2))
        for category, amount, merchant_id in orders
    )
