"""An account emptied in growing steps."""

import numpy as np

from generator.account import Account
from generator.categories import INDEX
from generator.chance import between, pick
from generator.payment import MINUTE_MS, Payment
from generator.scenarios.base import Scenario


class DrainedInSteps(Scenario):
    """Cash withdrawals that grow from an ordinary amount, some ten minutes to an hour apart.

    Overlap: the first steps are ordinary withdrawals, and on holiday people draw cash more than once a day.
    """

    name = "drained_in_steps"
    fewest, most = 4, 7

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """Withdrawals near the place of the account, each above the one before by a factor of the episode's own."""
        machines = account.city_at(moment_ms).merchants[INDEX["cash"]]
        at_ms = moment_ms + between(rng, 20, 240) * MINUTE_MS
        growth = between(rng, 1.3, 2.0)
        pause = between(rng, 8, 75)
        eur = account.typical_eur[INDEX["cash"]] * between(rng, 1, 2)
        made: list[Payment] = []
        for _ in range(self.steps(rng)):
            made.append(self.steal(account, at_ms, 10.0 * max(1, round(eur / 10)), pick(rng, machines)))
            at_ms += pause * between(rng, 0.6, 1.4) * MINUTE_MS
            eur *= growth
        return made
