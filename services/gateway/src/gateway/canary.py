"""Payments of the gateway's own, once a minute, that show the whole way works: only then it is ready.

A check that fails open and that nothing watches can be broken for months.
"""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson

from gateway.calls.counts import CANARY
from gateway.calls.request import Request
from gateway.door.payment import PaymentReader, ReceivedPayment
from gateway.errors import Problem
from vigie_runtime import get_logger
from vigie_schemas import CANARY_ACCOUNT_PREFIX
from vigie_schemas.account_numbers import in_letters

DEADLINE_MS: Final = 5_000.0
RETRY_SECONDS: Final = 2.0
MISSED_CANARIES: Final = 3
"""So many intervals without a model's answer, and the gateway is not ready."""

log = get_logger(__name__)


class GatewayCanary:
    """One payment each `seconds`; 0: none, and then nothing is said about readiness."""

    def __init__(
        self,
        seconds: float,
        payments: PaymentReader,
        judge: Callable[[ReceivedPayment, Request], Awaitable[bytes]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._payments = payments
        self._judge = judge
        self._clock = clock
        self._account = f"{CANARY_ACCOUNT_PREFIX}gateway-{in_letters(secrets.token_hex(2))}"
        self._due = clock()
        self._answered_at: float | None = None
        self._answer: dict[str, Any] | None = None
        self._failure: str | None = None

    @property
    def problem(self) -> str | None:
        """Why the whole way is not known to work; None while it is."""
        if self._seconds <= 0:
            return None
        if self._answered_at is None:
            return f"no model has answered a canary yet ({self._failure or 'none was sent'})"
        age = self._clock() - self._answered_at
        if age > MISSED_CANARIES * self._seconds:
            return f"no model has answered a canary for {age:.0f} s ({self._failure or 'none was sent'})"
        return None

    def status(self) -> dict[str, object]:
        """For /status."""
        return {
            "canary_spent_ms": self._answer["spent_ms"] if self._answer else None,
            "canary_answered_s_ago": None if self._answered_at is None else round(self._clock() - self._answered_at, 1),
            "canary_problem": self.problem,
        }

    async def tick(self) -> None:
        """Send one when it is time to."""
        if self._seconds <= 0 or self._clock() < self._due:
            return
        self._due = self._clock() + self._seconds
        try:
            payment = self._payments.payment(
                {
                    "transaction_id": f"{self._account}-{in_letters(secrets.token_hex(6))}",
                    "account_id": self._account,
                    "amount": 21.5,
                    "currency": "EUR",
                    "merchant_id": "canary-grocer",
                    "category": "groceries",
                    "country": "FR",
                }
            )
            request = Request(CANARY, secrets.token_hex(8), self._clock(), DEADLINE_MS)
            answer = orjson.loads(await self._judge(payment, request))
        except Problem as problem:
            self._failed(problem.detail)
            return
        if answer["basis"] == "model":
            self._answered_at, self._answer, self._failure = self._clock(), answer, None
        else:
            self._failed(f"basis {answer['basis']}")

    def _failed(self, why: str) -> None:
        if why != self._failure:
            log.warning("canary not answered by a model", reason=why)
        self._failure = why
        self._due = self._clock() + min(RETRY_SECONDS, self._seconds)
