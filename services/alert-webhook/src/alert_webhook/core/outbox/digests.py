"""SQL of digests: what waits for one, and what one lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, select, true, update

from alert_webhook.core.alerts import SEVERITIES, StoredAlert
from alert_webhook.core.outbox.alerts import find_alerts, next_revision
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.tables import WAITS_FOR_DIGEST, alerts

MAX_NAMED: Final = 5
"""Alerts that a digest names; the rest is counted."""

_WAS_QUIET = alerts.c.cause == "quiet_hours"


@dataclass(frozen=True)
class HeldAlerts:
    """Alerts that may go into a digest now."""

    number: int
    from_quiet_hours: int
    oldest_at_ms: int | None


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


def held_alerts(connection: Connection, *, is_quiet: bool) -> HeldAlerts:
    """What may go into a digest; in quiet hours without what those hold back."""
    from_quiet_hours = func.count().filter(_WAS_QUIET)
    query = select(func.count(), from_quiet_hours, func.min(alerts.c.received_at_ms)).where(_may_be_listed(is_quiet))
    return HeldAlerts(*connection.execute(query).one())


def make_digest(connection: Connection, number: int, *, is_quiet: bool) -> str:
    """Give all that may be listed, `number` alerts, to a digest named after the first of them; the digest's id."""
    may_be_listed = _may_be_listed(is_quiet)
    order = (alerts.c.received_at_ms, alerts.c.partition, alerts.c.offset)
    first = select(alerts.c.alert_id).where(may_be_listed).order_by(*order).limit(1)
    digest_id = f"digest:{connection.execute(first).scalar_one()}"
    # each a revision of its own, in one statement: pages continue after the last one they have seen
    place = func.row_number().over(order_by=order).label("place")
    ranked = select(alerts.c.alert_id, place).where(may_be_listed).subquery()
    before = next_revision(connection, number) - number
    changed = {"digest_id": digest_id, "revision": before + ranked.c.place}
    connection.execute(update(alerts).where(alerts.c.alert_id == ranked.c.alert_id).values(**changed))
    return digest_id


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
    worst = select(alerts.c.alert_id).where(is_listed).order_by(rank.desc(), alerts.c.score.desc()).limit(MAX_NAMED)
    ids = list(connection.execute(worst).scalars())
    return Digest(
        by_cause=_counted(connection, "cause", digest_id),
        by_severity=_counted(connection, "severity", digest_id),
        accounts=accounts,
        first_at_ms=first_at_ms,
        last_at_ms=last_at_ms,
        worst=sorted(find_alerts(connection, ids), key=lambda stored: ids.index(stored.alert.alert_id)),
    )


def _may_be_listed(is_quiet: bool) -> ColumnElement[bool]:
    return and_(WAITS_FOR_DIGEST, ~_WAS_QUIET if is_quiet else true())


def _counted(connection: Connection, column: str, digest_id: str) -> dict[str, int]:
    """How many of its alerts have each value, the most frequent first."""
    number = func.count().label("number")
    query = select(alerts.c[column], number).where(alerts.c.digest_id == digest_id).group_by(alerts.c[column])
    return {row[0]: row.number for row in connection.execute(query.order_by(number.desc()))}
