"""What the endpoints work with, handed over when the application is made."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from flask import current_app

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.recipients import Recipients
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.gateway_client import GatewayClient
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.views import ReadinessView

EXTENSION: Final = "vigie"


@dataclass(frozen=True)
class WebParts:
    """The rest of the service, as the endpoints see it."""

    settings: AlertWebhookSettings
    database: Database
    hub: Hub
    recipients: Recipients
    readiness: Callable[[], ReadinessView]
    session_key: str = field(repr=False)
    clock: Callable[[], float] = time.time
    gateway: GatewayClient | None = None
    """For payments that are tried; None where no gateway is set."""

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return round(self.clock() * 1000)


def parts() -> WebParts:
    """Those of the application that serves this request."""
    return current_app.extensions[EXTENSION]
