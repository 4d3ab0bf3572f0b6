"""SQL of positions: where intake continues in the alerts topic, and where it would have to begin without an outbox."""

from collections.abc import Collection

from sqlalchemy import func, or_, select

from alert_webhook.core.outbox.database import Connection, upsert
from alert_webhook.core.outbox.tables import alerts, deliveries, positions
from vigie_runtime.offsets import KeptOffset


def kept_offsets(connection: Connection, topic: str) -> dict[int, KeptOffset]:
    """Of the next record to take in, by partition."""
    query = select(positions).where(positions.c.topic == topic)
    return {row.partition: KeptOffset(row.next_offset, row.topic_id) for row in connection.execute(query)}


def keep_offset(connection: Connection, topic: str, partition: int, kept: KeptOffset) -> None:
    """Note it in the transaction that takes the records before it in."""
    key = {"topic": topic, "partition": partition}
    connection.execute(upsert(connection, positions, key, {"next_offset": kept.offset, "topic_id": kept.topic_id}))


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
