"""An account emptied in growing steps."""

import numpy as np

from generator.account import Account
from generator.categories import INDEX
from generator.chance import between, pick
from generator.payment import MINUTE_MS, Payment
from generator.scenarios.base import Scenario

MAX_WITHDRAWAL_EUR = 2_000.0


class DrainedInSteps(Scenario):
    """Cash withdrawals that grow until the machine gives no more.

    Overlap: on holiday people draw cash more than once a day; quiet thieves draw ordinary amounts hours apart.
    """

    name = "drained_in_steps"
    fewest, most = 8, 11
    fewest_quiet, most_quiet = 2, 3

    def bold(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """From nine to fourteen times the usual withdrawal upwards, a few minutes apart."""
        first = account.typical_eur[INDEX["cash"]] * between(rng, 9, 14)
        return self._withdrawals(account, moment_ms, steps, first, between(rng, 1.1, 1.4), between(rng, 1, 4), rng)

    def quiet(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """Two or three ordinary withdrawals within a day."""
        first = account.typical_eur[INDEX["cash"]] * between(rng, 0.8, 1.2)
        return self._withdrawals(account, moment_ms, steps, first, between(rng, 1.1, 1.4), between(rng, 90, 240), rng)

    def _withdrawals(
        self, account: Account, moment_ms: int, steps: int, eur: float, growth: float, pause_minutes: float,
        rng: np.random.Generator,
    ) -> list[Payment]:  # fmt: skip
        machines = account.city_at(moment_ms).merchants[INDEX["cash"]]
        at_ms = moment_ms + between(rng, 20, 240) * MINUTE_MS
        made: list[Payment] = []
        for _ in range(steps):
            made.append(
                self.steal(account, at_ms, min(MAX_WITHDRAWAL_EUR, 10.0 * max(1, round(eur / 10))), pick(rng, machines))
            )
            at_ms += pause_minutes * between(rng, 0.6, 1.4) * MINUTE_MS
            eur *= growth
        return made
