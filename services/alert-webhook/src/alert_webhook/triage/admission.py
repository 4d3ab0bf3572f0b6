"""What becomes of an alert that was not known before."""

from dataclasses import dataclass

from sqlalchemy import Connection

from alert_webhook.delivery.recipients import Recipients
from alert_webhook.outbox.alerts import add_alert
from alert_webhook.outbox.deliveries import enqueue
from alert_webhook.settings import AlertWebhookSettings
from vigie_schemas import Alert


@dataclass(frozen=True)
class Arrival:
    """An alert read from Kafka; times in milliseconds since 1970 UTC."""

    alert: Alert
    received_at_ms: int
    written_at_ms: int
    partition: int
    offset: int


@dataclass(frozen=True)
class VolumeRules:
    """How much of it all people get to see."""


def rules_of(settings: AlertWebhookSettings) -> VolumeRules:
    """The rules as set."""
    return VolumeRules()


def admit(connection: Connection, arrival: Arrival, rules: VolumeRules, recipients: Recipients) -> None:
    """Keep the alert and queue it for everybody."""
    alert = arrival.alert
    add_alert(
        connection,
        alert,
        received_at_ms=arrival.received_at_ms,
        written_at_ms=arrival.written_at_ms,
        partition=arrival.partition,
        offset=arrival.offset,
        handling="message",
        cause=None,
        episode_id=None,
    )
    for name in recipients.names:
        enqueue(connection, name, alert.alert_id, "alert", now_ms=arrival.received_at_ms, alert_id=alert.alert_id)
