"""The web application over a hub."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import alert_webhook
from alert_webhook.page.hub import Hub, Json
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.app import create_app
from vigie_runtime import load_settings
from vigie_schemas import Alert, Metrics

NOW_MS = 1_780_000_000_000
STATIC = Path(alert_webhook.__file__).parent / "static"


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def state() -> Json:
    return {"ready": False}


@pytest.fixture
def client(hub: Hub, state: Json) -> FlaskClient:
    return create_app(hub, readiness=lambda: state, largest_audience=1).test_client()


def test_lists_alerts_the_newest_first(client: FlaskClient, hub: Hub, alert_of: Callable[[str], Alert]) -> None:
    assert client.get("/api/alerts").json == []
    for name in ("t1", "t2", "t3"):
        hub.add_alert(alert_of(name))
    answer = client.get("/api/alerts?limit=2").json
    assert answer is not None
    assert [alert["alert_id"] for alert in answer] == ["alert:t3", "alert:t2"]
    assert answer[0] == alert_of("t3").model_dump(mode="json")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "ten", "", "1.5", "9" * 5000, "\u0663"])
def test_refuses_a_wrong_limit(client: FlaskClient, limit: str) -> None:
    answer = client.get("/api/alerts", query_string={"limit": limit})
    assert answer.status_code == 400
    assert "1 to 200" in answer.json["error"]


def test_tells_the_latest_metrics(client: FlaskClient, hub: Hub, metrics_at: Callable[[int], Metrics]) -> None:
    assert client.get("/api/metrics").json is None
    hub.add_metrics(metrics_at(NOW_MS))
    hub.add_metrics(metrics_at(NOW_MS + 1000))
    assert client.get("/api/metrics").json == metrics_at(NOW_MS + 1000).model_dump(mode="json")


def test_tells_alive_from_ready(client: FlaskClient, state: Json) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    state["ready"] = True
    assert client.get("/readyz").status_code == 200


def test_events_start_with_a_snapshot_and_free_their_place(client: FlaskClient) -> None:
    assert client.head("/events").status_code == 200
    answer = client.get("/events", buffered=False)
    assert answer.mimetype == "text/event-stream"
    assert next(answer.response).startswith(b"event: snapshot")
    refused = client.get("/events")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    answer.close()
    again = client.get("/events", buffered=False)
    assert again.status_code == 200
    again.close()


@pytest.mark.parametrize("path", ["/", "/static/page.css", "/static/js/page.js", "/api/alerts", "/healthz", "/nothing"])
def test_every_answer_is_guarded(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == ("no-cache" if path == "/" or path.startswith("/static") else "no-store")


def test_the_page_asks_nobody_else_and_writes_no_markup() -> None:
    for file in STATIC.rglob("*.*"):
        text = file.read_text()
        outside = set(re.findall(r"https?://[^\"'\s>]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not outside, file
        for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert sink not in text, file
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", page)


def test_the_port_may_come_from_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9001")
    assert load_settings(AlertWebhookSettings).port == 9001
    monkeypatch.setenv("VIGIE_PORT", "9002")
    assert load_settings(AlertWebhookSettings).port == 9002
