"""An account and its habits. Where it is on a day follows from the day alone, so a later run needs no memory."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from generator.chance import log_normal, weighted_index
from generator.payment import DAY_MS, HOUR_MS, Payment, amount_in
from generator.world import City, Merchant, World

BOOKS_AHEAD_DAYS = 3


class Day(NamedTuple):
    """A day of the simulation, counted from 1970."""

    number: int
    weekday: int
    day_of_month: int

    @classmethod
    def of(cls, number: int) -> "Day":
        """The day of that number."""
        date = datetime.fromtimestamp(number * DAY_MS / 1000, UTC)
        return cls(number, date.weekday(), date.day)


@dataclass(frozen=True, slots=True)
class Residence:
    """A home: the city and the merchants its owner prefers, by category index, the dearest first."""

    city: City
    favourites: tuple[tuple[Merchant, ...], ...]


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """A fixed amount paid on a fixed day of each month: rent, power, phone, streaming."""

    day_of_month: int
    hour: float
    merchant_id: str
    category: str
    amount_eur: float


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Something that begins again every so many days and lasts a few of them."""

    period_days: int
    phase_days: int
    length_days: int

    def place_in_cycle(self, day: int) -> tuple[int, int]:
        """Number of the cycle and days since it began."""
        return divmod(day + self.phase_days, self.period_days)


@dataclass(frozen=True, slots=True)
class Account:
    """One account holder's life, as far as payments show it."""

    account_id: str
    world: World
    residences: tuple[Residence, ...]
    moves: Recurrence
    destinations: tuple[City, ...]
    holidays: Recurrence
    payments_per_day: float
    category_shares: tuple[float, ...]
    typical_eur: tuple[float, ...]
    spread: tuple[float, ...]
    hours: tuple[float, ...]
    hour_shares: tuple[float, ...]
    weekday_factor: tuple[float, ...]
    salary_day: int
    standing_orders: tuple[StandingOrder, ...]
    level: float
    curiosity: float

    def residence(self, day: int) -> Residence:
        """Home on that day; moving alternates between two homes."""
        return self.residences[self.moves.place_in_cycle(day)[0] % len(self.residences)]

    def days_since_move(self, day: int) -> int:
        """Days since the account last changed its home."""
        return self.moves.place_in_cycle(day)[1]

    def holiday(self, day: int) -> City | None:
        """Where the account is on holiday that day, if it is."""
        cycle, since = self.holidays.place_in_cycle(day)
        return self.destinations[cycle % len(self.destinations)] if since < self.holidays.length_days else None

    def next_destination(self, day: int) -> City | None:
        """Where the account will go on holiday within the next BOOKS_AHEAD_DAYS, if anywhere."""
        return None if self.holiday(day) else self.holiday(day + BOOKS_AHEAD_DAYS)

    @property
    def pays_rent(self) -> bool:
        """True for a tenant who pays from this account."""
        return any(order.category == "housing" for order in self.standing_orders)

    def is_travel_day(self, day: int) -> bool:
        """True on the day of arrival abroad and on the first day back."""
        return self.holidays.place_in_cycle(day)[1] in (0, self.holidays.length_days)

    def city(self, day: int) -> City:
        """Where the account is that day."""
        return self.holiday(day) or self.residence(day).city

    def city_at(self, moment_ms: int) -> City:
        """Where the account is at that moment."""
        return self.city(moment_ms // DAY_MS)

    @property
    def currency(self) -> str:
        """The account's own currency."""
        return self.residences[0].city.currency

    def usual_hour(self, rng: np.random.Generator) -> float:
        """An hour of the local day at which the account pays."""
        peak = self.hours[weighted_index(rng, self.hour_shares)]
        return (peak + 1.4 * rng.standard_normal()) % 24

    def usual_eur(self, category: int, rng: np.random.Generator) -> float:
        """An amount the account might well spend on a category."""
        return log_normal(rng, self.typical_eur[category], self.spread[category])

    def pay(
        self, at_ms: float, eur: float, merchant: Merchant, *, currency: str | None = None, scenario: str | None = None
    ) -> Payment:
        """A payment of this account, in its own currency unless another is given."""
        used = currency or self.currency
        # A merchant is id, category, country and place, in the order of a payment.
        return Payment(int(at_ms), self.account_id, amount_in(used, eur), used, *merchant, scenario)


def local_ms(day: int, hour: float, city: City) -> int:
    """Moment of a local hour of a day; hours beyond 24 belong to the night that follows."""
    return int(day * DAY_MS + (hour - city.utc_offset_hours) * HOUR_MS)
