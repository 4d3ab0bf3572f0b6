"""Stands in until the buttons are merged."""

from collections.abc import Mapping

from alert_webhook.delivery.recipients import Recipients
from alert_webhook.outbox.database import Database
from alert_webhook.settings import AlertWebhookSettings


def handle_action(
    database: Database,
    settings: AlertWebhookSettings,
    recipients: Recipients,
    body: bytes,
    headers: Mapping[str, str],
    now_ms: int,
) -> tuple[int, dict[str, object]]:
    """Refuse."""
    return 401, {"error": "not from Slack"}
