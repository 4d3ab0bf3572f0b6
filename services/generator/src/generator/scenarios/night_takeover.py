"""An account taken over at night."""

import numpy as np

from generator.account import Account, local_ms
from generator.chance import between
from generator.payment import DAY_MS, MINUTE_MS, Payment
from generator.population import payee
from generator.scenarios.base import Scenario, holders_usual_eur, little_known_shop


class NightTakeover(Scenario):
    """Purchases and transfers to receivers the account never paid, between one and five in the following night.

    Overlap: nights out, holders who work at night, and low amounts in the quieter episodes.
    """

    name = "night_takeover"
    fewest, most = 3, 6

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """Several payments in the night after the moment."""
        day = moment_ms // DAY_MS
        at_ms: float = local_ms(day, between(rng, 25, 28.5), account.city(day))
        factor = 2 * 10 ** rng.random()
        made: list[Payment] = []
        for _ in range(self.steps(rng)):
            home = account.residence(day).city.country
            receiver = payee(account.account_id, rng, home) if rng.random() < 0.3 else little_known_shop(account, rng)
            eur = factor * holders_usual_eur(account, rng) * between(rng, 0.6, 1.6)
            made.append(self.steal(account, at_ms, eur, receiver))
            at_ms += between(rng, 1, 14) * MINUTE_MS
        return made
