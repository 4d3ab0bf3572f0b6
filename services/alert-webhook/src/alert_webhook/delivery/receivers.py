"""The receivers that are set: Slack, webhooks, and the labels topic for what analysts decide."""

import time
from collections.abc import Callable

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.recipients import recipients_of, webhook_name
from alert_webhook.delivery.labels import LabelsReceiver
from alert_webhook.delivery.receiver import Receiver
from alert_webhook.delivery.slack.receiver import SlackReceiver
from alert_webhook.delivery.webhook import WebhookReceiver, guarded_transport
from alert_webhook.settings import AlertWebhookSettings


def receivers_of(
    settings: AlertWebhookSettings, database: Database, *, clock: Callable[[], float] = time.time
) -> list[Receiver]:
    """The receivers that are set; each belongs to one thread and is to be closed."""
    found: list[Receiver] = [LabelsReceiver(settings)]
    if recipients_of(settings).slack:
        found.append(SlackReceiver(settings, database, clock=clock))
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    for url in {url.get_secret_value(): None for url in settings.webhook_urls}:
        found.append(
            WebhookReceiver(
                webhook_name(url),
                url,
                secret=secret,
                database=database,
                timeout_seconds=settings.webhook_timeout_seconds,
                transport=guarded_transport(allow_private=settings.webhook_private),
                clock=clock,
            )
        )
    return found
