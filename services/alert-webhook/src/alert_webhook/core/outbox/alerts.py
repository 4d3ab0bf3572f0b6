"""Alerts as the outbox knows them: received, handled, decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, tuple_, update

from alert_webhook.core.outbox.tables import alerts, counters
from alert_webhook.core.outbox.upsert import insert_into
from vigie_schemas import Alert, Severity

Handling = Literal["message", "thread", "digest", "suppressed"]
"""What people get to see of it: a message of its own, a reply in its episode's thread, a line of a digest, nothing."""

Cause = Literal["severity_floor", "quiet_hours", "snoozed", "rate", "hard_cap", "episode", "canary"]
"""Why it is less than a message of its own."""

REVISION: Final = "revision"
MOST_LISTED: Final = 500


@dataclass(frozen=True)
class StoredAlert:
    """An alert and what became of it."""

    alert: Alert
    revision: int
    received_at_ms: int
    handling: Handling
    cause: Cause | None
    episode_id: str | None
    digest_id: str | None
    is_fraud: bool | None
    decided_by: str | None
    decided_at_ms: int | None


@dataclass(frozen=True)
class AlertFilter:
    """Which alerts to list; None: any."""

    severity: Severity | None = None
    handling: Handling | None = None
    cause: Cause | None = None
    account_id: str | None = None
    decided: bool | None = None
    before: str | None = None
    """Id of an alert: only those received before it."""


def next_revision(connection: Connection, how_many: int = 1) -> int:
    """A number greater than all before; writers queue for it, so that none becomes visible after a greater one.

    Of `how_many` numbers in a row the greatest.
    """
    # the counter's row is locked until the transaction ends
    statement = (
        insert_into(connection, counters)
        .values(name=REVISION, value=how_many)
        .on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + how_many})
        .returning(counters.c.value)
    )
    return connection.execute(statement).scalar_one()


def take_turn(connection: Connection) -> None:
    """Let other writers wait until this transaction ends, so that what is counted now stays true meanwhile."""
    next_revision(connection, 0)


def known_alerts(connection: Connection, alert_ids: Sequence[str]) -> set[str]:
    """Which of them were received before."""
    found = connection.execute(select(alerts.c.alert_id).where(alerts.c.alert_id.in_(alert_ids)))
    return set(found.scalars())


def add_alert(
    connection: Connection,
    alert: Alert,
    *,
    received_at_ms: int,
    written_at_ms: int,
    partition: int,
    offset: int,
    handling: Handling,
    cause: Cause | None,
    episode_id: str | None,
) -> None:
    """Keep an alert that was not known before."""
    connection.execute(
        insert(alerts).values(
            alert_id=alert.alert_id,
            revision=next_revision(connection),
            received_at_ms=received_at_ms,
            written_at_ms=written_at_ms,
            partition=partition,
            offset=offset,
            account_id=alert.account_id,
            transaction_id=alert.transaction.transaction_id,
            severity=alert.severity,
            score=alert.score,
            amount_eur=alert.amount_eur,
            body=alert.model_dump_json(),
            handling=handling,
            cause=cause,
            episode_id=episode_id,
        )
    )


def touch_alert(connection: Connection, alert_id: str) -> None:
    """Tell the pages that something about the alert changed."""
    connection.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(revision=next_revision(connection)))


def find_alert(connection: Connection, alert_id: str) -> StoredAlert | None:
    """The alert of that id."""
    row = connection.execute(select(alerts).where(alerts.c.alert_id == alert_id)).mappings().first()
    return None if row is None else _stored(row)


def written_at(connection: Connection, alert_id: str) -> int | None:
    """When Kafka stamped the alert, in milliseconds since 1970 UTC."""
    return connection.execute(select(alerts.c.written_at_ms).where(alerts.c.alert_id == alert_id)).scalar()


def causes_of(connection: Connection, alert_ids: Sequence[str]) -> list[str]:
    """Why those of them that are less than a message of their own are, one entry an alert."""
    query = select(alerts.c.cause).where(alerts.c.alert_id.in_(alert_ids), alerts.c.cause.is_not(None))
    return [row.cause for row in connection.execute(query)]


def latest_revision(connection: Connection) -> int:
    """The greatest revision given so far; 0 at first."""
    found = connection.execute(select(counters.c.value).where(counters.c.name == REVISION)).scalar()
    return found or 0


def changed_alerts(connection: Connection, after_revision: int, limit: int = MOST_LISTED) -> list[StoredAlert]:
    """Alerts that are new or changed since, the oldest change first."""
    query = select(alerts).where(alerts.c.revision > after_revision).order_by(alerts.c.revision).limit(limit)
    return [_stored(row) for row in connection.execute(query).mappings()]


def list_alerts(connection: Connection, wanted: AlertFilter, limit: int) -> list[StoredAlert]:
    """Alerts, the latest received first."""
    query = _filtered(select(alerts), wanted).order_by(alerts.c.received_at_ms.desc(), alerts.c.offset.desc())
    return [_stored(row) for row in connection.execute(query.limit(min(limit, MOST_LISTED))).mappings()]


def count_by_cause(connection: Connection, since_ms: int) -> dict[str, int]:
    """Alerts received since then that were less than a message of their own, by cause."""
    query = (
        select(alerts.c.cause, func.count().label("number"))
        .where(alerts.c.received_at_ms >= since_ms, alerts.c.cause.is_not(None))
        .group_by(alerts.c.cause)
    )
    return {row.cause: row.number for row in connection.execute(query)}


def _filtered(query: Select, wanted: AlertFilter) -> Select:
    for column in ("severity", "handling", "cause", "account_id"):
        value = getattr(wanted, column)
        if value is not None:
            query = query.where(alerts.c[column] == value)
    if wanted.decided is not None:
        query = query.where(alerts.c.is_fraud.is_not(None) if wanted.decided else alerts.c.is_fraud.is_(None))
    if wanted.before is not None:
        # seconds may hold many alerts; within one the topic's own order tells
        place = select(alerts.c.received_at_ms, alerts.c.offset).where(alerts.c.alert_id == wanted.before)
        query = query.where(tuple_(alerts.c.received_at_ms, alerts.c.offset) < place.scalar_subquery())
    return query


def _stored(row: RowMapping) -> StoredAlert:
    return StoredAlert(
        alert=Alert.model_validate_json(row["body"]),
        revision=row["revision"],
        received_at_ms=row["received_at_ms"],
        handling=row["handling"],
        cause=row["cause"],
        episode_id=row["episode_id"],
        digest_id=row["digest_id"],
        is_fraud=row["is_fraud"],
        decided_by=row["decided_by"],
        decided_at_ms=row["decided_at_ms"],
    )
