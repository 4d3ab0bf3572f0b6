"""A receiver that is a program: signed messages as the Standard Webhooks convention has them."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import httpx2
from standardwebhooks import Webhook

from alert_webhook.core.alerts import StoredAlert
from alert_webhook.core.deliveries import Delivery
from alert_webhook.core.outbox.alerts import find_alert
from alert_webhook.core.outbox.database import Database
from alert_webhook.delivery.address_guard import GuardedTransport, PrivateAddressError
from alert_webhook.delivery.receiver import Accepted, Refusal
from alert_webhook.delivery.retry import asked_wait

OF_THIS_MESSAGE: Final = frozenset({400, 413, 422})
"""Answers that speak of what was sent; another message may pass."""
PASSING: Final = frozenset({408, 425, 429})
"""Refusals that end by themselves, unlike the rest of 4xx."""
MAX_ANSWER_BYTES: Final = 4096
"""Bytes of an answer worth reading to keep its connection; after more a new one is cheaper."""


class WebhookReceiver:
    """Posts messages to one address."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        secret: str,
        database: Database,
        timeout_seconds: float,
        transport: httpx2.BaseTransport,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name = name
        self._url = url
        self._signer = Webhook(secret)
        self._database = database
        self._clock = clock
        # a transport of our own also keeps proxies of the environment out, which would connect where no guard looks
        self._client = httpx2.Client(
            transport=transport,
            timeout=timeout_seconds,
            follow_redirects=False,
            headers={"user-agent": "vigie-alert-webhook", "content-type": "application/json"},
        )

    @property
    def name(self) -> str:
        """Name of its queue."""
        return self._name

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        """Make one attempt; a repeat carries the same id and content, and a signature of its own time."""
        event = self._event(delivery)
        if event is None:
            return Refusal("its alert is no longer in the outbox", is_of_this_message=True)
        payload = json.dumps(event, separators=(",", ":"), allow_nan=False)
        headers = self._signed(delivery.message_id, payload)
        try:
            with self._client.stream("POST", self._url, content=payload.encode(), headers=headers) as answer:
                return self._outcome(answer)
        except PrivateAddressError as error:
            return Refusal(str(error), needs_a_person=True)
        except httpx2.HTTPError as error:
            return Refusal(f"no answer ({type(error).__name__})")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _event(self, delivery: Delivery) -> Mapping[str, object] | None:
        if delivery.kind == "verdict":
            return _event("verdict.late", int(str(delivery.body["at_ms"])), delivery.body)
        with self._database.reading() as connection:
            stored = find_alert(connection, delivery.alert_id or "")
        return None if stored is None else event_of(delivery, stored)

    def _signed(self, message_id: str, payload: str) -> dict[str, str]:
        now = datetime.fromtimestamp(int(self._clock()), UTC)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(message_id, now, payload),
        }

    def _outcome(self, answer: httpx2.Response) -> Accepted | Refusal:
        status = answer.status_code
        if 200 <= status < 300:
            _read_if_short(answer)
            return Accepted()
        if 300 <= status < 400:
            reason = f"it redirects ({status}), which is not followed: set VIGIE_WEBHOOK_URLS to the final address"
            return Refusal(reason, needs_a_person=True)
        return Refusal(
            f"it answers {status}",
            asked_wait(answer.headers.get("retry-after"), self._clock),
            needs_a_person=status < 500 and status not in PASSING,
            is_of_this_message=status in OF_THIS_MESSAGE,
        )


def guarded_transport(*, allow_private: bool) -> httpx2.BaseTransport:
    """Plain connections, to public addresses only unless receivers in one's own network are allowed."""
    transport = httpx2.HTTPTransport()
    return transport if allow_private else GuardedTransport(transport)


def event_of(delivery: Delivery, stored: StoredAlert) -> Mapping[str, object]:
    """What is posted about an alert: `alert.raised` and all of it, `alert.decided` or `alert.snoozed` and by whom."""
    alert = stored.alert
    if delivery.kind != "decision":
        return _event("alert.raised", stored.received_at_ms, alert.model_dump(mode="json"))
    about = {
        "alert_id": alert.alert_id,
        "transaction_id": alert.transaction.transaction_id,
        "account_id": alert.account_id,
    }
    kind = "snoozed" if "snoozed_at_ms" in delivery.body else "decided"
    at_ms = int(str(delivery.body.get(f"{kind}_at_ms", delivery.queued_at_ms)))
    return _event(f"alert.{kind}", at_ms, {**about, **delivery.body})


def _event(kind: str, at_ms: int, data: Mapping[str, object]) -> Mapping[str, object]:
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return {"type": kind, "timestamp": moment.replace("+00:00", "Z"), "data": data}


def _read_if_short(answer: httpx2.Response) -> None:
    """An answer that was read leaves its connection for the next message; an endless one must not be read."""
    length = answer.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:9]) <= MAX_ANSWER_BYTES:
        try:
            answer.read()
        except httpx2.HTTPError:
            return  # the answer was an acceptance all the same
