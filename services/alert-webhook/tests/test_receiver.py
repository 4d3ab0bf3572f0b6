"""One attempt to hand an alert over, against a real server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from alert_webhook.receiver import Receiver, Refusal


class Answers(BaseHTTPRequestHandler):
    """Answers with the status named in the path and keeps what it was sent."""

    seen: list[tuple[str, str | None, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, self.headers["webhook-id"], body))
        if self.path == "/silence":
            self.close_connection = True
            return
        self.send_response(int(self.path.strip("/")))
        self.send_header("Location", "/204")
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "1000000000000")  # a body that never ends must not be waited for
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def a_server() -> Iterator[tuple[str, list[tuple[str, str | None, bytes]]]]:
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


def send(path: str) -> tuple[Refusal | None, list[tuple[str, str | None, bytes]]]:
    with a_server() as (address, seen), Receiver(address + path, timeout_seconds=5) as receiver:
        return receiver.send("alert:t1", b'{"a":1}'), seen


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_2xx_accepts(status: int) -> None:
    refusal, seen = send(f"/{status}")
    assert refusal is None
    assert seen == [(f"/{status}", "alert:t1", b'{"a":1}')]


def test_a_redirect_is_not_followed() -> None:
    refusal, seen = send("/307")
    assert refusal is not None
    assert "final address" in refusal.reason
    assert refusal.needs_a_person
    assert len(seen) == 1


@pytest.mark.parametrize(("status", "needs_a_person"), [(500, False), (503, False), (429, False), (401, True)])
def test_refusals_say_who_can_help_and_when(status: int, needs_a_person: bool) -> None:
    assert send(f"/{status}")[0] == Refusal(f"it answers {status}", 7.0, needs_a_person=needs_a_person)


def test_no_answer_is_a_refusal_without_the_address() -> None:
    refusal, _ = send("/silence")
    assert refusal == Refusal("no answer (RemoteProtocolError)")
    with Receiver("http://127.0.0.1:9/secret-token", timeout_seconds=2) as receiver:
        assert receiver.send("alert:t1", b"{}") == Refusal("no answer (ConnectError)")
