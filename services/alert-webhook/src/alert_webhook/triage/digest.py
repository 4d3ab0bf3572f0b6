"""Lists of held alerts."""

from sqlalchemy import Connection

from alert_webhook.triage.admission import VolumeRules


def make_due_digest(connection: Connection, rules: VolumeRules, *, now_ms: int) -> bool:
    """Whether a digest was queued."""
    return False
