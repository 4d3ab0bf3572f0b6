"""The real web application over a real outbox, opened in a real browser; alerts are put where intake puts them."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from werkzeug.serving import WSGIRequestHandler, make_server

from alert_webhook.core.alerts import Arrival, TriageResult
from alert_webhook.core.outbox.alerts import add_alert, next_revision
from alert_webhook.core.outbox.database import Database, open_database
from alert_webhook.core.recipients import recipients_of
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.app import create_app
from alert_webhook.web.gateway_client import gateway_of
from alert_webhook.web.live_page.alert_feed import AlertFeed
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.metrics_feed import TopicState
from alert_webhook.web.live_page.service_watch import ServiceWatch
from alert_webhook.web.parts import WebParts
from alert_webhook.web.sessions import session_key
from alert_webhook.web.views import ReadinessView
from vigie_schemas import Alert, Latency, Metrics, ScorePoint
from vigie_testing.golden import golden_alert

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

HOUR_MS = 3_600_000
PASSWORD = "correct horse battery staple"


@pytest.fixture
def context_of(browser: "Browser") -> Iterator[Callable[..., "BrowserContext"]]:
    """Browsing contexts whose pages' errors, among them what the Content-Security-Policy refused, fail the test."""
    problems: list[str] = []
    contexts: list[BrowserContext] = []

    def build(**options: object) -> "BrowserContext":
        given: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", "timezone_id": "UTC"}
        context = browser.new_context(**(given | options))
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        contexts.append(context)
        return context

    yield build
    for context in contexts:
        context.close()
    # what a browser says of a service that stops, or of an answer that the test asks for
    expected = ("net::ERR", "status of 503", "status of 404", "status of 401", "status of 400")
    assert [problem for problem in problems if not any(text in problem for text in expected)] == []


@pytest.fixture
def page(context_of: Callable[..., "BrowserContext"]) -> "Page":
    return context_of().new_page()


@pytest.fixture
def settings(tmp_path: Path) -> AlertWebhookSettings:
    """As `make run` has it: open on this machine; for people and one machine."""
    return AlertWebhookSettings(
        data_dir=tmp_path,
        slack_webhook_url=SecretStr("http://127.0.0.1:9/services/secret"),
        webhook_urls=(SecretStr("http://127.0.0.1:9/hook"),),
        webhook_secret=SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        grafana_url="http://127.0.0.1:3000",
    )


@pytest.fixture
def guarded_settings(settings: AlertWebhookSettings) -> AlertWebhookSettings:
    """A log-in is required."""
    return settings.model_copy(update={"users": (SecretStr(f"anna:{PASSWORD}"),)})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(None, tmp_path)
    yield database
    database.close()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def serve(database: Database, hub: Hub) -> Iterator[Callable[[AlertWebhookSettings], str]]:
    """Serve the application with these settings; its address. It ends with the test."""
    stop = threading.Event()
    ends: list[Callable[[], None]] = []

    def serve(settings: AlertWebhookSettings) -> str:
        ready = ReadinessView(ready=True, kafka_reachable=True, outbox_reachable=True, intake_lag=0, ended_threads=[])
        gateway = gateway_of(settings)
        key, recipients = session_key(database), recipients_of(settings)
        parts = WebParts(settings, database, hub, recipients, lambda: ready, key, gateway=gateway)
        server = make_server("127.0.0.1", 0, create_app(parts), threaded=True, request_handler=Quiet)
        feed, watch = AlertFeed(settings, database, hub), ServiceWatch(settings, database, hub, all_is_well)
        feed.look()
        watch.look()
        threads = [threading.Thread(target=work, args=(stop,)) for work in (feed.run, watch.run)]
        threads.append(threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}))
        for thread in threads:
            thread.start()

        def end() -> None:
            stop.set()
            hub.close()
            server.shutdown()
            for thread in threads:
                thread.join()
            server.server_close()
            if gateway is not None:
                gateway.close()

        ends.append(end)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for end in ends:
        end()


class Quiet(WSGIRequestHandler):
    """Says nothing of each request: a failed test should show what failed."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def all_is_well() -> TopicState:
    return TopicState(reachable=True, alerts={})


@pytest.fixture
def address(serve: Callable[[AlertWebhookSettings], str], settings: AlertWebhookSettings) -> str:
    return serve(settings)


@pytest.fixture
def an_alert() -> Callable[..., Alert]:
    """The contract's own example under a name, a minute old, with what is given put over it."""
    paid_ms = int(time.time() * 1000) - 60_000

    def build(
        name: str, *, account: str = "acct-1f3a", transaction: dict[str, object] | None = None, **fields: object
    ) -> Alert:
        about = {"account_id": account, "timestamp_ms": paid_ms} | (transaction or {})
        alert = golden_alert(name, example="alert-with-recent.json", transaction=about, **fields)
        if "recent" in fields:
            return alert
        recent = [
            payment.model_copy(update={"timestamp_ms": paid_ms - number * HOUR_MS})
            for number, payment in enumerate(alert.recent, start=1)
        ]
        return alert.model_copy(update={"recent": recent})

    return build


@pytest.fixture
def receive(database: Database) -> Callable[..., None]:
    """Put alerts into the outbox as intake would; received a millisecond apart."""

    def receive(
        *alerts: Alert, handling: str = "message", cause: str | None = None, episode_id: str | None = None
    ) -> None:
        now_ms = int(time.time() * 1000)
        with database.writing() as connection:
            first = connection.exec_driver_sql("SELECT count(*) FROM alerts").scalar_one()
            for number, alert in enumerate(alerts):
                add_alert(
                    connection,
                    Arrival(alert, now_ms - len(alerts) + number, now_ms, 0, first + number),
                    TriageResult(handling, cause),
                    revision=next_revision(connection),
                    episode_id=episode_id,
                )

    return receive


@pytest.fixture
def metrics_at() -> Callable[..., Metrics]:
    def build(at_ms: int, **fields: object) -> Metrics:
        usual = [
            ScorePoint(timestamp_ms=at_ms, score=0.35 + number / 100, threshold=0.62, is_anomaly=False)
            for number in range(15)
        ]
        given: dict[str, object] = {
            "schema_version": 1,
            "at_ms": at_ms,
            "transactions": 1234,
            "scored": 1234,
            "learning": 0,
            "alerts": 1,
            "dead_letters": {"invalid_amount": 1},
            "alerts_total": 7,
            "transactions_total": 56_789,
            "latency": Latency(
                seconds=10, count=9, p50_ms=11.26, p95_ms=23.44, p99_ms=36.78, p999_ms=60.0, max_ms=90.0
            ),
            "lag": {"0": 3, "1": 4},
            "score_quantiles": {"p50": 0.42},
            "score_points": [*usual, ScorePoint(timestamp_ms=at_ms, score=0.71, threshold=0.62, is_anomaly=True)],
            "model_version": 5,
            "threshold_version": 8,
        }
        return Metrics.model_validate(given | fields)

    return build


@pytest.fixture
def two_minutes(metrics_at: Callable[..., Metrics], hub: Hub) -> Callable[..., None]:
    """Two minutes of figures, the newest of now."""

    def send(**fields: object) -> None:
        now_ms = int(time.time() * 1000)
        for second in range(120, -1, -1):
            hub.add_metrics(metrics_at(now_ms - second * 1000, **fields))

    return send


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures for people to look at go: VIGIE_PICTURES, else nowhere that stays."""
    return Path(os.environ.get("VIGIE_PICTURES") or tmp_path)
