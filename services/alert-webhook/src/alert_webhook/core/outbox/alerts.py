"""SQL of alerts: each is kept once, and numbered again with every change a person can see."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import RowMapping, Select, func, insert, select, tuple_, update

from alert_webhook.core.alerts import AlertFilter, Arrival, StoredAlert, TriageResult
from alert_webhook.core.outbox.database import Connection, insert_into
from alert_webhook.core.outbox.tables import alerts, counters
from alert_webhook.errors import UnknownAlertError
from vigie_schemas import Alert

REVISION: Final = "revision"
MAX_LISTED: Final = 500


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


def known_alerts(connection: Connection, alert_ids: Collection[str]) -> set[str]:
    """Which of them were received before."""
    found = connection.execute(select(alerts.c.alert_id).where(alerts.c.alert_id.in_(alert_ids)))
    return set(found.scalars())


def add_alert(
    connection: Connection, arrival: Arrival, result: TriageResult, *, revision: int, episode_id: str | None
) -> None:
    """Keep an alert that was not known before."""
    alert = arrival.alert
    connection.execute(
        insert(alerts).values(
            alert_id=alert.alert_id,
            revision=revision,
            received_at_ms=arrival.received_at_ms,
            written_at_ms=arrival.written_at_ms,
            partition=arrival.partition,
            offset=arrival.offset,
            account_id=alert.account_id,
            transaction_id=alert.transaction.transaction_id,
            severity=alert.severity,
            score=alert.score,
            amount_eur=alert.amount_eur,
            body=alert.model_dump_json(),
            handling=result.handling,
            cause=result.cause,
            episode_id=episode_id,
        )
    )


def renumber_alert(connection: Connection, alert_id: str) -> int:
    """Give the alert a new revision, by which pages see that something about it changed; the revision."""
    revision = next_revision(connection)
    connection.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(revision=revision))
    return revision


def find_alert(connection: Connection, alert_id: str) -> StoredAlert | None:
    """The alert of that id."""
    return next(iter(find_alerts(connection, [alert_id])), None)


def get_alert(connection: Connection, alert_id: str) -> StoredAlert:
    """The alert of that id; raise UnknownAlertError when none is kept."""
    stored = find_alert(connection, alert_id)
    if stored is None:
        raise UnknownAlertError(alert_id)
    return stored


def find_alerts(connection: Connection, alert_ids: Collection[str]) -> list[StoredAlert]:
    """Those of them that are kept, in any order."""
    rows = connection.execute(select(alerts).where(alerts.c.alert_id.in_(alert_ids))).mappings()
    return [_stored(row) for row in rows]


def written_at(connection: Connection, alert_id: str) -> int | None:
    """When Kafka stamped the alert, in milliseconds since 1970 UTC."""
    return connection.execute(select(alerts.c.written_at_ms).where(alerts.c.alert_id == alert_id)).scalar()


def latest_revision(connection: Connection) -> int:
    """The greatest revision given so far; 0 at first."""
    found = connection.execute(select(counters.c.value).where(counters.c.name == REVISION)).scalar()
    return found or 0


def changed_alerts(connection: Connection, after_revision: int, limit: int = MAX_LISTED) -> list[StoredAlert]:
    """Alerts that are new or changed since, the oldest change first."""
    query = select(alerts).where(alerts.c.revision > after_revision).order_by(alerts.c.revision).limit(limit)
    return [_stored(row) for row in connection.execute(query).mappings()]


def list_alerts(connection: Connection, wanted: AlertFilter, limit: int) -> list[StoredAlert]:
    """Alerts, the latest received first."""
    query = _filtered(select(alerts), wanted).order_by(alerts.c.received_at_ms.desc(), alerts.c.offset.desc())
    return [_stored(row) for row in connection.execute(query.limit(min(limit, MAX_LISTED))).mappings()]


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
        # a millisecond may hold many alerts; within one the topic's own order decides
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
