"""When thieves strike: which account on which day, by which scenario, boldly or quietly."""

from typing import NamedTuple

import numpy as np

from generator.account import Account
from generator.chance import between
from generator.payment import Payment
from generator.scenarios import EPISODE_WEIGHTS, MEAN_EPISODE_SIZE, QUIET_EVERY, Scenario

FROZEN_DAYS = 2  # whole days until the bank gives an account back that was robbed boldly

_DECK = tuple(scenario for scenario, weight in EPISODE_WEIGHTS.items() for _ in range(weight))


class Episode(NamedTuple):
    """What happens to one account once."""

    scenario: Scenario
    is_quiet: bool

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """The thief's payments; they begin near the moment, at which the account's holder paid too."""
        make = self.scenario.quiet if self.is_quiet else self.scenario.bold
        return make(account, moment_ms, self.scenario.steps(rng, is_quiet=self.is_quiet), rng)


class EpisodeCalendar:
    """Deals episodes evenly over days and scenarios, so that share and mix of anomalies hold over days, not months.

    What happens on a day follows from seed, era and day alone.
    """

    def __init__(self, seed: int, era: int, accounts: int, payments_per_day: float, anomaly_share: float) -> None:
        self._key = (seed, era)
        self._accounts = accounts
        payments_per_episode = MEAN_EPISODE_SIZE * (1 - anomaly_share)
        self._a_day = min(float(accounts), accounts * payments_per_day * anomaly_share / payments_per_episode)
        self._offset = between(np.random.default_rng([*self._key, 4]), 0, len(_DECK))

    def on(self, day: int) -> dict[int, Episode]:
        """The day's episodes by number of the account."""
        first, beyond = self._before(day), self._before(day + 1)
        if first == beyond:
            return {}
        rng = np.random.default_rng([*self._key, day, 5])
        struck = rng.choice(self._accounts, beyond - first, replace=False)
        return {int(account): self._dealt(number) for account, number in zip(struck, range(first, beyond), strict=True)}

    def frozen_on(self, day: int, *, not_before: int) -> frozenset[int]:
        """Accounts the bank has frozen that day, because a bold episode began shortly before."""
        return frozenset(
            account
            for earlier in range(max(day - FROZEN_DAYS, not_before), day)
            for account, episode in self.on(earlier).items()
            if not episode.is_quiet
        )

    def _before(self, day: int) -> int:
        """Number of episodes before a day."""
        return int(self._offset + day * self._a_day)

    def _dealt(self, number: int) -> Episode:
        return Episode(_DECK[self._card(number, len(_DECK), 6)], self._card(number, QUIET_EVERY, 7) == 0)

    def _card(self, number: int, cards: int, purpose: int) -> int:
        """The card with which episode `number` is dealt from shuffled decks of so many cards."""
        deck, place = divmod(number, cards)
        return int(np.random.default_rng([*self._key, deck, purpose]).permutation(cards)[place])
