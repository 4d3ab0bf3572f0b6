"""What a policy decides from, and what it decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from vigie_schemas import VERDICTS_BY_STRICTNESS, RuleHit, Severity, VerdictName

STRICTNESS: Final[Mapping[VerdictName, int]] = {verdict: place for place, verdict in enumerate(VERDICTS_BY_STRICTNESS)}
"""Higher is stricter."""


class PaymentFields(Protocol):
    """What a policy looks at of a payment: vigie_schemas.Transaction, or rows of a file that have been checked."""

    @property
    def account_id(self) -> str: ...  # noqa: D102
    @property
    def timestamp_ms(self) -> int: ...  # noqa: D102
    @property
    def currency(self) -> str: ...  # noqa: D102
    @property
    def merchant_id(self) -> str | None: ...  # noqa: D102
    @property
    def payee_id(self) -> str | None: ...  # noqa: D102
    @property
    def category(self) -> str | None: ...  # noqa: D102
    @property
    def country(self) -> str | None: ...  # noqa: D102
    @property
    def ip_country(self) -> str | None: ...  # noqa: D102
    @property
    def channel(self) -> str | None: ...  # noqa: D102
    @property
    def device_id(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Judged:
    """What the detector said of a payment."""

    score: float
    threshold: float
    severity: Severity | None
    """None: no alert."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Payments of an account in a span of time."""

    count: int
    amount_eur: float


SpentOf = Callable[[str, int, int], Totals]
"""account_id, from_ms (inclusive), until_ms (exclusive) → the account's other payments in that time."""


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """What the caller is asked to do, and every rule that applied, the strictest first."""

    verdict: VerdictName
    would_be: VerdictName | None
    """In shadow mode, where `verdict` is always allow: what it would have been."""
    rules: tuple[RuleHit, ...]
