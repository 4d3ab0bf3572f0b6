"""Removes what is older than the retention, so that the outbox does not grow for ever."""

from typing import Final

from sqlalchemy import ColumnElement, Table, delete, exists, select, tuple_

from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.tables import alerts, decisions, deliveries, episodes, snoozes

RETENTION_MS: Final = 90 * 86_400_000
"""Longer than Kafka keeps alerts: one that was removed here must not come back from there."""
MAX_ROWS: Final = 1_000
"""Rows of a table in one transaction, for which all other writers wait."""


def prune(connection: Connection, *, now_ms: int) -> int:
    """Remove some of what is older than the retention; how many rows, 0 when nothing is left to remove."""
    before_ms = now_ms - RETENTION_MS
    is_waited_for = exists().where(deliveries.c.alert_id == alerts.c.alert_id)
    removed = _remove(connection, deliveries, deliveries.c.settled_at_ms < before_ms)
    removed += _remove(connection, alerts, (alerts.c.received_at_ms < before_ms) & ~is_waited_for)
    is_known = exists().where(alerts.c.alert_id == decisions.c.alert_id)
    removed += _remove(connection, decisions, (decisions.c.decided_at_ms < before_ms) & ~is_known)
    has_alerts = exists().where(alerts.c.episode_id == episodes.c.episode_id)
    removed += _remove(connection, episodes, (episodes.c.last_alert_at_ms < before_ms) & ~has_alerts)
    return removed + _remove(connection, snoozes, snoozes.c.until_ms < before_ms)


def _remove(connection: Connection, table: Table, is_old: ColumnElement[bool]) -> int:
    key = tuple_(*table.primary_key)
    old = select(*table.primary_key).where(is_old).limit(MAX_ROWS)
    return connection.execute(delete(table).where(key.in_(old))).rowcount
