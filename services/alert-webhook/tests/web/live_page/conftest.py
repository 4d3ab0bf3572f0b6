"""An outbox, a hub and settings for what feeds the page."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from alert_webhook.core.alerts import Arrival, Cause, Handling, TriageResult
from alert_webhook.core.outbox.alerts import add_alert, next_revision
from alert_webhook.core.outbox.database import Database
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from vigie_schemas import Alert

NOW_MS = 1_780_000_000_000


@pytest.fixture
def hub() -> Hub:
    return Hub(clock=lambda: NOW_MS / 1000 + 7)


@pytest.fixture
def page_settings(tmp_path: Path) -> AlertWebhookSettings:
    slack = SecretStr("https://hooks.slack.test/services/T0/B0/secret")
    return AlertWebhookSettings(data_dir=tmp_path, slack_webhook_url=slack, time_zone="Europe/Paris")


@pytest.fixture
def keep(database: Database, alert_of: Callable[[str], Alert]) -> Callable[..., None]:
    """Put an alert of this name into the outbox."""

    def keep(
        name: str,
        *,
        received_at_ms: int = NOW_MS,
        handling: Handling = "message",
        cause: Cause | None = None,
        episode_id: str | None = None,
    ) -> None:
        with database.writing() as connection:
            add_alert(
                connection,
                Arrival(alert_of(name), received_at_ms, NOW_MS, 0, 0),
                TriageResult(handling, cause),
                revision=next_revision(connection),
                episode_id=episode_id,
            )

    return keep
