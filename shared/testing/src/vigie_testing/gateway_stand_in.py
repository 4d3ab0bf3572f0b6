"""The gateway's side of the wire, without Kafka and a detector: verdicts and problems as its contract has them."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from vigie_testing.golden import golden_record

NOT_ANSWERED: Final = ("schema_version", "body_digest")
"""Fields of a verdict's record that stand on the topic only."""
WITHOUT_ANSWER: Final = 0
"""A status that cuts the connection instead."""


def golden_verdict(example: str = "model.json", **changes: object) -> dict[str, object]:
    """The example verdict as the gateway answers it, with fields changed."""
    record = golden_record("verdict", example, **changes)
    return {name: value for name, value in record.items() if name not in NOT_ANSWERED}


def problem(status: int, title: str, detail: str) -> tuple[int, bytes]:
    """A refusal by RFC 9457."""
    members = {"type": "/v1/problems/of-a-test", "title": title, "status": status, "detail": detail}
    return status, json.dumps(members).encode()


class GatewayStandIn:
    """Listens on a free port until closed; `token` is the one it asks for, None: none."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.example = "model.json"
        """Answers each payment, under its own id."""
        self.changes: dict[str, object] = {}
        self.answers: deque[tuple[int, bytes]] = deque()
        """What to answer to the next payments instead."""
        self.headers: dict[str, str] = {}
        """Further headers of every answer, such as Retry-After."""
        self.payments: list[dict[str, Any]] = []
        self.later: dict[str, Any] | None = None
        """The true verdict on every payment, once it is known."""
        self.is_judged = True
        """Whether payments have a verdict when they are asked for again."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="gateway", daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body for a POST."""
        if path != "/v1/transactions":
            return problem(404, "Nothing is here", "There is nothing at this address.")
        if self.token is not None and headers.get("authorization") != f"Bearer {self.token}":
            return problem(401, "Send a token", "This token is not known here.")
        payment = json.loads(body)
        self.payments.append(payment)
        if self.answers:
            return self.answers.popleft()
        names = {name: payment[name] for name in ("transaction_id", "account_id")}
        return 200, json.dumps(golden_verdict(self.example, **names, **self.changes)).encode()

    def find(self, path: str) -> tuple[int, bytes]:
        """Status and body for a GET of a payment that was sent."""
        name = path.removeprefix("/v1/transactions/")
        payment = next((sent for sent in self.payments if sent["transaction_id"] == name), None)
        if payment is None:
            return problem(404, "No such transaction", "Nothing is known of it.")
        if not self.is_judged:
            return 202, b'{"detail": "It waits for its verdict."}'
        verdict = golden_verdict(self.example, transaction_id=name, account_id=payment["account_id"])
        return 200, json.dumps(verdict | {"later": self.later}).encode()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _handler(gateway: GatewayStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["content-length"]))
            self._reply(*gateway.answer(self.path, {k.lower(): v for k, v in self.headers.items()}, sent))

        def do_GET(self) -> None:
            self._reply(*gateway.find(self.path))

        def _reply(self, status: int, body: bytes) -> None:
            if status == WITHOUT_ANSWER:
                self.close_connection = True
                return
            self.send_response(status)
            kind = "application/json" if status == 200 else "application/problem+json"
            for name, value in (gateway.headers | {"content-type": kind, "content-length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
