"""Many small payments within minutes."""

import numpy as np

from generator.account import Account
from generator.chance import between, pick
from generator.payment import MINUTE_MS, Payment
from generator.scenarios.base import Scenario, little_known_shop

SMALL_EUR = (20.0, 49.0)  # just below the limit up to which cards are used without a PIN


class SmallPaymentBurst(Scenario):
    """A stolen card without a PIN: small payments at one to three merchants until it stops working.

    Overlap: four to seven small payments at a fair, and a quiet burst is as slow as that.
    """

    name = "small_payment_burst"
    fewest, most = 30, 42
    fewest_quiet, most_quiet = 4, 7

    def bold(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """A machine at work: a payment every few seconds."""
        return self._burst(account, moment_ms, steps, between(rng, 5, 15) / 60, rng)

    def quiet(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """A person at work: a payment every quarter of an hour or so."""
        return self._burst(account, moment_ms, steps, between(rng, 8, 20), rng)

    def _burst(
        self, account: Account, moment_ms: int, steps: int, pace_minutes: float, rng: np.random.Generator
    ) -> list[Payment]:
        city = account.city_at(moment_ms)
        nearby = [shop for shops in city.merchants[1:4] for shop in shops]
        shops = [pick(rng, nearby) if rng.random() < 0.5 else little_known_shop(account, rng) for _ in range(3)]
        at_ms = moment_ms + between(rng, 5, 240) * MINUTE_MS
        made: list[Payment] = []
        for _ in range(steps):
            made.append(self.steal(account, at_ms, between(rng, *SMALL_EUR), pick(rng, shops)))
            at_ms += pace_minutes * between(rng, 0.5, 1.5) * MINUTE_MS
        return made
