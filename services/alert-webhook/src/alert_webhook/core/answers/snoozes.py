"""What nobody wants to hear of for now."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from alert_webhook.core.outbox.tables import snoozes


@dataclass(frozen=True)
class Snooze:
    """An account whose alerts with this first reason are silent, until when, and who asked for it at which alert."""

    account_id: str
    feature: str
    until_ms: int
    person: str
    alert_id: str


def running_snoozes(connection: Connection, *, now_ms: int) -> list[Snooze]:
    """Those that have not run out, the next to end first."""
    query = select(snoozes).where(snoozes.c.until_ms > now_ms)
    rows = connection.execute(query.order_by(snoozes.c.until_ms, snoozes.c.account_id)).mappings()
    return [Snooze(**row) for row in rows]


def end_snooze(connection: Connection, account_id: str, feature: str) -> bool:
    """Hear of the account again; False when there was no such snooze."""
    statement = delete(snoozes).where(snoozes.c.account_id == account_id, snoozes.c.feature == feature)
    return connection.execute(statement).rowcount == 1
