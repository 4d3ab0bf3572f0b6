"""Receivers as others would write them: real HTTP servers that verify signatures and keep what they were sent."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal, Self

from standardwebhooks import Webhook, WebhookVerificationError

SECRET: Final = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105  # of these receivers only
MAX_SILENCE_SECONDS: Final = 60.0

Content = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the receiver does with a message: answer it, say nothing, or cut the connection."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Literal["silence", "reset"] | None = None

    @property
    def accepts(self) -> bool:
        """Whether the sender need not send the message again."""
        return self.fault is None and 200 <= self.status < 300


@dataclass(frozen=True)
class Attempt:
    """A message that arrived, with the wall clock's and the monotonic clock's time in seconds."""

    message_id: str
    at: float
    monotonic: float
    answer: Answer
    client_port: int


def signed_message(headers: Mapping[str, str], body: bytes) -> tuple[str, Content]:
    """Id and content of a Standard Webhooks message; raise WebhookVerificationError where the signature is wrong."""
    content = Webhook(SECRET).verify(body, dict(headers))
    return next(value for name, value in headers.items() if name.lower() == "webhook-id"), content


def slack_message(headers: Mapping[str, str], body: bytes) -> tuple[str, Content]:
    """Id and content of a message to Slack's incoming webhook; it has no signature, its address is the secret."""
    content = json.loads(body)
    return content["blocks"][0]["block_id"], content


class Inbox:
    """Listens on a free port until closed; `choose` gives the answer to each message, by its id."""

    def __init__(
        self,
        choose: Callable[[str], Answer] = lambda message_id: Answer(),
        *,
        read: Callable[[Mapping[str, str], bytes], tuple[str, Content]] = signed_message,
    ) -> None:
        self.choose = choose
        self._read = read
        self.delay_seconds = 0.0
        """Between a message's arrival and its answer."""
        self.attempts: list[Attempt] = []
        self.bodies: dict[str, Content] = {}
        self.forged = 0
        """Messages whose signature is wrong."""
        self.changed = 0
        """Repeats of an id with another content."""
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="inbox", daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @property
    def accepted(self) -> list[str]:
        """Ids in the order in which they were accepted."""
        return [attempt.message_id for attempt in list(self.attempts) if attempt.answer.accepts]

    def receive(self, headers: Mapping[str, str], body: bytes, client_port: int) -> Answer:
        """Verify, note and answer a message."""
        at, monotonic = time.time(), time.monotonic()
        try:
            message_id, content = self._read(headers, body)
        except WebhookVerificationError:
            self.forged += 1
            return Answer(401)
        with self._lock:
            answer = self.choose(message_id)
            if self.bodies.setdefault(message_id, content) != content:
                self.changed += 1
            self.attempts.append(Attempt(message_id, at, monotonic, answer, client_port))
        if self.delay_seconds:
            self._closing.wait(self.delay_seconds)
        return answer

    def keep_silent(self) -> None:
        """Say nothing for longer than any sender waits."""
        self._closing.wait(MAX_SILENCE_SECONDS)

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that was killed half-way is what these runs are about."""


def _handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = inbox.receive(dict(self.headers), body, self.client_address[1])
            if answer.fault:
                self._fail(answer)
                return
            payload = b"ok" if answer.accepts else b"no"  # the very word Slack's own says
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def _fail(self, answer: Answer) -> None:
            self.close_connection = True
            if answer.fault == "silence":
                inbox.keep_silent()
            else:
                # lingering for 0 s makes the kernel send a reset instead of closing the connection in order
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
