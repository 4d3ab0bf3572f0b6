"""Tiny payments that test a stolen card, then large ones."""

import numpy as np

from generator.account import Account
from generator.chance import between, count_between
from generator.payment import MINUTE_MS, Payment
from generator.scenarios.base import Scenario, holders_usual_eur, little_known_shop


class CardTesting(Scenario):
    """Payments of about a euro at little-known shops, and at once the purchases they were made for.

    Overlap: online services of a euro or two are ordinary; a quiet tester tries two or three and takes little.
    """

    name = "card_testing"
    fewest, most = 28, 38
    fewest_quiet, most_quiet = 3, 4

    def bold(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """A test every few seconds, then three to six purchases of fifteen to sixty times the usual."""
        at_ms = moment_ms + between(rng, 5, 300) * MINUTE_MS
        purchases = count_between(rng, 3, 6)
        made = self._tests(account, at_ms, steps - purchases, between(rng, 3, 10) / 60, rng)
        factor = 15 * 4 ** rng.random()
        at_ms = made[-1].timestamp_ms
        for _ in range(purchases):
            at_ms += between(rng, 0.5, 3) * MINUTE_MS
            eur = factor * holders_usual_eur(account, rng) * between(rng, 0.6, 1.6)
            made.append(self.steal(account, at_ms, eur, little_known_shop(account, rng)))
        return made

    def quiet(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """Tests half an hour apart and one purchase the holder might have made."""
        at_ms = moment_ms + between(rng, 5, 300) * MINUTE_MS
        made = self._tests(account, at_ms, steps - 1, between(rng, 20, 40), rng)
        at_ms = made[-1].timestamp_ms + between(rng, 30, 90) * MINUTE_MS
        eur = holders_usual_eur(account, rng) * between(rng, 0.8, 1.6)
        return [*made, self.steal(account, at_ms, eur, little_known_shop(account, rng))]

    def _tests(
        self, account: Account, at_ms: float, steps: int, pace_minutes: float, rng: np.random.Generator
    ) -> list[Payment]:
        made: list[Payment] = []
        for _ in range(steps):
            made.append(self.steal(account, at_ms, between(rng, 0.5, 2.9), little_known_shop(account, rng)))
            at_ms += pace_minutes * between(rng, 0.5, 1.5) * MINUTE_MS
        return made
