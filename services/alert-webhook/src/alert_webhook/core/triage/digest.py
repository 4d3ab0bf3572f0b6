"""When a digest is made: one message for all alerts that were held back."""

from alert_webhook.core.deliveries import SLACK
from alert_webhook.core.outbox.alerts import take_turn
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.deliveries import enqueue
from alert_webhook.core.outbox.digests import HeldAlerts, held_alerts, make_digest
from alert_webhook.core.outbox.slack_load import is_queued_for_slack, slack_load
from alert_webhook.core.triage.rules import VolumeRules


def is_due(held: HeldAlerts, now_ms: int, rules: VolumeRules) -> bool:
    """Whether their digest is due: at once after quiet hours, else when the oldest has waited long enough."""
    if held.oldest_at_ms is None:
        return False
    return held.from_quiet_hours > 0 or now_ms - held.oldest_at_ms >= rules.digest_ms


def make_due_digest(connection: Connection, rules: VolumeRules, *, now_ms: int) -> bool:
    """Queue one digest of all that is held, when it is due and Slack has room for it; whether it was.

    While one still waits for Slack no other is made: after an outage a single one lists the whole of it.
    """
    is_quiet = rules.quiet_hours is not None and rules.quiet_hours.include(now_ms)
    if not is_due(held_alerts(connection, is_quiet=is_quiet), now_ms, rules):
        return False
    take_turn(connection)  # from here on no alert may come in between
    held = held_alerts(connection, is_quiet=is_quiet)
    has_room = slack_load(connection, now_ms).everything < rules.most_per_minute
    if not has_room or is_queued_for_slack(connection, "digest") or not is_due(held, now_ms, rules):
        return False
    digest_id = make_digest(connection, held.number, is_quiet=is_quiet)
    return enqueue(connection, SLACK, digest_id, "digest", now_ms=now_ms)
