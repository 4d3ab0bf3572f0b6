"""Tells the page of alerts that are new or changed, whichever process received, delivered or answered them."""

import threading
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from alert_webhook.core.outbox.alerts import (
    AlertFilter,
    StoredAlert,
    changed_alerts,
    find_alert,
    latest_revision,
    list_alerts,
)
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.tables import episodes
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.alert_views import views_of
from alert_webhook.web.live_page.hub import KEPT_ALERTS, Hub
from vigie_runtime import get_logger

POLL_SECONDS: Final = 0.1
"""An alert has half a second to reach the page; one look at an index costs well under a millisecond."""
PATIENCE_SECONDS: Final = 2.0

log = get_logger(__name__)


class AlertFeed:
    """Follows the outbox by its revisions until asked to stop."""

    def __init__(self, settings: AlertWebhookSettings, database: Database, hub: Hub) -> None:
        self._settings = settings
        self._database = database
        self._hub = hub
        self._seen: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Look again and again; a database that does not answer is waited for."""
        while not stop.is_set():
            try:
                wait_seconds = 0.0 if self.look() else POLL_SECONDS
            except DBAPIError as error:
                # its text may quote an address; the type says enough
                log.warning("the outbox does not answer the page", problem=type(error.orig).__name__)
                wait_seconds = PATIENCE_SECONDS
            stop.wait(wait_seconds)

    def look(self) -> bool:
        """Tell the hub what is new; whether there was anything."""
        with self._database.reading() as connection:
            if self._seen is None:
                seen = latest_revision(connection)
                found = list_alerts(connection, AlertFilter(), KEPT_ALERTS)[::-1]
            else:
                found = changed_alerts(connection, self._seen)
                seen = found[-1].revision if found else self._seen
            shown = found + _first_of_episodes(connection, found)
            views = views_of(connection, shown, self._settings) if shown else []
        self._hub.put_alerts(views)
        self._seen = seen
        return bool(found)


def _first_of_episodes(connection: Connection, found: list[StoredAlert]) -> list[StoredAlert]:
    """Alerts that began an episode which grew: their count is another now, though nothing else about them changed."""
    known = {stored.alert.alert_id for stored in found}
    grown = {stored.episode_id for stored in found if stored.episode_id is not None}
    if not grown:
        return []
    firsts = connection.execute(select(episodes.c.first_alert_id).where(episodes.c.episode_id.in_(grown))).scalars()
    others = [find_alert(connection, alert_id) for alert_id in firsts if alert_id not in known]
    return [stored for stored in others if stored is not None]
