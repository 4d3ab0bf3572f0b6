"""Who gets alerts, as far as the settings say."""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from alert_webhook.core.deliveries import SLACK
from alert_webhook.settings import AlertWebhookSettings


@dataclass(frozen=True)
class Recipients:
    """Names of the queues: people in Slack, for whom volume is limited, and machines, which get every alert."""

    slack: bool
    webhooks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return ((SLACK,) if self.slack else ()) + self.webhooks


def recipients_of(settings: AlertWebhookSettings) -> Recipients:
    """Slack and the webhooks that are set."""
    return Recipients(
        slack=settings.slack_webhook_url is not None or settings.slack_bot_token is not None,
        webhooks=tuple(webhook_name(url.get_secret_value()) for url in settings.webhook_urls),
    )


def webhook_name(url: str) -> str:
    """The host and a mark of the whole address: the same whatever the order, and nothing secret."""
    return f"{urlsplit(url).hostname}-{hashlib.sha256(url.encode()).hexdigest()[:6]}"
