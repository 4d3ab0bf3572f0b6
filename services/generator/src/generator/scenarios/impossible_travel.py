"""A payment in a place the holder cannot have reached."""

import numpy as np

from generator.account import Account
from generator.categories import INDEX
from generator.chance import between, pick
from generator.payment import MINUTE_MS, Payment
from generator.scenarios.base import Scenario

NEAREST_KM = 350.0
SHOPS = tuple(INDEX[name] for name in ("groceries", "restaurant", "clothing", "electronics", "cash", "fuel"))


class ImpossibleTravel(Scenario):
    """A copied card far away, ten to ninety minutes after the holder paid.

    Overlap: half of the cities are neighbours, amounts are ordinary, and families pay at home while one is abroad.
    """

    name = "impossible_travel"
    fewest, most = 1, 3

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """One to three ordinary-looking payments in another city."""
        here = account.city_at(moment_ms)
        far = sorted(account.world.all_cities, key=here.distance_km)
        far = [city for city in far if here.distance_km(city) >= NEAREST_KM]
        city = pick(rng, far[: len(far) // 3]) if rng.random() < 0.5 else pick(rng, far)
        at_ms = moment_ms + between(rng, 10, 90) * MINUTE_MS
        made: list[Payment] = []
        for _ in range(self.steps(rng)):
            category = pick(rng, SHOPS)
            eur = account.usual_eur(category, rng) * between(rng, 0.8, 3)
            shop = pick(rng, city.merchants[category])
            made.append(self.steal(account, at_ms, eur, shop))
            at_ms += between(rng, 4, 40) * MINUTE_MS
        return made
