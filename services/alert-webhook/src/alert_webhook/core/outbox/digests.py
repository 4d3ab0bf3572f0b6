"""What a digest tells of its alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, case, func, select

from alert_webhook.core.outbox.alerts import StoredAlert, find_alert
from alert_webhook.core.outbox.tables import alerts
from alert_webhook.core.triage.rules import SEVERITIES

MOST_NAMED: Final = 5
"""Alerts a digest names; the rest is counted."""


@dataclass(frozen=True)
class Digest:
    """All of its alerts in numbers, and the worst of them one by one."""

    by_cause: Mapping[str, int]
    by_severity: Mapping[str, int]
    accounts: int
    first_at_ms: int
    last_at_ms: int
    worst: Sequence[StoredAlert]

    @property
    def number(self) -> int:
        """How many alerts it lists."""
        return sum(self.by_severity.values())


def find_digest(connection: Connection, digest_id: str) -> Digest | None:
    """The digest as its alerts are now; None when none of them is kept."""
    is_listed = alerts.c.digest_id == digest_id
    span = func.min(alerts.c.received_at_ms), func.max(alerts.c.received_at_ms)
    accounts, first_at_ms, last_at_ms = connection.execute(
        select(func.count(alerts.c.account_id.distinct()), *span).where(is_listed)
    ).one()
    if not accounts:
        return None
    rank = case({name: place for place, name in enumerate(SEVERITIES)}, value=alerts.c.severity)
    worst = select(alerts.c.alert_id).where(is_listed).order_by(rank.desc(), alerts.c.score.desc()).limit(MOST_NAMED)
    named = [find_alert(connection, alert_id) for alert_id in connection.execute(worst).scalars()]
    return Digest(
        by_cause=_counted(connection, "cause", digest_id),
        by_severity=_counted(connection, "severity", digest_id),
        accounts=accounts,
        first_at_ms=first_at_ms,
        last_at_ms=last_at_ms,
        worst=[stored for stored in named if stored is not None],
    )


def _counted(connection: Connection, column: str, digest_id: str) -> dict[str, int]:
    """How many of its alerts have each value, the most frequent first."""
    number = func.count().label("number")
    query = select(alerts.c[column], number).where(alerts.c.digest_id == digest_id).group_by(alerts.c[column])
    return {row[0]: row.number for row in connection.execute(query.order_by(number.desc()))}
