"""How much Slack was given lately."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select, union_all

from alert_webhook.core.outbox.deliveries import SLACK, Kind
from alert_webhook.core.outbox.tables import deliveries

MINUTE_MS: Final = 60_000
MESSAGES: Final[tuple[Kind, ...]] = ("alert", "thread", "digest", "operations")
"""What people see as something new. Decisions change a message that is there; the alarm tells of the limit itself."""


@dataclass(frozen=True)
class SlackLoad:
    """Messages that Slack took within the last minute, and those that wait: they may come at any moment, all at once.

    Counted so, no minute sees more of them than the limit that is held when one is queued, outages included.
    """

    messages: int
    everything: int


def slack_load(connection: Connection, now_ms: int) -> SlackLoad:
    """New alerts, and everything that people see."""
    # two halves, each with an index of its own; with `or` SQLite would read all that Slack ever got
    kinds = select(deliveries.c.kind).where(deliveries.c.receiver == SLACK, deliveries.c.kind.in_(MESSAGES))
    waiting = kinds.where(deliveries.c.state == "waiting")
    recent = kinds.where(deliveries.c.settled_at_ms > now_ms - MINUTE_MS)
    seen = union_all(waiting, recent).subquery()
    query = select(func.count().filter(seen.c.kind == "alert"), func.count()).select_from(seen)
    return SlackLoad(*connection.execute(query).one())


def digest_is_queued(connection: Connection) -> bool:
    """Whether Slack has not yet taken the last digest."""
    return _waits(connection, "digest")


def alarm_is_queued(connection: Connection) -> bool:
    """Whether Slack has not yet taken the last alarm."""
    return _waits(connection, "alarm")


def _waits(connection: Connection, kind: Kind) -> bool:
    query = select(deliveries.c.delivery_id).where(
        deliveries.c.receiver == SLACK, deliveries.c.state == "waiting", deliveries.c.kind == kind
    )
    return connection.execute(query.limit(1)).first() is not None
