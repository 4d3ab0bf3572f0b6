"""SQL of positions: where intake continues in the alerts topic, and where it would have to begin without an outbox."""

from collections.abc import Collection

from sqlalchemy import func, or_, select

from alert_webhook.core.outbox.database import Connection, upsert
from alert_webhook.core.outbox.tables import alerts, deliveries, positions


def next_offsets(connection: Connection, topic: str) -> dict[int, int]:
    """Offset of the next record to take in, by partition."""
    query = select(positions.c.partition, positions.c.next_offset).where(positions.c.topic == topic)
    return {row.partition: row.next_offset for row in connection.execute(query)}


def keep_next_offset(connection: Connection, topic: str, partition: int, next_offset: int) -> None:
    """Note it in the transaction that takes the records before it in."""
    key = {"topic": topic, "partition": partition}
    connection.execute(upsert(connection, positions, key, {"next_offset": next_offset}))


def oldest_pending_offsets(connection: Connection, receivers: Collection[str]) -> dict[int, int]:
    """By partition, the lowest offset of an alert that one of these receivers has not accepted yet.

    It may wait itself, in a digest that waits, or for a digest that is still to be made.
    """
    waiting = (deliveries.c.receiver.in_(receivers), deliveries.c.state == "waiting")
    alone = select(deliveries.c.alert_id).where(*waiting, deliveries.c.kind.in_(("alert", "thread")))
    digests = select(deliveries.c.message_id).where(*waiting, deliveries.c.kind == "digest")
    is_pending = or_(
        alerts.c.alert_id.in_(alone),
        alerts.c.digest_id.in_(digests),
        (alerts.c.handling == "digest") & alerts.c.digest_id.is_(None),
    )
    query = select(alerts.c.partition, func.min(alerts.c.offset).label("lowest")).where(is_pending)
    return {row.partition: row.lowest for row in connection.execute(query.group_by(alerts.c.partition))}
