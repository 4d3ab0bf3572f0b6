"""The places and merchants all accounts share."""

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from faker import Faker

from generator.categories import CATEGORIES, Category, Where
from generator.chance import pick

CITIES_PER_COUNTRY = 5
LITTLE_KNOWN_SHOPS = 300
SHOP_SCATTER_DEGREES = 0.03
KM_PER_DEGREE = 111.2

HOME_COUNTRIES: Final = {  # country: share of the accounts
    "FR": 0.30, "DE": 0.20, "GB": 0.12, "ES": 0.10, "IT": 0.10, "NL": 0.06, "BE": 0.04, "CH": 0.03, "PL": 0.03,
    "CZ": 0.02,
}  # fmt: skip
CURRENCIES: Final = {
    "FR": "EUR", "DE": "EUR", "GB": "GBP", "ES": "EUR", "IT": "EUR", "NL": "EUR", "BE": "EUR", "CH": "CHF", "PL": "PLN",
    "CZ": "CZK", "PT": "EUR", "US": "USD", "MA": "MAD", "TR": "TRY", "TH": "THB", "JP": "JPY", "BR": "BRL", "MX": "MXN",
}  # fmt: skip


class Merchant(NamedTuple):
    """A receiver of payments; online ones have a country and no place."""

    merchant_id: str
    category: str
    country: str | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class City:
    """A place where accounts live or travel to, with its merchants by category index."""

    name: str
    country: str
    currency: str
    lat: float
    lon: float
    utc_offset_hours: int
    merchants: tuple[tuple[Merchant, ...], ...]

    def distance_km(self, other: "City") -> float:
        """Distance over the ground, exact enough to plan a journey."""
        north = self.lat - other.lat
        east = (self.lon - other.lon + 180) % 360 - 180
        return KM_PER_DEGREE * math.hypot(north, east * math.cos(math.radians((self.lat + other.lat) / 2)))


@dataclass(frozen=True, slots=True)
class World:
    """Cities and online shops by country, and little-known shops anybody may meet for the first time.

    Shops are listed by category index; every country has online shops of its own.
    """

    cities: dict[str, tuple[City, ...]]
    online: dict[str, tuple[tuple[Merchant, ...], ...]]
    little_known: tuple[Merchant, ...]

    @property
    def all_cities(self) -> tuple[City, ...]:
        """Every city, in the order of their countries."""
        return tuple(city for cities in self.cities.values() for city in cities)


@cache
def build_world(seed: int) -> World:
    """The world of a seed; cached, because it is the costly part of a population."""
    fake = Faker()
    fake.seed_instance(seed)
    rng = np.random.default_rng([seed, 1])
    names = _MerchantNames(fake)
    return World(
        cities={country: _cities(country, fake, names, rng) for country in CURRENCIES},
        online={
            country: tuple(_online_shops(category, country, names) for category in CATEGORIES) for country in CURRENCIES
        },
        little_known=tuple(
            Merchant(names.next(), pick(rng, ("online_shopping", "digital", "electronics")), country, None, None)
            for country in (pick(rng, tuple(CURRENCIES)) for _ in range(LITTLE_KNOWN_SHOPS))
        ),
    )


class _MerchantNames:
    """Invented names, made unique by a number."""

    def __init__(self, fake: Faker) -> None:
        self._fake = fake
        self._number = 0

    def next(self) -> str:
        self._number += 1
        return f"{re.sub('[^a-z0-9]+', '-', self._fake.company().lower()).strip('-')}-{self._number:05d}"


def _cities(country: str, fake: Faker, names: _MerchantNames, rng: np.random.Generator) -> tuple[City, ...]:
    places: dict[str, tuple[float, float]] = {}
    for _ in range(4 * CITIES_PER_COUNTRY):  # some countries have fewer than five
        place = fake.local_latlng(country)
        if place and len(places) < CITIES_PER_COUNTRY:
            places[place[2]] = (float(place[0]), float(place[1]))
    return tuple(
        City(
            name=name,
            country=country,
            currency=CURRENCIES[country],
            lat=lat,
            lon=lon,
            utc_offset_hours=round(lon / 15),
            merchants=tuple(_city_shops(category, country, (lat, lon), names, rng) for category in CATEGORIES),
        )
        for name, (lat, lon) in places.items()
    )


def _city_shops(
    category: Category, country: str, centre: tuple[float, float], names: _MerchantNames, rng: np.random.Generator
) -> tuple[Merchant, ...]:
    if category.where is not Where.CITY:
        return ()
    return tuple(
        Merchant(
            names.next(),
            category.name,
            country,
            round(centre[0] + SHOP_SCATTER_DEGREES * rng.standard_normal(), 4),
            round(centre[1] + SHOP_SCATTER_DEGREES * rng.standard_normal(), 4),
        )
        for _ in range(category.receivers)
    )


def _online_shops(category: Category, country: str, names: _MerchantNames) -> tuple[Merchant, ...]:
    if category.where is not Where.ONLINE:
        return ()
    return tuple(Merchant(names.next(), category.name, country, None, None) for _ in range(category.receivers))
