"""All payments of a population in the order of their time.

Each day is planned from (seed, era, day) alone. So a later run finds its place again from the clock only, and
nothing but the clock need be kept.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from generator.account import Account, Day
from generator.chance import cumulative_shares, pick, weighted_index
from generator.habits import payments_of_day
from generator.payment import DAY_MS, Payment
from generator.population import build_population
from generator.scenarios import EPISODE_WEIGHTS, MEAN_EPISODE_SIZE
from vigie_schemas.record import LATEST_TIMESTAMP_MS

DAYS_BEFORE = 1  # where it is day earlier than in UTC, a plan reaches into the day before
DAYS_AFTER = 3  # an episode may begin late and go on into the next night or two
LAST_DAY = LATEST_TIMESTAMP_MS // DAY_MS - DAYS_AFTER
_KINDS = tuple(EPISODE_WEIGHTS)
_KIND_SHARES = cumulative_shares(tuple(EPISODE_WEIGHTS.values()))


@dataclass(frozen=True)
class StreamPlan:
    """Everything that decides which payments a stream has."""

    seed: int
    era: int
    accounts: int
    payments_per_day: float
    anomaly_share: float
    anomalies_from_day: int


class PaymentStream:
    """The payments of a plan; iterate with `after`."""

    def __init__(self, plan: StreamPlan) -> None:
        self._plan = plan
        self._accounts = build_population(plan.seed, plan.era, plan.accounts, plan.payments_per_day)
        payments_per_episode = MEAN_EPISODE_SIZE * (1 - plan.anomaly_share)
        self._episode_probability = plan.anomaly_share * plan.payments_per_day / payments_per_episode

    def after(self, clock_ms: int) -> Iterator[Payment]:
        """Payments later than the clock, in order, until the contract's last day."""
        first = (clock_ms + 1) // DAY_MS
        pending = [
            payment
            for day in range(first - DAYS_AFTER, first + DAYS_BEFORE + 1)
            for planned in self._planned(day)
            for payment in planned
        ]
        for day in range(first, LAST_DAY):
            begin, end = day * DAY_MS, (day + 1) * DAY_MS
            ready = [payment for payment in pending if begin <= payment.timestamp_ms < end]
            pending = [payment for payment in pending if payment.timestamp_ms >= end]
            later = self._planned(day + DAYS_BEFORE + 1)
            for position, payment in enumerate(_in_order(ready)):
                # The next day is planned bit by bit, so that a large population never stops the traffic.
                due = (position + 1) * len(self._accounts) // len(ready) - position * len(self._accounts) // len(ready)
                pending.extend(itertools.chain.from_iterable(itertools.islice(later, due)))
                if payment.timestamp_ms > clock_ms:
                    yield payment
            pending.extend(itertools.chain.from_iterable(later))

    def _planned(self, number: int) -> Iterator[list[Payment]]:
        """The payments that come from one day of life, account by account."""
        rng = np.random.default_rng([self._plan.seed, self._plan.era, number, 3])
        day = Day.of(number)
        for account in self._accounts:
            payments = payments_of_day(account, day, rng)
            if number >= self._plan.anomalies_from_day and rng.random() < self._episode_probability:
                payments += self._episode(account, payments, day, rng)
            yield payments

    def _episode(self, account: Account, payments: list[Payment], day: Day, rng: np.random.Generator) -> list[Payment]:
        moment = pick(rng, payments).timestamp_ms if payments else day.number * DAY_MS + DAY_MS // 2
        return _KINDS[weighted_index(rng, _KIND_SHARES)].payments(account, moment, rng)


def _in_order(payments: list[Payment]) -> Iterator[Payment]:
    """Sorted by time; equal times are moved apart by a millisecond, so that a clock names exactly one payment."""
    last = -1
    for payment in sorted(payments, key=lambda payment: payment.timestamp_ms):
        at_ms = max(payment.timestamp_ms, last + 1)
        last = at_ms
        yield payment if at_ms == payment.timestamp_ms else payment._replace(timestamp_ms=at_ms)
