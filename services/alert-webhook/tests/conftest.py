"""Records of the contracts for all tests of the package, an outbox, and Slack's side of the wire."""

import io
import json
import logging
import os
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from slack_sdk.models.blocks import Block
from slack_sdk.signature import SignatureVerifier

from alert_webhook.core.outbox.database import FILE_NAME, Database, open_database
from alert_webhook.core.outbox.tables import metadata as tables
from vigie_runtime import ServiceSettings, configure_logs
from vigie_schemas import Alert, Metrics, Reason, Transaction

NOW_MS = 1_780_000_000_000


@pytest.fixture
def alert_of() -> Callable[[str], Alert]:
    def build(name: str) -> Alert:
        transaction = Transaction(
            schema_version=1,
            transaction_id=name,
            account_id="acc-1",
            timestamp_ms=NOW_MS,
            amount=612.4,
            currency="EUR",
            country="FR",
        )
        return Alert(
            schema_version=1,
            alert_id=f"alert:{name}",
            transaction=transaction,
            amount_eur=612.4,
            segment="established_account",
            severity="high",
            score=0.71,
            threshold=0.62,
            quantile=0.995,
            model_version=3,
            threshold_version=4,
            reasons=[Reason(feature="amount_over_usual", value=2.4, usual=55.0, share=0.6, text="11 times the usual")],
        )

    return build


@pytest.fixture
def metrics_at() -> Callable[[int], Metrics]:
    def build(at_ms: int) -> Metrics:
        return Metrics(
            schema_version=1,
            at_ms=at_ms,
            transactions=10,
            scored=10,
            learning=0,
            alerts=0,
            dead_letters={},
            alerts_total=0,
            transactions_total=10,
            latency=None,
            lag={},
            score_quantiles={},
            score_points=[],
            model_version=3,
            threshold_version=4,
        )

    return build


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged at all levels, by us and by libraries, as production writes it."""
    root, text = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    configure_logs(ServiceSettings(log_level="DEBUG"), "alert-webhook")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(text)
    yield text
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def new_outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables of this version, to be copied: hundreds of tests begin with one."""
    folder = tmp_path_factory.mktemp("outbox")
    open_database(None, folder).close()
    return folder / FILE_NAME


@pytest.fixture
def database(tmp_path: Path, new_outbox: Path) -> Iterator[Database]:
    """An empty outbox in SQLite, in the test's own folder."""
    shutil.copy(new_outbox, tmp_path)
    with closing(open_database(None, tmp_path)) as database:
        yield database


@pytest.fixture
def empty_outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """In SQLite, or in the PostgreSQL that VIGIE_TEST_DATABASE_URL names."""
    address = os.environ.get("VIGIE_TEST_DATABASE_URL")
    if address is None:
        yield request.getfixturevalue("database")
        return
    with closing(open_database(address, tmp_path)) as database:
        tables.drop_all(database.engine)  # a server keeps what earlier tests left
        tables.create_all(database.engine)
        yield database


TOKEN = "xoxb-a-secret-token"
SIGNING_SECRET = "a-signing-secret"
MAX_USES = 5  # of an address that comes with a click


@dataclass
class SlackSide:
    """A channel, and a server that fills it as Slack does: incoming webhook, Web API, addresses of clicks."""

    address: str = ""
    channel: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Messages as people see them, by their time stamp."""
    answers: deque[tuple[int, bytes, dict[str, str]]] = field(default_factory=deque)
    """What to answer to the next requests instead of doing what they ask."""
    paths: list[str] = field(default_factory=list)
    uses: int = 0

    @property
    def webhook_url(self) -> str:
        return f"{self.address}/services/T0/B0/a-secret-path"

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.channel.values())

    def click(
        self, action_id: str, alert_id: str, *, at_ms: int = NOW_MS, user: str = "U1", name: str = "anna"
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of what Slack sends when a person clicks on the alert's latest message."""
        is_about = [ts for ts, message in self.channel.items() if alert_id in json.dumps(message)]
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": name, "name": name, "team_id": "T0"},
            "trigger_id": "1.2",
            "container": {"type": "message", "message_ts": is_about[-1] if is_about else "0"},
            "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": alert_id}],
            "response_url": f"{self.address}/actions/T0/{is_about[-1] if is_about else 0}/a-secret-end",
        }
        return self.signed(urlencode({"payload": json.dumps(payload)}).encode(), at_ms=at_ms)

    def signed(self, body: bytes, *, at_ms: int = NOW_MS) -> tuple[bytes, dict[str, str]]:
        at = str(at_ms // 1000)
        signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=at, body=body)
        assert signature is not None
        return body, {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature}

    def answer(self, path: str, token: str | None, asked: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        self.paths.append(path)
        if self.answers:
            return self.answers.popleft()
        for block in Block.parse_all(asked["blocks"]):
            block.validate_json()
        shown = {"text": asked["text"], "blocks": asked["blocks"], "thread": asked.get("thread_ts")}
        if path.startswith("/services/"):
            self._show(shown)
            return 200, b"ok", {}
        if path.startswith("/actions/"):
            return self._change_by_click(path.split("/")[3], asked, shown)
        return 200, json.dumps(self._api(path, token, asked, shown)).encode(), {}

    def _api(self, path: str, token: str | None, asked: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
        if token != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        if path == "/api/chat.update":
            if asked["ts"] not in self.channel:
                return {"ok": False, "error": "message_not_found"}
            self.channel[asked["ts"]] = shown | {"thread": self.channel[asked["ts"]]["thread"]}
            return {"ok": True, "channel": asked["channel"], "ts": asked["ts"]}
        if shown["thread"] is not None and shown["thread"] not in self.channel:
            return {"ok": False, "error": "thread_not_found"}
        return {"ok": True, "channel": "C1", "ts": self._show(shown)}

    def _change_by_click(
        self, ts: str, asked: dict[str, Any], shown: dict[str, Any]
    ) -> tuple[int, bytes, dict[str, str]]:
        self.uses += 1
        if self.uses > MAX_USES:
            return 404, b'{"ok":false,"error":"used_url"}', {}
        assert asked["replace_original"] is True
        self.channel[ts] = shown
        return 200, b"ok", {}

    def _show(self, shown: dict[str, Any]) -> str:
        ts = f"1780000000.{len(self.channel):06}"
        self.channel[ts] = shown
        return ts


@pytest.fixture
def slack() -> Iterator[SlackSide]:
    side, is_over = SlackSide(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, body, headers = side.answer(self.path, self.headers["authorization"], asked)
            if status <= 0:  # no answer at all, or none before the client gives up
                if status < 0:
                    is_over.wait(30)
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in ({"content-length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            side.paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    side.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield side
    is_over.set()
    server.shutdown()
    server.server_close()
    thread.join()
