"""What people see of an alert: pure decisions, from what is known when it arrives (docs/adr/0011)."""

from dataclasses import dataclass

from alert_webhook.core.alerts import Cause, TriageResult, is_less_severe
from alert_webhook.core.triage.quiet_hours import QuietHours, quiet_hours_of
from alert_webhook.settings import AlertWebhookSettings
from vigie_schemas import Alert, Severity, is_canary


@dataclass(frozen=True)
class VolumeRules:
    """The limits of what people are sent."""

    severity_floor: Severity
    quiet_hours: QuietHours | None
    quiet_severity: Severity
    episode_ms: int
    longest_episode_ms: int
    has_threads: bool
    """Whether later alerts of an episode can be replies; incoming webhooks have none."""
    messages_per_minute: int
    most_per_minute: int
    digest_ms: int


@dataclass(frozen=True)
class Surroundings:
    """What the outbox knows at the moment an alert arrives."""

    is_snoozed: bool
    is_in_shown_episode: bool
    """An episode of its account is open and has a message of its own."""
    messages: int
    """New alerts that Slack accepted within the last minute or that wait for it."""
    everything: int
    """All messages to Slack, counted in the same way."""
    digest_waits: bool
    """Some alert waits for a digest."""


def rules_of(settings: AlertWebhookSettings) -> VolumeRules:
    """The limits as the settings have them."""
    return VolumeRules(
        severity_floor=settings.severity_floor,
        quiet_hours=quiet_hours_of(settings),
        quiet_severity=settings.quiet_severity,
        episode_ms=round(settings.episode_minutes * 60_000),
        longest_episode_ms=round(settings.longest_episode_minutes * 60_000),
        has_threads=settings.slack_bot_token is not None,
        messages_per_minute=settings.messages_per_minute,
        most_per_minute=settings.most_per_minute,
        digest_ms=round(settings.digest_seconds * 1000),
    )


def suppressing_cause(alert: Alert, rules: VolumeRules, *, is_snoozed: bool) -> Cause | None:
    """Why people see nothing of it, whatever else is going on; None: they do."""
    if is_canary(alert.account_id):
        return "canary"  # the system's own test transactions must wake no one
    if is_less_severe(alert.severity, rules.severity_floor):
        return "severity_floor"
    return "snoozed" if is_snoozed else None


def triage(alert: Alert, at_ms: int, rules: VolumeRules, around: Surroundings, *, to_slack: bool) -> TriageResult:
    """Decide about an alert that arrives at `at_ms`. Without Slack no person is disturbed, so nothing is held back."""
    cause = suppressing_cause(alert, rules, is_snoozed=around.is_snoozed)
    if cause is not None:
        return TriageResult("suppressed", cause)
    if not to_slack:
        return TriageResult("message")
    if is_held_by_quiet_hours(alert.severity, at_ms, rules):
        return TriageResult("digest", "quiet_hours")
    if around.is_in_shown_episode and not rules.has_threads:
        return TriageResult("digest", "episode")
    if not around.is_in_shown_episode and around.messages >= rules.messages_per_minute:
        return TriageResult("digest", "rate")
    # one place is the digest's while something waits for it: a flood would take every place that gets free
    if around.everything >= rules.most_per_minute - around.digest_waits:
        return TriageResult("digest", "hard_cap")
    return TriageResult("thread" if around.is_in_shown_episode else "message")


def is_held_by_quiet_hours(severity: Severity, at_ms: int, rules: VolumeRules) -> bool:
    """Whether it is quiet and the alert not severe enough to break it."""
    quiet = rules.quiet_hours is not None and rules.quiet_hours.include(at_ms)
    return quiet and is_less_severe(severity, rules.quiet_severity)


def is_open(opened_at_ms: int, last_alert_at_ms: int, at_ms: int, rules: VolumeRules) -> bool:
    """Whether an episode still takes an alert that arrives at `at_ms`."""
    is_silent = at_ms - last_alert_at_ms > rules.episode_ms
    return not is_silent and at_ms - opened_at_ms <= rules.longest_episode_ms
