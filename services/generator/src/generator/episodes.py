"""When thieves strike: which account on which day, by which scenario, boldly or quietly."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from generator.account import Account
from generator.chance import between
from generator.payment import Payment
from generator.scenarios import EPISODE_WEIGHTS, QUIET_EVERY, Scenario

FROZEN_DAYS = 2  # whole days until the bank gives an account back that was robbed boldly

_DECK = tuple(scenario for scenario, weight in EPISODE_WEIGHTS.items() for _ in range(weight))


class FraudEpisode(NamedTuple):
    """What happens to one account once."""

    scenario: Scenario
    is_quiet: bool

    @property
    def mean_size(self) -> float:
        """Payments such an episode has on average."""
        return sum(self.scenario.size(is_quiet=self.is_quiet)) / 2

    def payments(self, account: Account, moment_ms: int, rng: np.random.Generator) -> list[Payment]:
        """The thief's payments; they begin near the moment, at which the account's holder paid too."""
        make = self.scenario.quiet if self.is_quiet else self.scenario.bold
        return make(account, moment_ms, self.scenario.steps(rng, is_quiet=self.is_quiet), rng)


ROUND: tuple[tuple[FraudEpisode, ...], ...] = tuple(
    tuple(FraudEpisode(scenario, (card + deck) % QUIET_EVERY == 0) for card, scenario in enumerate(_DECK))
    for deck in range(QUIET_EVERY)
)
"""So many decks that each card is quiet in exactly one of them."""
ROUND_SIZE = sum(episode.mean_size for deck in ROUND for episode in deck)


class EpisodeCalendar:
    """Deals episodes evenly, so that share and mix of anomalies hold within days and not only over months.

    An episode's turn comes when the payments of those before it have made up the share. What happens on a day follows
    from seed, era and day alone.
    """

    def __init__(self, seed: int, era: int, accounts: int, payments_per_day: float, anomaly_share: float) -> None:
        self._key = (seed, era)
        self._accounts = accounts
        self._payments_a_day = accounts * payments_per_day * anomaly_share / (1 - anomaly_share)
        self._offset = between(np.random.default_rng([*self._key, 4]), 0, ROUND_SIZE)

    def on(self, day: int) -> dict[int, FraudEpisode]:
        """The day's episodes by number of the account."""
        begin = self._offset + day * self._payments_a_day
        end = begin + self._payments_a_day
        due = [
            episode
            for number in range(int(begin // ROUND_SIZE), int(end // ROUND_SIZE) + 1)
            for at, episode in _dealt(*self._key, number)
            if begin <= number * ROUND_SIZE + at < end
        ][: self._accounts]
        if not due:
            return {}
        struck = np.random.default_rng([*self._key, day, 5]).choice(self._accounts, len(due), replace=False)
        return {int(account): episode for account, episode in zip(struck, due, strict=True)}

    def frozen_on(self, day: int, *, not_before: int) -> frozenset[int]:
        """Accounts the bank has frozen that day, because a bold episode began shortly before."""
        return frozenset(
            account
            for earlier in range(max(day - FROZEN_DAYS, not_before), day)
            for account, episode in self.on(earlier).items()
            if not episode.is_quiet
        )


@lru_cache(maxsize=8)
def _dealt(seed: int, era: int, number: int) -> tuple[tuple[float, FraudEpisode], ...]:
    """The shuffled decks of a round, each episode with the payments before it; cached, because every day asks again."""
    dealt: list[tuple[float, FraudEpisode]] = []
    at = 0.0
    for place, deck in enumerate(ROUND):
        for card in np.random.default_rng([seed, era, number, place, 6]).permutation(len(deck)):
            dealt.append((at, deck[int(card)]))
            at += deck[int(card)].mean_size
    return tuple(dealt)
