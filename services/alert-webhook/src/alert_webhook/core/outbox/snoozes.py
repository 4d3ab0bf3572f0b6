"""Whether someone asked not to hear of such alerts for a while."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from alert_webhook.core.answers.decisions import first_reason
from alert_webhook.core.outbox.tables import snoozes
from vigie_schemas import Alert


@dataclass(frozen=True)
class Snooze:
    """Until when an account's alerts with some first reason are silent, and who said so."""

    until_ms: int
    person: str


def snooze_of(connection: Connection, alert: Alert, at_ms: int) -> Snooze | None:
    """The snooze that silences the alert at `at_ms`."""
    query = select(snoozes.c.until_ms, snoozes.c.person).where(
        snoozes.c.account_id == alert.account_id,
        snoozes.c.feature == first_reason(alert),
        snoozes.c.until_ms > at_ms,
    )
    row = connection.execute(query).first()
    return None if row is None else Snooze(row.until_ms, row.person)
