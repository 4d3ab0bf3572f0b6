"""SQL of decisions: each person's answer to an alert."""

from sqlalchemy import select, update

from alert_webhook.core.outbox.alerts import next_revision
from alert_webhook.core.outbox.database import Connection, upsert
from alert_webhook.core.outbox.tables import alerts, decisions


def decision_of(connection: Connection, alert_id: str, person: str) -> bool | None:
    """Whether the person calls the alert fraud; None without an answer."""
    query = select(decisions.c.is_fraud).filter_by(alert_id=alert_id, person=person)
    return connection.execute(query).scalar()


def put_decision(
    connection: Connection, alert_id: str, person: str, *, is_fraud: bool, channel: str, now_ms: int
) -> None:
    """Keep the person's answer in place of an earlier one."""
    fields = {"is_fraud": is_fraud, "decided_at_ms": now_ms, "channel": channel}
    connection.execute(upsert(connection, decisions, {"alert_id": alert_id, "person": person}, fields))


def set_decision(connection: Connection, alert_id: str, *, is_fraud: bool, decided_by: str, decided_at_ms: int) -> int:
    """Keep the answer that stands; the alert's new revision."""
    revision = next_revision(connection)
    fields = {"is_fraud": is_fraud, "decided_by": decided_by, "decided_at_ms": decided_at_ms, "revision": revision}
    connection.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(**fields))
    return revision
