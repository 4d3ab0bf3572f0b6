"""An account taken over at night."""

import numpy as np

from generator.account import Account, local_ms
from generator.chance import between
from generator.payment import DAY_MS, MINUTE_MS, Payment
from generator.population import payee
from generator.scenarios.base import Scenario, holders_usual_eur, little_known_shop


class NightTakeover(Scenario):
    """Purchases and transfers to receivers the account never paid, between one and five in the following night.

    Overlap: nights out and holders who work at night; a quiet takeover pays what the holder might.
    """

    name = "night_takeover"
    fewest, most = 7, 11
    fewest_quiet, most_quiet = 2, 3

    def bold(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """The account is emptied while its holder sleeps: twenty to sixty times the usual, a minute or two apart."""
        return self._night(account, moment_ms, steps, 20 * 3 ** rng.random(), (0.3, 2.5), rng)

    def quiet(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """Two or three payments of the usual size."""
        return self._night(account, moment_ms, steps, between(rng, 0.7, 1.5), (15, 50), rng)

    def _night(
        self, account: Account, moment_ms: int, steps: int, factor: float, gap_minutes: tuple[float, float],
        rng: np.random.Generator,
    ) -> list[Payment]:  # fmt: skip
        day = moment_ms // DAY_MS
        at_ms: float = local_ms(day, between(rng, 25, 28.5), account.city(day))
        home = account.residence(day).city.country
        made: list[Payment] = []
        for _ in range(steps):
            receiver = payee(account.account_id, rng, home) if rng.random() < 0.3 else little_known_shop(account, rng)
            eur = factor * holders_usual_eur(account, rng) * between(rng, 0.6, 1.6)
            made.append(self.steal(account, at_ms, eur, receiver))
            at_ms += between(rng, *gap_minutes) * MINUTE_MS
        return made
