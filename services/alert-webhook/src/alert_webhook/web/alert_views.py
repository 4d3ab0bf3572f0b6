"""Alerts as they are shown: with their deliveries, their episode and where to look further."""

from collections.abc import Sequence

from alert_webhook.core.alerts import StoredAlert, grafana_link
from alert_webhook.core.deliveries import Delivery
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.deliveries import deliveries_of
from alert_webhook.core.outbox.episodes import episode_counts
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.views import AlertView, DecisionView, DeliveryView, LinksView


def views_of(connection: Connection, stored: Sequence[StoredAlert], settings: AlertWebhookSettings) -> list[AlertView]:
    """The alerts as shown, in the order given; three queries however many they are."""
    deliveries = deliveries_of(connection, [one.alert.alert_id for one in stored])
    counts = episode_counts(connection, {one.episode_id for one in stored if one.episode_id})
    return [
        AlertView(
            alert=one.alert,
            revision=one.revision,
            received_at_ms=one.received_at_ms,
            handling=one.handling,
            cause=one.cause,
            episode_id=one.episode_id,
            episode_alerts=counts.get(one.episode_id or "", 0),
            digest_id=one.digest_id,
            decision=_decision(one),
            deliveries=[delivery_view(delivery) for delivery in deliveries[one.alert.alert_id]],
            links=LinksView(grafana=grafana_link(settings.grafana_url, one.alert)),
        )
        for one in stored
    ]


def delivery_view(delivery: Delivery) -> DeliveryView:
    """A delivery without its body, which may hold an address that lets anyone post."""
    return DeliveryView.model_validate(delivery, from_attributes=True)


def _decision(stored: StoredAlert) -> DecisionView | None:
    if stored.is_fraud is None or stored.decided_by is None or stored.decided_at_ms is None:
        return None
    return DecisionView(is_fraud=stored.is_fraud, by=stored.decided_by, at_ms=stored.decided_at_ms)
