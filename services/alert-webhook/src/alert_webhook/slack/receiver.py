"""Slack as a receiver: one line an alert."""

from slack_sdk.webhook import WebhookClient

from alert_webhook.delivery.receiver import Accepted, Refusal
from alert_webhook.outbox.alerts import find_alert
from alert_webhook.outbox.database import Database
from alert_webhook.outbox.deliveries import SLACK, Delivery
from alert_webhook.settings import AlertWebhookSettings


class SlackReceiver:
    """Posts to the incoming webhook."""

    name = SLACK

    def __init__(self, settings: AlertWebhookSettings, database: Database) -> None:
        url = settings.slack_webhook_url.get_secret_value() if settings.slack_webhook_url else ""
        self._client = WebhookClient(url, timeout=round(settings.webhook_timeout_seconds) or 1)
        self._database = database

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        """Make one attempt."""
        with self._database.reading() as connection:
            stored = find_alert(connection, delivery.alert_id or "")
        if stored is None:
            return Refusal("its alert is no longer in the outbox", is_of_this_message=True)
        try:
            answer = self._client.send(text=f"{stored.alert.severity}: {stored.alert.account_id}")
        except OSError as error:
            return Refusal(f"no answer ({type(error).__name__})")
        return Accepted() if answer.status_code == 200 else Refusal(f"Slack answers {answer.status_code}")

    def close(self) -> None:
        """Nothing stays open."""
