"""Digests: one message for all alerts that were held back."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select, true, update

from alert_webhook.core.outbox.alerts import next_revision, take_turn
from alert_webhook.core.outbox.deliveries import SLACK, enqueue
from alert_webhook.core.outbox.tables import WAITS_FOR_DIGEST, alerts
from alert_webhook.core.triage.rules import VolumeRules
from alert_webhook.core.triage.slack_load import digest_is_queued, slack_load

_IS_OF_THE_NIGHT = alerts.c.cause == "quiet_hours"


@dataclass(frozen=True)
class Held:
    """Alerts that may be told of now."""

    number: int
    of_the_night: int
    """How many of them quiet hours kept."""
    oldest_at_ms: int | None


def is_due(held: Held, now_ms: int, rules: VolumeRules) -> bool:
    """Whether their digest is due: at once after quiet hours, else when the oldest has waited long enough."""
    if held.oldest_at_ms is None:
        return False
    return held.of_the_night > 0 or now_ms - held.oldest_at_ms >= rules.digest_ms


def make_due_digest(connection: Connection, rules: VolumeRules, *, now_ms: int) -> bool:
    """Queue one digest of all that is held, when it is due and Slack has room for it; whether it was.

    While one still waits for Slack no other is made: after an outage a single one tells of the whole of it.
    """
    is_quiet = rules.quiet_hours is not None and rules.quiet_hours.include(now_ms)
    may_be_told = and_(WAITS_FOR_DIGEST, ~_IS_OF_THE_NIGHT if is_quiet else true())
    if not is_due(_held(connection, may_be_told), now_ms, rules):
        return False
    take_turn(connection)  # from here on no alert may come in between
    held = _held(connection, may_be_told)
    has_room = slack_load(connection, now_ms).everything < rules.most_per_minute
    if not has_room or digest_is_queued(connection) or not is_due(held, now_ms, rules):
        return False
    digest_id = _assign(connection, may_be_told, held.number)
    return enqueue(connection, SLACK, digest_id, "digest", now_ms=now_ms)


def something_waits(connection: Connection) -> bool:
    """Whether an alert waits for a digest."""
    return connection.execute(select(alerts.c.alert_id).where(WAITS_FOR_DIGEST).limit(1)).first() is not None


def _held(connection: Connection, may_be_told: ColumnElement[bool]) -> Held:
    of_the_night = func.count().filter(_IS_OF_THE_NIGHT)
    query = select(func.count(), of_the_night, func.min(alerts.c.received_at_ms)).where(may_be_told)
    return Held(*connection.execute(query).one())


def _assign(connection: Connection, may_be_told: ColumnElement[bool], number: int) -> str:
    """Give all of them to a new digest, named after the first; the digest's id."""
    order = (alerts.c.received_at_ms, alerts.c.partition, alerts.c.offset)
    first = select(alerts.c.alert_id).where(may_be_told).order_by(*order).limit(1)
    digest_id = f"digest:{connection.execute(first).scalar_one()}"
    # each a revision of its own, in one statement: pages go on after the last one they have seen
    place = func.row_number().over(order_by=order).label("place")
    ranked = select(alerts.c.alert_id, place).where(may_be_told).subquery()
    before = next_revision(connection, number) - number
    changed = {"digest_id": digest_id, "revision": before + ranked.c.place}
    connection.execute(update(alerts).where(alerts.c.alert_id == ranked.c.alert_id).values(**changed))
    return digest_id
