"""One call of the gateway for each payment, repeated under the same id until it is answered or too old."""

import json
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

import httpx2

from generator.labels import Truth
from generator.settings import GeneratorSettings

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 12.0
"""A policy may give a call ten seconds at most, and the answer has a moment to come back."""
LATE_SECONDS: Final = 0.1
"""Threads that have to wait for a processor are within it; what begins later waited for the gateway."""
GIVE_UP_SECONDS: Final = 30.0
"""From when a payment was due: the customer has gone by then, and what waits stays bounded by rate and time."""
REPEATED: Final = frozenset({429, 500, 502, 503, 504})
REPEAT_SECONDS: Final = 1.0
MAX_REPEAT_SECONDS: Final = 10.0


class DuePayment(NamedTuple):
    """A payment as it is sent, with the moment of the monotonic clock at which it was due."""

    body: bytes
    account_id: str
    truth: Truth | None
    due: float


class CallResult(NamedTuple):
    """What came of a payment: a verdict, the status of a refusal, or neither where it was given up."""

    payment: DuePayment
    verdict: str | None = None
    basis: str | None = None
    status: int | None = None
    repeats: int = 0
    is_late: bool = False


class GatewayCalls:
    """Calls one gateway; safe to use from many threads. After `stop` nothing is repeated."""

    def __init__(
        self, settings: GeneratorSettings, stop: threading.Event, clock: Callable[[], float] = time.monotonic
    ) -> None:
        token = settings.gateway_token
        self._url = f"{settings.gateway_url.rstrip('/')}/v1/transactions"
        self._stop = stop
        self._clock = clock
        # our own network: a proxy of the environment leads out of it
        self._client = httpx2.Client(
            headers={"content-type": "application/json", "user-agent": "vigie-generator"}
            | ({"authorization": f"Bearer {token.get_secret_value()}"} if token else {}),
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(
                max_connections=settings.generator_in_flight, max_keepalive_connections=settings.generator_in_flight
            ),
            trust_env=False,
        )

    def judge(self, payment: DuePayment) -> CallResult:
        """Ask for the verdict; the same bytes each time, so that the gateway knows a repeat."""
        calls = 0
        while self._clock() - payment.due < GIVE_UP_SECONDS and not (calls and self._stop.is_set()):
            is_late = self._clock() - payment.due > LATE_SECONDS
            answer = self._post(payment.body)
            if answer is not None and answer.status_code not in REPEATED:
                verdict, basis = _verdict(answer)
                status = None if verdict else answer.status_code
                return CallResult(payment, verdict, basis, status, calls, is_late)
            calls += 1
            self._stop.wait(_pause_seconds(answer))
        return CallResult(payment, repeats=max(0, calls - 1))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, body: bytes) -> httpx2.Response | None:
        try:
            return self._client.post(self._url, content=body)
        except httpx2.HTTPError:
            return None


def _verdict(answer: httpx2.Response) -> tuple[str | None, str | None]:
    """Verdict and basis; None where the answer is a refusal or no answer of a gateway."""
    if answer.status_code != httpx2.codes.OK:
        return None, None
    try:
        found = json.loads(answer.content)
    except ValueError:
        return None, None
    return (found.get("verdict"), found.get("basis")) if isinstance(found, dict) else (None, None)


def _pause_seconds(answer: httpx2.Response | None) -> float:
    """As long as the gateway asks for, in bounds."""
    asked = "" if answer is None else answer.headers.get("retry-after", "").strip()
    return min(float(asked), MAX_REPEAT_SECONDS) if asked.isascii() and asked.isdigit() else REPEAT_SECONDS
