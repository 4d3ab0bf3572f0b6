"""What the registry is understood to say, against a server that answers as MLflow does."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.registry_watch import RegistryWatch
from alert_webhook.web.views import RegistryView
from vigie_schemas import CHAMPION_ALIAS, MODEL_NAME

MISSING = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Registered Model not found"}


class Registry:
    """Gives one planned answer and keeps what it was asked."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"{}"
        self.asked: list[tuple[str, str | None]] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append((self.path, self.headers["Authorization"]))
                self.send_response(registry.status)
                self.send_header("Content-Length", str(len(registry.body)))
                self.end_headers()
                self.wfile.write(registry.body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def registry() -> Iterator[Registry]:
    registry = Registry()
    thread = threading.Thread(target=registry.server.serve_forever, args=(0.02,))
    thread.start()
    yield registry
    registry.server.shutdown()
    registry.server.server_close()
    thread.join()


@pytest.fixture
def seen(registry: Registry, page_settings: AlertWebhookSettings, hub: Hub) -> Callable[..., RegistryView]:
    """What the page receives when the registry answers so."""

    def look(status: int, body: object, **settings: object) -> RegistryView:
        registry.status = status
        registry.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        with closing(RegistryWatch(page_settings.model_copy(update=settings), registry.address + "/", hub)) as watch:
            watch.look()
        subscription = hub.subscribe(10)
        assert subscription is not None
        return RegistryView(**json.loads(next(iter(subscription)).split("data: ")[1])["registry"])

    return look


def test_gives_the_champion_and_its_thresholds(seen: Callable[..., RegistryView], registry: Registry) -> None:
    tags = [{"key": "note", "value": "x"}, {"key": "threshold_version", "value": "5"}]
    answer = {"model_version": {"name": "vigie", "version": "7", "tags": tags, "status": "READY"}}

    assert seen(200, answer) == RegistryView(reachable=True, champion_version=7, threshold_version=5)
    path = f"/api/2.0/mlflow/registered-models/alias?name={MODEL_NAME}&alias={CHAMPION_ALIAS}"
    assert registry.asked == [(path, None)]


def test_a_champion_begins_with_the_thresholds_it_brought(seen: Callable[..., RegistryView]) -> None:
    answer = {"model_version": {"version": "7"}}

    assert seen(200, answer) == RegistryView(reachable=True, champion_version=7, threshold_version=1)


def test_no_champion_yet_is_an_answer_too(seen: Callable[..., RegistryView]) -> None:
    assert seen(404, MISSING) == RegistryView(reachable=True)


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, b"who are you"), (500, {}), (502, b"<html>"), (200, b"<html>"), (200, {}), (404, b"[]"), (404, b"nothing")],
)
def test_everything_else_is_none(seen: Callable[..., RegistryView], status: int, body: object) -> None:
    assert seen(status, body) == RegistryView(reachable=False)


def test_says_who_asks_where_the_registry_wants_to_know(seen: Callable[..., RegistryView], registry: Registry) -> None:
    seen(404, MISSING, mlflow_tracking_username="vigie", mlflow_tracking_password=SecretStr("registry-password"))

    assert registry.asked[0][1] == f"Basic {b64encode(b'vigie:registry-password').decode()}"


def test_an_address_where_nothing_listens_is_not_reachable(page_settings: AlertWebhookSettings, hub: Hub) -> None:
    for address in ("http://127.0.0.1:1", "sqlite:///mlflow.db"):
        with closing(RegistryWatch(page_settings, address, hub)) as watch:
            watch.look()
        subscription = hub.subscribe(10)
        assert subscription is not None
        assert '"reachable": false' in next(iter(subscription))
