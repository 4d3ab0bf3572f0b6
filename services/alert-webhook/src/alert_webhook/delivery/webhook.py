"""The receiver of alerts: one attempt to hand one over."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx

from alert_webhook.retry import asked_wait

ID_HEADER: Final = "webhook-id"


@dataclass(frozen=True)
class Refusal:
    """Why an attempt failed, in words without the receiver's address, which may hold a secret."""

    reason: str
    asked_seconds: float | None = None
    needs_a_person: bool = False
    """Whether trying again will hardly help."""


class Receiver:
    """Posts alerts to one address."""

    def __init__(self, url: str, *, timeout_seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._clock = clock
        self._client = httpx.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"user-agent": "vigie-alert-webhook"}
        )

    def send(self, alert_id: str, payload: bytes) -> Refusal | None:
        """Post the alert; None when it was accepted."""
        headers = {"content-type": "application/json", ID_HEADER: alert_id}
        try:
            # streamed, so that an endless answer is not read
            with self._client.stream("POST", self._url, content=payload, headers=headers) as answer:
                return self._judge(answer)
        except httpx.HTTPError as error:
            return Refusal(f"no answer ({type(error).__name__})")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _judge(self, answer: httpx.Response) -> Refusal | None:
        status = answer.status_code
        if 200 <= status < 300:
            return None
        if 300 <= status < 400:
            reason = f"it redirects ({status}), which is not followed: set VIGIE_WEBHOOK_URL to the final address"
            return Refusal(reason, needs_a_person=True)
        asked = asked_wait(answer.headers.get("retry-after"), self._clock)
        return Refusal(f"it answers {status}", asked, needs_a_person=status < 500 and status not in (408, 425, 429))
