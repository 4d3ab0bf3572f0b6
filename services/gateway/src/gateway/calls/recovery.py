"""What is found out again after a crash: the call behind an outcome that no verdict was given for."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

from gateway.calls.call import Call
from gateway.policy.decision import Totals
from gateway.policy.policy import Policy
from gateway.store import VerdictStore
from gateway.stream.originals import Original, Originals
from gateway.stream.outcomes import Explanation, ScoredOutcome
from vigie_schemas import RuleHit, Transaction
from vigie_schemas.transaction import AcceptedTransaction

LATE_WITHIN_MS: Final = 3_600_000
"""Fallbacks of the last hour are followed by their true verdict also after a restart."""


class CallRecovery:
    """Reads the store and, for one transaction at a time, Kafka."""

    def __init__(self, originals: Originals, store: VerdictStore) -> None:
        self._originals = originals
        self._store = store

    async def original(self, outcome: ScoredOutcome) -> Original | None:
        """What was sent, with what the gateway wrote beside it; None where Kafka has it no more."""
        return await asyncio.to_thread(self._originals.at, outcome.partition, outcome.offset)

    def explanation(self, transaction_id: str) -> Explanation | None:
        """Of the transaction's alert."""
        kept = self._store.find(transaction_id)
        return kept.explanation(transaction_id) if kept else None

    async def call(self, outcome: ScoredOutcome, policy: Policy) -> Call | None:
        """The call behind an outcome, by today's policy; None where it came another way than through a gateway."""
        original = await self.original(outcome)
        if original is None or not original.digest:
            return None
        try:
            transaction = AcceptedTransaction.model_validate_json(original.value)
        except ValidationError:
            return None

        def spent(account_id: str, from_ms: int, until_ms: int) -> Totals:
            """By the account's other payments: this one is in the store as well."""
            totals = self._store.spent(account_id, from_ms, until_ms)
            return Totals(totals.count - 1, totals.amount_eur - outcome.amount_eur)

        rules = policy.rules_of(
            Transaction.model_construct(**transaction.model_dump()), outcome.amount_eur, spent, transaction.timestamp_ms
        )
        return Call(
            transaction_id=transaction.transaction_id,
            account_id=transaction.account_id,
            timestamp_ms=transaction.timestamp_ms,
            amount_eur=outcome.amount_eur,
            digest=original.digest,
            caller=original.caller,
            request_id=original.request_id,
            policy=policy,
            terms=policy.caller(original.caller),
            rules=rules,
            started=time.monotonic(),
            allowed_seconds=float("inf"),
            answer=asyncio.get_running_loop().create_future(),
            place=(outcome.partition, outcome.offset),
            outcome=outcome,
            explanation=self.explanation(outcome.transaction_id),
        )

    def open_fallbacks(self, policy: Policy, now_ms: Callable[[], int]) -> list[Call]:
        """Calls that a fallback was answered to before the restart and whose outcome is not known."""
        loop = asyncio.get_running_loop()
        calls: list[Call] = []
        for record in self._store.open_fallbacks(now_ms() - LATE_WITHIN_MS):
            call = Call(
                transaction_id=record["transaction_id"],
                account_id=record["account_id"],
                timestamp_ms=record["at_ms"],
                amount_eur=record["amount_eur"],
                digest=record["body_digest"],
                caller=record["caller"],
                request_id=record["request_id"],
                policy=policy,
                terms=policy.caller(record["caller"]),
                rules=tuple(RuleHit(**rule) for rule in record["rules"]),
                started=time.monotonic(),
                allowed_seconds=float("inf"),
                answer=loop.create_future(),
                is_fallback=True,
                outcome=None,
            )
            calls.append(call)
        return calls
