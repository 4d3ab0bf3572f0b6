"""SQL of decisions: each person's answer to an alert."""

from sqlalchemy import select

from alert_webhook.core.outbox.database import Connection, upsert
from alert_webhook.core.outbox.tables import decisions


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
