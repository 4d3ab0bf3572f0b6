"""Alerts as this service knows them: how one arrives, what becomes of it, and where it can be seen."""

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, urlencode

from vigie_schemas import Alert, Severity

Handling = Literal["message", "thread", "digest", "suppressed"]
"""What people see of it: a message of its own, a reply in its episode's thread, a line of a digest, nothing."""

Cause = Literal["severity_floor", "quiet_hours", "snoozed", "rate", "hard_cap", "episode", "canary"]
"""Why it is less than a message of its own."""

SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high")
ACCOUNT_DASHBOARD: Final = "vigie-account"  # its uid in services/grafana-provisioning
SHOWN_BEFORE_MS: Final = 24 * 3_600_000
SHOWN_AFTER_MS: Final = 3_600_000
NO_REASON: Final = "no_reason"
"""Stands for the first reason of an alert that names none."""


@dataclass(frozen=True)
class Arrival:
    """An alert as it came from its topic."""

    alert: Alert
    received_at_ms: int
    written_at_ms: int
    """Kafka's time stamp, from which delivery latency is measured."""
    partition: int
    offset: int


@dataclass(frozen=True)
class TriageResult:
    """What people see of an alert, and why it is less than a message of its own."""

    handling: Handling
    cause: Cause | None = None


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


def is_less_severe(severity: Severity, than: Severity) -> bool:
    """Whether it ranks below."""
    return SEVERITIES.index(severity) < SEVERITIES.index(than)


def first_reason(alert: Alert) -> str:
    """The feature that contributes most."""
    return alert.reasons[0].feature if alert.reasons else NO_REASON


def page_link(page_url: str, alert: Alert) -> str:
    """Address of the live page, opened at the alert."""
    return f"{page_url.rstrip('/')}/?alert={quote(alert.alert_id, safe='')}"


def grafana_link(grafana_url: str | None, alert: Alert) -> str | None:
    """Address of the account's dashboard around the alert's time; None without Grafana."""
    if grafana_url is None:
        return None
    at_ms = alert.transaction.timestamp_ms
    query = {"var-account": alert.account_id, "from": at_ms - SHOWN_BEFORE_MS, "to": at_ms + SHOWN_AFTER_MS}
    return f"{grafana_url.rstrip('/')}/d/{ACCOUNT_DASHBOARD}?{urlencode(query)}"
