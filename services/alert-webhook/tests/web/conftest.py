"""An outbox and the web application over it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from alert_webhook.core.alerts import Arrival, Cause, Handling, TriageResult
from alert_webhook.core.outbox.alerts import add_alert, next_revision
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.recipients import recipients_of
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.app import create_app
from alert_webhook.web.gateway_client import gateway_of
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.parts import WebParts
from alert_webhook.web.sessions import session_key
from alert_webhook.web.views import ReadinessView
from vigie_schemas import Alert

NOW_MS = 1_780_000_000_000
PASSWORD = "correct horse battery staple"
TOKEN = "tok-3f9c1b7e5a"


class Clock:
    """Time that passes only when set."""

    def __init__(self) -> None:
        self.now = NOW_MS / 1000

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(clock: Clock) -> Hub:
    return Hub(clock=clock)


@pytest.fixture
def guarded_settings(tmp_path: Path) -> AlertWebhookSettings:
    """As a deployment that others can reach would be set."""
    return AlertWebhookSettings(
        host="0.0.0.0",
        data_dir=tmp_path,
        users=(SecretStr(f"anna:{PASSWORD}"), SecretStr("ben:another password")),
        api_tokens=(SecretStr(f"robot:{TOKEN}"),),
        slack_webhook_url=SecretStr("https://hooks.slack.test/services/T0/B0/secret-of-slack"),
        grafana_url="https://grafana.test/",
    )


@pytest.fixture
def app_of(database: Database, hub: Hub, clock: Clock) -> Callable[[AlertWebhookSettings], Flask]:
    def build(settings: AlertWebhookSettings) -> Flask:
        ready = ReadinessView(ready=True, kafka_reachable=True, outbox_reachable=True, intake_lag=0, ended_threads=[])
        key, recipients = session_key(database), recipients_of(settings)
        gateway = gateway_of(settings)
        return create_app(WebParts(settings, database, hub, recipients, lambda: ready, key, clock, gateway))

    return build


@pytest.fixture
def keep(database: Database, alert_of: Callable[[str], Alert]) -> Callable[..., None]:
    """Put alerts of these names into the outbox, one a millisecond."""

    def keep(
        *names: str, handling: Handling = "message", cause: Cause | None = None, episode_id: str | None = None
    ) -> None:
        for name in names:
            with database.writing() as connection:
                number = connection.exec_driver_sql("SELECT count(*) FROM alerts").scalar_one()
                add_alert(
                    connection,
                    Arrival(alert_of(name), NOW_MS + number, NOW_MS, 0, number),
                    TriageResult(handling, cause),
                    revision=next_revision(connection),
                    episode_id=episode_id,
                )

    return keep
