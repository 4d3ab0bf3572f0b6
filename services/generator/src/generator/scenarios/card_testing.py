"""Tiny payments that test a stolen card, then a large one."""

import numpy as np

from generator.account import Account
from generator.chance import between
from generator.payment import MINUTE_MS, Payment
from generator.scenarios.base import Scenario, holders_usual_eur, little_known_shop


class CardTesting(Scenario):
    """Payments of about a euro at little-known shops within minutes, and the one they were made for.

    Overlap: online services of a euro or two are ordinary; in patient episodes the large payment is only moderate.
    """

    name = "card_testing"
    fewest, most = 4, 8

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """All but the last payment are tests."""
        at_ms = moment_ms + between(rng, 5, 300) * MINUTE_MS
        pace_minutes = 0.2 * 15 ** rng.random()
        made: list[Payment] = []
        for _ in range(self.steps(rng) - 1):
            made.append(self.steal(account, at_ms, between(rng, 0.5, 2.9), little_known_shop(account, rng)))
            at_ms += pace_minutes * between(rng, 0.5, 1.5) * MINUTE_MS
        at_ms += between(rng, 3, 60) * MINUTE_MS
        eur = 1.5 * 8 ** rng.random() * holders_usual_eur(account, rng)
        made.append(self.steal(account, at_ms, eur, little_known_shop(account, rng)))
        return made
