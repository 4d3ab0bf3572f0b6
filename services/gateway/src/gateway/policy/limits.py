"""Limits: how much an account may pay at once, within an hour and within a day, and how often."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.policy.decision import PaymentFields, SpentOf, Totals
from vigie_schemas import RuleHit, VerdictName
from vigie_schemas.topics import DAY_MS, HOUR_MS

HALF_A_CENT: Final = 0.005
"""Sums of amounts in cents are off by less, so that 1,000.00 passes a limit of 1,000 and 1,000.01 does not."""


@dataclass(frozen=True, slots=True)
class LimitWindow:
    """What is allowed within a span of time that ends with the payment."""

    length_ms: int
    eur: float | None
    count: int | None

    def is_exceeded(self, spent: Totals, amount_eur: float) -> bool:
        """Whether the payment is too much together with those before it."""
        return (self.eur is not None and spent.amount_eur + amount_eur > self.eur + HALF_A_CENT) or (
            self.count is not None and spent.count >= self.count
        )

    def excess(self, spent: Totals, amount_eur: float) -> Iterator[str]:
        """Each bound that is exceeded, in words."""
        words = "an hour" if self.length_ms == HOUR_MS else "24 hours"
        if self.eur is not None and (total := spent.amount_eur + amount_eur) > self.eur + HALF_A_CENT:
            yield f"{_eur(total)} EUR within {words}, the limit is {_eur(self.eur)}"
        if self.count is not None and (payments := spent.count + 1) > self.count:
            yield f"{payments:,} payments within {words}, the limit is {self.count:,}"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the policy and the payments it applies to."""

    name: str
    verdict: VerdictName
    payment_eur: float | None
    """Of one payment."""
    windows: tuple[LimitWindow, ...]
    segment: tuple[tuple[str, frozenset[str]], ...]
    """Fields of a transaction with the values they may have; empty: every payment."""

    @property
    def rule(self) -> str:
        """What a verdict calls it."""
        return f"limits.{self.name}"

    def applies_to(self, transaction: PaymentFields) -> bool:
        """Whether the payment is of the segment."""
        for field, values in self.segment:  # noqa: SIM110 - a generator costs more than that
            if getattr(transaction, field) not in values:
                return False
        return True


def add_hits(
    limits: Sequence[Limit], transaction: PaymentFields, amount_eur: float, spent: SpentOf, hits: list[RuleHit]
) -> None:
    """Append a hit for each limit that the payment exceeds; `spent` is called once a window, if a limit needs it."""
    known: dict[int, Totals] = {}
    for limit in limits:
        if limit.segment and not limit.applies_to(transaction):
            continue
        excess: list[str] | None = None
        if limit.payment_eur is not None and amount_eur > limit.payment_eur + HALF_A_CENT:
            excess = [f"{_eur(amount_eur)} EUR at once, the limit is {_eur(limit.payment_eur)}"]
        for window in limit.windows:
            totals = known.get(window.length_ms)
            if totals is None:
                totals = known[window.length_ms] = _spent_within(window.length_ms, transaction, spent)
            if window.is_exceeded(totals, amount_eur):
                excess = [*(excess or ()), *window.excess(totals, amount_eur)]
        if excess is not None:
            hits.append(RuleHit(rule=limit.rule, verdict=limit.verdict, text="; ".join(excess)))


def _spent_within(length_ms: int, transaction: PaymentFields, spent: SpentOf) -> Totals:
    """Up to the payment, those of its own millisecond included; one exactly a window ago counts no more."""
    at_ms = transaction.timestamp_ms
    if length_ms < DAY_MS and at_ms % DAY_MS == 0:
        return Totals(0, 0.0)  # only the day is known: which payments were within the hour is not
    return spent(transaction.account_id, at_ms - length_ms + 1, at_ms + 1)


def _eur(amount: float) -> str:
    return f"{amount:,.2f}".removesuffix(".00")
