"""SQL of the limits on Slack: what it was sent lately and what waits for it."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, func, select, union_all

from alert_webhook.core.deliveries import SLACK, Kind
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.tables import WAITS_FOR_DIGEST, alerts, deliveries

MINUTE_MS: Final = 60_000
MESSAGES: Final[tuple[Kind, ...]] = ("alert", "thread", "digest", "operations", "challenger")
"""What people see as something new. Decisions change a message that is there; the alarm reports the limit itself."""


@dataclass(frozen=True)
class SlackLoad:
    """Messages that Slack accepted within the last minute, and those that wait: they may come at any moment, at once.

    Counted so, no minute sees more of them than the limit that is held when one is queued, outages included.
    """

    messages: int
    """New alerts."""
    everything: int
    """All messages."""
    digest_waits: bool
    """Some alert waits for a digest."""


def slack_load(connection: Connection, now_ms: int) -> SlackLoad:
    """The load at this moment."""
    # two halves, each with an index of its own; with `or` SQLite would read all that Slack ever got
    kinds = select(deliveries.c.kind).where(deliveries.c.receiver == SLACK, deliveries.c.kind.in_(MESSAGES))
    waiting = kinds.where(deliveries.c.state == "waiting")
    recent = kinds.where(deliveries.c.settled_at_ms > now_ms - MINUTE_MS)
    seen = union_all(waiting, recent).subquery()
    digest_waits = exists(select(alerts.c.alert_id).where(WAITS_FOR_DIGEST))
    query = select(func.count().filter(seen.c.kind == "alert"), func.count(), digest_waits).select_from(seen)
    messages, everything, waits = connection.execute(query).one()
    return SlackLoad(messages, everything, bool(waits))


def is_queued_for_slack(connection: Connection, kind: Kind) -> bool:
    """Whether Slack has not yet accepted the last message of this kind."""
    query = select(deliveries.c.delivery_id).where(
        deliveries.c.receiver == SLACK, deliveries.c.state == "waiting", deliveries.c.kind == kind
    )
    return connection.execute(query.limit(1)).first() is not None


def held_by_cap(connection: Connection, since_ms: int) -> int:
    """Alerts received since then that the hard cap held back."""
    query = select(func.count()).where(alerts.c.cause == "hard_cap", alerts.c.received_at_ms >= since_ms)
    return connection.execute(query).scalar_one()
