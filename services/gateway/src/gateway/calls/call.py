"""One call, from when it came in until its true verdict is known."""

import asyncio
from dataclasses import dataclass

from gateway.policy.callers import CallerPolicy
from gateway.policy.policy import Policy
from gateway.stream.outcomes import Explanation, ScoredOutcome
from gateway.tracing import CallTrace
from vigie_schemas import RuleHit

Place = tuple[int, int]
"""Partition and offset in the transactions topic."""


@dataclass(slots=True)
class Call:
    """What a verdict is made of, as it comes in."""

    transaction_id: str
    account_id: str
    timestamp_ms: int
    amount_eur: float
    digest: str
    caller: str
    request_id: str
    policy: Policy
    terms: CallerPolicy
    rules: tuple[RuleHit, ...]
    started: float
    """Seconds of the monotonic clock."""
    allowed_seconds: float
    """From `started` until the fallback."""
    answer: asyncio.Future[bytes]
    place: Place | None = None
    """Where Kafka has it; None while that is not known."""
    outcome: ScoredOutcome | None = None
    explanation: Explanation | None = None
    timer: asyncio.TimerHandle | None = None
    trace: CallTrace | None = None
    is_fallback: bool = False
    """Answered without an outcome: its true verdict comes later, if at all."""
    is_settled: bool = False
    """Its true verdict is given."""

    @property
    def is_explained(self) -> bool:
        """Whether all is there that a true verdict says."""
        return self.outcome is not None and (not self.outcome.is_anomaly or self.explanation is not None)
