"""An account that passes stolen money on."""

import numpy as np

from generator.account import Account
from generator.chance import between, count_between
from generator.payment import DAY_MS, MINUTE_MS, Payment
from generator.population import payee
from generator.scenarios.base import Scenario

MAX_RECEIVERS = 4


class MuleAccount(Scenario):
    """Transfers of round amounts to new receivers, as money that came in leaves again.

    Overlap: people send round amounts too; a quiet mule sends no more than a month's odd transfer.
    """

    name = "mule_account"
    fewest, most = 8, 12
    fewest_quiet, most_quiet = 1, 3

    def bold(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """Twelve hundred to three thousand a time, all within an hour or two."""
        return self._pass_on(account, moment_ms, steps, 1_200 * 2.5 ** rng.random(), (2, 15), rng)

    def quiet(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """One to three transfers the holder might have made, hours apart."""
        return self._pass_on(account, moment_ms, steps, between(rng, 60, 150), (90, 240), rng)

    def _pass_on(
        self, account: Account, moment_ms: int, steps: int, size: float, gap_minutes: tuple[float, float],
        rng: np.random.Generator,
    ) -> list[Payment]:  # fmt: skip
        home = account.residence(moment_ms // DAY_MS).city.country
        receivers = [payee(account.account_id, rng, home) for _ in range(MAX_RECEIVERS)]
        at_ms = moment_ms + between(rng, 10, 180) * MINUTE_MS
        made: list[Payment] = []
        for step in range(steps):
            eur = 10.0 * round(size * between(rng, 0.6, 1.5) / 10)
            receiver = receivers[count_between(rng, 0, min(step, MAX_RECEIVERS - 1))]
            made.append(self.steal(account, at_ms, eur, receiver))
            at_ms += between(rng, *gap_minutes) * MINUTE_MS
        return made
