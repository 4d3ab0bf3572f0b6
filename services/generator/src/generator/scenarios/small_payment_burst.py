"""Many small payments within minutes."""

import numpy as np

from generator.account import Account
from generator.chance import between, pick
from generator.payment import MINUTE_MS, Payment
from generator.scenarios.base import Scenario, little_known_shop


class SmallPaymentBurst(Scenario):
    """A stolen card without a PIN: small payments at one to three merchants until it stops working.

    Overlap: four to seven small payments at a fair; slow bursts here are as slow as that.
    """

    name = "small_payment_burst"
    fewest, most = 5, 11

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """Small payments at a pace of the episode's own."""
        city = account.city_at(moment_ms)
        nearby = [shop for shops in city.merchants[1:4] for shop in shops]
        shops = [pick(rng, nearby) if rng.random() < 0.5 else little_known_shop(account, rng) for _ in range(3)]
        pace_minutes = 0.3 * 12 ** rng.random()
        at_ms = moment_ms + between(rng, 5, 240) * MINUTE_MS
        made: list[Payment] = []
        for _ in range(self.steps(rng)):
            made.append(self.steal(account, at_ms, between(rng, 1.5, 15), pick(rng, shops)))
            at_ms += pace_minutes * between(rng, 0.5, 1.5) * MINUTE_MS
        return made
