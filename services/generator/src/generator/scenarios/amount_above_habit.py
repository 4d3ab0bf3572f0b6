"""Payments well above the account's habit."""

import numpy as np

from generator.account import Account
from generator.categories import INDEX
from generator.chance import between, pick
from generator.payment import DAY_MS, MINUTE_MS, Payment
from generator.scenarios.base import Scenario, little_known_shop

CATEGORIES_USED = tuple(INDEX[name] for name in ("groceries", "restaurant", "clothing", "electronics", "fuel"))


class AmountAboveHabit(Scenario):
    """A shopping spree on a stolen card: goods that sell again, bought as long as the card works.

    Overlap: honest big purchases go as high, but seldom come in threes; a quiet thief pays for one good dinner.
    """

    name = "amount_above_habit"
    fewest, most = 4, 7
    fewest_quiet, most_quiet = 1, 2

    def bold(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """Purchases of twenty to sixty times the usual, minutes apart, at shops the account hardly knows."""
        usual = max(account.typical_eur[pick(rng, CATEGORIES_USED)], 15 * account.level)
        factor = 20 * 3 ** rng.random()
        made: list[Payment] = []
        at_ms = moment_ms + between(rng, 5, 120) * MINUTE_MS
        for _ in range(steps):
            eur = factor * usual * between(rng, 0.7, 1.4)
            made.append(self.steal(account, at_ms, eur, little_known_shop(account, rng)))
            at_ms += between(rng, 1, 8) * MINUTE_MS
        return made

    def quiet(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """Two to five times the usual at a merchant the account knows."""
        category = pick(rng, CATEGORIES_USED)
        favourites = account.residence(moment_ms // DAY_MS).favourites[category]
        made: list[Payment] = []
        at_ms = moment_ms + between(rng, 30, 240) * MINUTE_MS
        for _ in range(steps):
            eur = account.typical_eur[category] * between(rng, 2, 5)
            made.append(self.steal(account, at_ms, eur, pick(rng, favourites)))
            at_ms += between(rng, 20, 120) * MINUTE_MS
        return made
