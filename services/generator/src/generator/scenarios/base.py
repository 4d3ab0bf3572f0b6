"""What every anomaly scenario has in common."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from generator.account import Account
from generator.chance import count_between, pick
from generator.payment import Payment
from generator.world import Merchant

MAX_STOLEN_EUR = 4_000.0  # thieves stay under limits, honest people sometimes buy a car: amount alone proves nothing
QUIET_EVERY = 9  # one episode in so many resembles honest payments and is not meant to be found


class Scenario(ABC):
    """A named kind of fraud that makes the payments of one episode, a bold or a quiet one."""

    name: ClassVar[str]
    fewest: ClassVar[int]
    most: ClassVar[int]
    fewest_quiet: ClassVar[int]
    most_quiet: ClassVar[int]

    @abstractmethod
    def bold(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """So many payments of a thief in a hurry."""

    @abstractmethod
    def quiet(self, account: Account, moment_ms: int, steps: int, rng: np.random.Generator) -> list[Payment]:
        """So many payments of a patient thief, which resemble something innocent."""

    def size(self, *, is_quiet: bool) -> tuple[int, int]:
        """Fewest and most payments of one episode."""
        return (self.fewest_quiet, self.most_quiet) if is_quiet else (self.fewest, self.most)

    def steps(self, rng: np.random.Generator, *, is_quiet: bool) -> int:
        """Number of payments of one episode."""
        return count_between(rng, *self.size(is_quiet=is_quiet))

    def steal(self, account: Account, at_ms: float, eur: float, merchant: Merchant) -> Payment:
        """A payment of this scenario in the currency of its place, never above MAX_STOLEN_EUR."""
        city = account.city_at(int(at_ms))
        local = merchant.lat is not None and merchant.country == city.country
        currency = city.currency if local else account.currency
        return account.pay(at_ms, min(eur, MAX_STOLEN_EUR), merchant, currency=currency, scenario=self.name)


def little_known_shop(account: Account, rng: np.random.Generator) -> Merchant:
    """An online shop the account hardly knows; honest accounts try them too."""
    return pick(rng, account.world.little_known)


def holders_usual_eur(account: Account, rng: np.random.Generator) -> float:
    """What the account typically pays in a category it often uses, and some more, lest a coffee be the measure."""
    return account.typical_eur[int(rng.random() * 4)] + 10 * account.level
