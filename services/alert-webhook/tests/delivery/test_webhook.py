"""One attempt to hand a message to a program, against a real server that checks signatures."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from alert_webhook.core.alerts import Arrival, TriageResult
from alert_webhook.core.deliveries import Delivery
from alert_webhook.core.outbox.alerts import add_alert, next_revision
from alert_webhook.core.outbox.database import Database
from alert_webhook.delivery.receiver import Accepted, Refusal
from alert_webhook.delivery.webhook import WebhookReceiver, guarded_transport
from vigie_schemas import Alert
from vigie_testing.golden import golden_record

NOW_MS = 1_780_000_000_000
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
Seen = list[tuple[str, dict[str, str], bytes]]
DELIVERY = Delivery(1, "hook", "alert:t1", "alert", "alert:t1", {}, "waiting", NOW_MS + 5, 0, None, None, None)


class Answers(BaseHTTPRequestHandler):
    """Answers with the status named in the path and keeps what it was sent."""

    protocol_version = "HTTP/1.1"
    seen: Seen

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((f"{self.client_address[1]}{self.path}", dict(self.headers), body))
        if self.path == "/silence":
            self.close_connection = True
            return
        self.send_response(int(self.path.strip("/").split("-")[0]))
        self.send_header("Location", "/204")
        self.send_header("Retry-After", "7")
        # a body that never ends must not be waited for
        self.send_header("Content-Length", "1000000000000" if self.path.endswith("-endless") else "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def a_server() -> Iterator[tuple[str, Seen]]:
    handler = type("Handler", (Answers,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler.seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def database(database: Database, alert_of: Callable[[str], Alert]) -> Database:
    with database.writing() as connection:
        add_alert(
            connection,
            Arrival(alert_of("t1"), NOW_MS, NOW_MS, 0, 0),
            TriageResult("message"),
            revision=next_revision(connection),
            episode_id=None,
        )
    return database


@pytest.fixture
def send(database: Database) -> Callable[..., tuple[Accepted | Refusal, Seen]]:
    def send(path: str, *deliveries: Delivery, private: bool = True) -> tuple[Accepted | Refusal, Seen]:
        transport = guarded_transport(allow_private=private)
        with a_server() as (address, seen):
            receiver = WebhookReceiver(
                "hook", address + path, secret=SECRET, database=database, timeout_seconds=5, transport=transport
            )
            with closing(receiver):
                return [receiver.send(delivery) for delivery in deliveries or (DELIVERY,)][-1], seen

    return send


@pytest.mark.parametrize("path", ["/200", "/201", "/202", "/204", "/200-endless"])
def test_2xx_accepts(send: Callable[..., tuple[Accepted | Refusal, Seen]], path: str) -> None:
    outcome, seen = send(path)

    assert outcome == Accepted()
    assert len(seen) == 1


def test_an_alert_is_signed_and_whole(
    send: Callable[..., tuple[Accepted | Refusal, Seen]], alert_of: Callable[[str], Alert]
) -> None:
    _, seen = send("/200")

    _, headers, body = seen[0]
    assert Webhook(SECRET).verify(body, headers) == {
        "type": "alert.raised",
        "timestamp": "2026-05-28T20:26:40.000Z",
        "data": alert_of("t1").model_dump(mode="json"),
    }
    assert {name.lower(): value for name, value in headers.items()}["webhook-id"] == "alert:t1"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"612", b"613"), headers)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("alert.decided", {"is_fraud": True, "decided_by": "anna", "decided_at_ms": NOW_MS}),
        ("alert.snoozed", {"snoozed_until_ms": NOW_MS + 1, "snoozed_by": "anna", "snoozed_at_ms": NOW_MS}),
    ],
)
def test_an_answer_says_who_and_what(
    send: Callable[..., tuple[Accepted | Refusal, Seen]], kind: str, facts: dict[str, object]
) -> None:
    _, seen = send("/200", replace(DELIVERY, message_id="decision:alert:t1:7", kind="decision", body=facts))

    message = json.loads(seen[0][2])
    about = {"alert_id": "alert:t1", "transaction_id": "t1", "account_id": "acc-1"}
    assert message == {"type": kind, "timestamp": "2026-05-28T20:26:40.000Z", "data": about | facts}


def test_a_late_verdict_is_signed_and_whole_but_for_the_bodys_digest(
    send: Callable[..., tuple[Accepted | Refusal, Seen]],
) -> None:
    verdict = golden_record("verdict", "late.json")
    body = {name: value for name, value in verdict.items() if name != "body_digest"}
    outcome, seen = send(
        "/200", replace(DELIVERY, message_id="verdict.late:t-1", kind="verdict", alert_id=None, body=body)
    )

    _, headers, sent = seen[0]
    assert outcome == Accepted()
    assert Webhook(SECRET).verify(sent, headers) == {
        "type": "verdict.late",
        "timestamp": "2025-01-01T12:00:00.412Z",
        "data": body,
    }
    assert {name.lower(): value for name, value in headers.items()}["webhook-id"] == "verdict.late:t-1"


def test_a_repeat_has_the_same_id_and_content(send: Callable[..., tuple[Accepted | Refusal, Seen]]) -> None:
    _, seen = send("/503", DELIVERY, replace(DELIVERY, attempts=1, problem="it answers 503"))

    assert seen[0][2] == seen[1][2]
    assert len({headers["webhook-id"] for _, headers, _ in seen}) == 1


def test_messages_share_a_connection(send: Callable[..., tuple[Accepted | Refusal, Seen]]) -> None:
    _, seen = send("/200", DELIVERY, DELIVERY)

    assert len({client for client, _, _ in seen}) == 1


def test_a_redirect_is_not_followed(send: Callable[..., tuple[Accepted | Refusal, Seen]]) -> None:
    outcome, seen = send("/307")

    assert isinstance(outcome, Refusal)
    assert "final address" in outcome.reason
    assert (outcome.needs_a_person, outcome.is_of_this_message) == (True, False)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("status", "needs_a_person", "is_of_this_message"),
    [
        (500, False, False),
        (503, False, False),
        (408, False, False),
        (429, False, False),
        (401, True, False),
        (404, True, False),
        (410, True, False),
        (400, True, True),
        (413, True, True),
        (422, True, True),
    ],
)
def test_refusals_say_who_can_help_and_when(
    send: Callable[..., tuple[Accepted | Refusal, Seen]], status: int, needs_a_person: bool, is_of_this_message: bool
) -> None:
    expected = Refusal(
        f"it answers {status}", 7.0, needs_a_person=needs_a_person, is_of_this_message=is_of_this_message
    )

    assert send(f"/{status}")[0] == expected


def test_no_answer_is_a_refusal_without_the_address(
    send: Callable[..., tuple[Accepted | Refusal, Seen]], database: Database
) -> None:
    assert send("/silence")[0] == Refusal("no answer (RemoteProtocolError)")
    nowhere = WebhookReceiver(
        "hook",
        "http://127.0.0.1:9/secret-token",
        secret=SECRET,
        database=database,
        timeout_seconds=2,
        transport=httpx2.HTTPTransport(),
    )
    with closing(nowhere):
        assert nowhere.send(DELIVERY) == Refusal("no answer (ConnectError)")


def test_a_private_address_is_refused_before_anything_is_sent(
    send: Callable[..., tuple[Accepted | Refusal, Seen]],
) -> None:
    outcome, seen = send("/200", private=False)

    assert isinstance(outcome, Refusal)
    assert "VIGIE_WEBHOOK_PRIVATE" in outcome.reason
    assert (outcome.needs_a_person, outcome.is_of_this_message) == (True, False)
    assert seen == []


def test_a_message_without_its_alert_holds_up_no_other(send: Callable[..., tuple[Accepted | Refusal, Seen]]) -> None:
    outcome, seen = send("/200", replace(DELIVERY, alert_id="alert:t9"))

    assert outcome == Refusal("its alert is no longer in the outbox", is_of_this_message=True)
    assert seen == []
