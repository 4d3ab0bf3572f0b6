"""SQL of deliveries: each stays in its receiver's queue until it is accepted, or visibly given up."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, func, select, update

from alert_webhook.core.deliveries import SLACK, Delivery, Kind, Queue, State
from alert_webhook.core.outbox.alerts import renumber_alert
from alert_webhook.core.outbox.database import Connection, insert_into
from alert_webhook.core.outbox.tables import deliveries


def enqueue(
    connection: Connection,
    receiver: str,
    message_id: str,
    kind: Kind,
    *,
    now_ms: int,
    alert_id: str | None = None,
    body: Mapping[str, object] | None = None,
) -> bool:
    """Put a message in a receiver's queue; False when that receiver was given this id before."""
    row = _row(receiver, message_id, kind, now_ms=now_ms, alert_id=alert_id, body=body)
    statement = insert_into(connection, deliveries).values(row).on_conflict_do_nothing()
    # not by the row count, which PostgreSQL does not give here
    return connection.execute(statement.returning(deliveries.c.delivery_id)).first() is not None


def was_queued(connection: Connection, receiver: str, message_id: str) -> bool:
    """Whether the receiver was given this id before."""
    query = select(deliveries.c.delivery_id).where(
        deliveries.c.receiver == receiver, deliveries.c.message_id == message_id
    )
    return connection.execute(query).first() is not None


def enqueue_alert(connection: Connection, alert_id: str, kinds: Mapping[str, Kind], *, now_ms: int) -> None:
    """Put an alert in the queues of these receivers, as the kind of message that each one gets."""
    rows = [
        _row(receiver, alert_id, kind, now_ms=now_ms, alert_id=alert_id, body=None) for receiver, kind in kinds.items()
    ]
    if rows:
        connection.execute(insert_into(connection, deliveries).values(rows).on_conflict_do_nothing())


def oldest_waiting(connection: Connection, receiver: str) -> Delivery | None:
    """The message whose turn it is."""
    query = select(deliveries).where(deliveries.c.receiver == receiver, deliveries.c.state == "waiting")
    row = connection.execute(query.order_by(deliveries.c.delivery_id).limit(1)).mappings().first()
    return None if row is None else _delivery(row)


def find_delivery(connection: Connection, delivery_id: int) -> Delivery | None:
    """The delivery of that number."""
    row = connection.execute(select(deliveries).where(deliveries.c.delivery_id == delivery_id)).mappings().first()
    return None if row is None else _delivery(row)


def mark_accepted(connection: Connection, delivery: Delivery, *, now_ms: int, reference: str | None = None) -> None:
    """The receiver has it."""
    _settle(connection, delivery, state="accepted", problem=None, settled_at_ms=now_ms, reference=reference)


def mark_failed(connection: Connection, delivery: Delivery, problem: str) -> None:
    """An attempt failed; it stays in its place."""
    _settle(connection, delivery, state="waiting", problem=problem, settled_at_ms=None)


def mark_dead(connection: Connection, delivery: Delivery, problem: str, *, now_ms: int) -> None:
    """Give it up until a person asks for it again."""
    _settle(connection, delivery, state="dead", problem=problem, settled_at_ms=now_ms)


def retry_dead(
    connection: Connection, *, now_ms: int, receiver: str | None = None, delivery_id: int | None = None
) -> int:
    """Put dead messages back in their place, all of a receiver or one; how many they were."""
    query = select(deliveries).where(deliveries.c.state == "dead")
    if receiver is not None:
        query = query.where(deliveries.c.receiver == receiver)
    if delivery_id is not None:
        query = query.where(deliveries.c.delivery_id == delivery_id)
    dead = [_delivery(row) for row in connection.execute(query.with_for_update()).mappings()]
    for delivery in dead:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.delivery_id == delivery.delivery_id)
            .values(state="waiting", attempts=0, queued_at_ms=now_ms, settled_at_ms=None)
        )
        if delivery.alert_id:
            renumber_alert(connection, delivery.alert_id)
    return len(dead)


def reference_of(connection: Connection, message_id: str, receiver: str = SLACK) -> str | None:
    """What the receiver calls the message."""
    query = select(deliveries.c.reference).where(
        deliveries.c.receiver == receiver, deliveries.c.message_id == message_id
    )
    return connection.execute(query).scalar()


def queues(connection: Connection) -> dict[str, Queue]:
    """State of each receiver's queue; receivers that never got anything are missing."""
    waiting = deliveries.c.state == "waiting"
    query = (
        select(
            deliveries.c.receiver,
            func.count().filter(waiting),
            func.count().filter(deliveries.c.state == "dead"),
            func.min(deliveries.c.queued_at_ms).filter(waiting),
        )
        .where(deliveries.c.state.in_(("waiting", "dead")))  # as the index has it: most are accepted
        .group_by(deliveries.c.receiver)
    )
    return {name: Queue(waiting, dead, oldest) for name, waiting, dead, oldest in connection.execute(query)}


def deliveries_of(connection: Connection, alert_ids: Sequence[str]) -> dict[str, list[Delivery]]:
    """Deliveries by alert, the oldest first."""
    query = select(deliveries).where(deliveries.c.alert_id.in_(alert_ids)).order_by(deliveries.c.delivery_id)
    found: dict[str, list[Delivery]] = {alert_id: [] for alert_id in alert_ids}
    for row in connection.execute(query).mappings():
        found[row["alert_id"]].append(_delivery(row))
    return found


def list_deliveries(
    connection: Connection, *, state: State | None = None, receiver: str | None = None, limit: int = 100
) -> list[Delivery]:
    """Deliveries, the newest first."""
    query = select(deliveries)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if receiver is not None:
        query = query.where(deliveries.c.receiver == receiver)
    rows = connection.execute(query.order_by(deliveries.c.delivery_id.desc()).limit(limit)).mappings()
    return [_delivery(row) for row in rows]


def _settle(connection: Connection, delivery: Delivery, **values: object) -> None:
    connection.execute(
        update(deliveries)
        .where(deliveries.c.delivery_id == delivery.delivery_id)
        .values(attempts=deliveries.c.attempts + 1, **values)
    )
    if delivery.alert_id:
        renumber_alert(connection, delivery.alert_id)


def _row(
    receiver: str,
    message_id: str,
    kind: Kind,
    *,
    now_ms: int,
    alert_id: str | None,
    body: Mapping[str, object] | None,
) -> dict[str, object]:
    return {
        "receiver": receiver,
        "message_id": message_id,
        "kind": kind,
        "alert_id": alert_id,
        "body": json.dumps(body or {}, separators=(",", ":")),
        "state": "waiting",
        "queued_at_ms": now_ms,
        "attempts": 0,
    }


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(
        delivery_id=row["delivery_id"],
        receiver=row["receiver"],
        message_id=row["message_id"],
        kind=row["kind"],
        alert_id=row["alert_id"],
        body=json.loads(row["body"]),
        state=row["state"],
        queued_at_ms=row["queued_at_ms"],
        attempts=row["attempts"],
        problem=row["problem"],
        settled_at_ms=row["settled_at_ms"],
        reference=row["reference"],
    )
