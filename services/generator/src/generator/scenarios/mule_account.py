"""An account that passes stolen money on."""

import numpy as np

from generator.account import Account
from generator.chance import between, count_between
from generator.payment import DAY_MS, MINUTE_MS, Payment
from generator.population import payee
from generator.scenarios.base import Scenario


class MuleAccount(Scenario):
    """Transfers of round amounts to new receivers within hours, as money that came in leaves again.

    Overlap: people send round amounts too; the smaller mules send no more than a month's odd transfer.
    """

    name = "mule_account"
    fewest, most = 4, 7

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """Transfers over one to ten hours, up to three of them to the same receivers."""
        at_ms = moment_ms + between(rng, 10, 180) * MINUTE_MS
        steps = self.steps(rng)
        hours = between(rng, 1, 10)
        size = 120 * 9 ** rng.random()
        home = account.residence(moment_ms // DAY_MS).city.country
        receivers = [payee(account.account_id, rng, home) for _ in range(3)]
        made: list[Payment] = []
        for step in range(steps):
            eur = 10.0 * round(size * between(rng, 0.6, 1.5) / 10)
            made.append(self.steal(account, at_ms, eur, receivers[count_between(rng, 0, min(step, 2))]))
            at_ms += hours / steps * between(rng, 0.5, 1.5) * 60 * MINUTE_MS
        return made
