"""Payments in a place the holder cannot have reached."""

import numpy as np

from generator.account import Account
from generator.categories import INDEX
from generator.chance import between, pick
from generator.payment import MINUTE_MS, Payment
from generator.scenarios.base import Scenario
from generator.world import City

OVERSEAS_KM = 4_500.0
SHOPS = tuple(INDEX[name] for name in ("groceries", "restaurant", "clothing", "electronics", "cash", "fuel"))


class ImpossibleTravel(Scenario):
    """A copied card on another continent within the hour after the holder paid.

    Overlap: amounts are ordinary to high, families pay at home while one is abroad; a quiet copy is used in a city
    of the same country, one to four hours away.
    """

    name = "impossible_travel"
    fewest, most = 4, 7
    fewest_quiet, most_quiet = 1, 2

    def bold(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """Payments overseas, minutes apart, of eight to thirty times the usual."""
        here = account.city_at(moment_ms)
        overseas = [city for city in account.world.all_cities if here.distance_km(city) >= OVERSEAS_KM]
        at_ms = moment_ms + between(rng, 10, 60) * MINUTE_MS
        return self._shopping(account, pick(rng, overseas), at_ms, steps, (8, 30), (1, 6), rng)

    def quiet(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """Ordinary payments where a train might have taken the holder."""
        here = account.city_at(moment_ms)
        near = [city for city in account.world.cities[here.country] if city is not here] or [here]
        at_ms = moment_ms + between(rng, 60, 240) * MINUTE_MS
        return self._shopping(account, pick(rng, near), at_ms, steps, (0.8, 1.5), (15, 60), rng)

    def _shopping(
        self, account: Account, city: City, at_ms: float, steps: int, factor: tuple[float, float],
        gap_minutes: tuple[float, float], rng: np.random.Generator,
    ) -> list[Payment]:  # fmt: skip
        made: list[Payment] = []
        for _ in range(steps):
            category = pick(rng, SHOPS)
            eur = account.usual_eur(category, rng) * between(rng, *factor)
            made.append(self.steal(account, at_ms, eur, pick(rng, city.merchants[category])))
            at_ms += between(rng, *gap_minutes) * MINUTE_MS
        return made
