"""A payment well above the account's habit."""

import numpy as np

from generator.account import Account
from generator.categories import INDEX
from generator.chance import between, pick
from generator.payment import DAY_MS, MINUTE_MS, Payment
from generator.scenarios.base import Scenario, little_known_shop

CATEGORIES_USED = tuple(INDEX[name] for name in ("groceries", "restaurant", "clothing", "electronics", "fuel"))


class AmountAboveHabit(Scenario):
    """Four to twenty-four times the usual amount of a category, at ordinary hours and often at known merchants.

    Overlap: four times is a good dinner, and honest big purchases go higher.
    """

    name = "amount_above_habit"
    fewest, most = 1, 2

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """One or two purchases within the hour."""
        category = pick(rng, CATEGORIES_USED)
        residence = account.residence(moment_ms // DAY_MS)
        factor = 4 * 6 ** rng.random()
        made: list[Payment] = []
        at_ms = moment_ms + between(rng, 5, 120) * MINUTE_MS
        for _ in range(self.steps(rng)):
            known = rng.random() < 0.5
            shop = pick(rng, residence.favourites[category]) if known else little_known_shop(account, rng)
            eur = max(factor * account.typical_eur[category], 100 * account.level) * between(rng, 0.8, 1.25)
            made.append(self.steal(account, at_ms, eur, shop))
            at_ms += between(rng, 8, 50) * MINUTE_MS
        return made
