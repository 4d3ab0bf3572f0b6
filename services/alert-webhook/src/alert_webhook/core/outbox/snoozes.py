"""SQL of snoozes: accounts and first reasons whose alerts are not shown to people for a while."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from alert_webhook.core.alerts import first_reason
from alert_webhook.core.outbox.database import Connection, upsert
from alert_webhook.core.outbox.tables import snoozes
from vigie_schemas import Alert


@dataclass(frozen=True)
class Snooze:
    """Which account's alerts with which first reason are silent, until when, and who asked for it at which alert."""

    account_id: str
    feature: str
    until_ms: int
    person: str
    alert_id: str


def put_snooze(connection: Connection, snooze: Snooze) -> None:
    """Begin a snooze, or renew the one of the same account and reason."""
    key = {"account_id": snooze.account_id, "feature": snooze.feature}
    fields = {"until_ms": snooze.until_ms, "person": snooze.person, "alert_id": snooze.alert_id}
    connection.execute(upsert(connection, snoozes, key, fields))


def snooze_of(connection: Connection, alert: Alert, at_ms: int) -> Snooze | None:
    """The snooze that silences the alert at `at_ms`."""
    query = select(snoozes).where(
        snoozes.c.account_id == alert.account_id,
        snoozes.c.feature == first_reason(alert),
        snoozes.c.until_ms > at_ms,
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else Snooze(**row)


def running_snoozes(connection: Connection, *, now_ms: int) -> list[Snooze]:
    """Those that have not run out, the next to end first."""
    query = select(snoozes).where(snoozes.c.until_ms > now_ms)
    rows = connection.execute(query.order_by(snoozes.c.until_ms, snoozes.c.account_id)).mappings()
    return [Snooze(**row) for row in rows]


def end_snooze(connection: Connection, account_id: str, feature: str) -> bool:
    """Show the account's alerts again; False when there was no such snooze."""
    statement = delete(snoozes).where(snoozes.c.account_id == account_id, snoozes.c.feature == feature)
    return connection.execute(statement).rowcount == 1
