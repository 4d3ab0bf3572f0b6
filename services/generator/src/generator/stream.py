"""All payments of a population in the order of their time.

Each day is planned from (seed, era, day) alone. So a later run finds its place again from the clock only, and
nothing but the clock need be kept.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from generator.account import Account, Day
from generator.chance import pick
from generator.episodes import EpisodeCalendar, FraudEpisode
from generator.habits import payments_of_day
from generator.payment import DAY_MS, Payment
from generator.population import build_population
from vigie_schemas.record import LATEST_TIMESTAMP_MS

DAYS_BEFORE = 1  # where it is day earlier than in UTC, a plan reaches into the day before
DAYS_AFTER = 3  # an episode may begin late and go on into the next night or two
LAST_DAY = LATEST_TIMESTAMP_MS // DAY_MS - DAYS_AFTER


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
        self._calendar = EpisodeCalendar(plan.seed, plan.era, plan.accounts, plan.payments_per_day, plan.anomaly_share)

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
        begun = self._plan.anomalies_from_day
        episodes = self._calendar.on(number) if number >= begun else {}
        frozen = self._calendar.frozen_on(number, not_before=begun)
        for position, account in enumerate(self._accounts):
            payments = payments_of_day(account, day, rng)
            if position in frozen:
                payments = []
            if position in episodes:
                payments = _robbed(account, payments, episodes[position], day, rng)
            yield payments


def _robbed(
    account: Account, payments: list[Payment], episode: FraudEpisode, day: Day, rng: np.random.Generator
) -> list[Payment]:
    """The day's payments with those of a thief; a bold one ends them, because the bank freezes the account."""
    moment = pick(rng, payments).timestamp_ms if payments else day.number * DAY_MS + DAY_MS // 2
    stolen = episode.payments(account, moment, rng)
    if not episode.is_quiet:
        payments = [payment for payment in payments if payment.timestamp_ms <= stolen[-1].timestamp_ms]
    return payments + stolen


def _in_order(payments: list[Payment]) -> Iterator[Payment]:
    """Sorted by time; equal times are moved apart by a millisecond, so that a clock names exactly one payment."""
    last = -1
    for payment in sorted(payments, key=lambda payment: payment.timestamp_ms):
        at_ms = max(payment.timestamp_ms, last + 1)
        last = at_ms
        yield payment if at_ms == payment.timestamp_ms else payment._replace(timestamp_ms=at_ms)
