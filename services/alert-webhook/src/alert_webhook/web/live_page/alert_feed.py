"""Sends pages the alerts that are new or changed, whichever process received, delivered or answered them."""

import threading
from typing import Final

from alert_webhook.core.alerts import AlertFilter, StoredAlert
from alert_webhook.core.outbox.alerts import changed_alerts, find_alerts, latest_revision, list_alerts
from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.outbox.episodes import first_alerts
from alert_webhook.errors import OutboxUnavailableError
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.alert_views import views_of
from alert_webhook.web.live_page.hub import MAX_ALERTS, Hub

MIN_INTERVAL_SECONDS: Final = 0.05
"""Between two looks when many alerts change: what changes within it is one view and not several."""
RETRY_INTERVAL_SECONDS: Final = 2.0


class AlertFeed:
    """Follows the outbox by its revisions until asked to stop."""

    def __init__(self, settings: AlertWebhookSettings, database: Database, hub: Hub) -> None:
        self._settings = settings
        self._database = database
        self._hub = hub
        self._seen: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Look after each change; a database that does not answer is waited for."""
        while not stop.is_set():
            changes = self._database.changes.count
            try:
                has_found = self.look()
            except OutboxUnavailableError:
                stop.wait(RETRY_INTERVAL_SECONDS)
                continue
            if has_found:
                stop.wait(MIN_INTERVAL_SECONDS)
            else:
                self._database.changes.wait(changes)

    def look(self) -> bool:
        """Give the hub what is new; whether there was anything."""
        with self._database.reading() as connection:
            if self._seen is None:
                seen = latest_revision(connection)
                found = list_alerts(connection, AlertFilter(), MAX_ALERTS)[::-1]
            else:
                found = changed_alerts(connection, self._seen)
                seen = found[-1].revision if found else self._seen
            shown = found + _first_of_episodes(connection, found)
            views = views_of(connection, shown, self._settings) if shown else []
        self._hub.put_alerts(views)
        self._seen = seen
        return bool(found)


def _first_of_episodes(connection: Connection, found: list[StoredAlert]) -> list[StoredAlert]:
    """Alerts that opened an episode which grew: their count is another now, though nothing else about them changed."""
    known = {stored.alert.alert_id for stored in found}
    grown = {stored.episode_id for stored in found if stored.episode_id is not None}
    return find_alerts(connection, first_alerts(connection, grown) - known) if grown else []
