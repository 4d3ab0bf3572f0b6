"""What people get to see of an alert: each rule alone, and which comes first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from alert_webhook.core.alerts import TriageResult
from alert_webhook.core.triage.quiet_hours import QuietHours
from alert_webhook.core.triage.rules import Surroundings, VolumeRules, is_open, rules_of, triage
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import load_settings
from vigie_schemas import Alert, Severity

NOON_MS: Final = 1_780_056_000_000  # 2026-05-29 12:00 UTC
RULES: Final = VolumeRules(
    severity_floor="low",
    quiet_hours=None,
    quiet_severity="high",
    episode_ms=1_800_000,
    longest_episode_ms=14_400_000,
    has_threads=True,
    messages_per_minute=10,
    most_per_minute=30,
    digest_ms=300_000,
)
CALM: Final = Surroundings(is_snoozed=False, is_in_shown_episode=False, messages=0, everything=0, digest_waits=False)
QUIET_NOON: Final = QuietHours(time(11), time(13), ZoneInfo("UTC"))


@pytest.fixture
def alert(alert_of: Callable[[str], Alert]) -> Alert:
    return alert_of("t1").model_copy(update={"severity": "medium"})


def shown(
    alert: Alert, rules: VolumeRules = RULES, around: Surroundings = CALM, *, to_slack: bool = True
) -> TriageResult:
    return triage(alert, NOON_MS, rules, around, to_slack=to_slack)


def test_an_alert_on_a_calm_day_is_a_message(alert: Alert) -> None:
    assert shown(alert) == TriageResult("message", None)


def test_a_canary_is_not_shown(alert: Alert) -> None:
    transaction = alert.transaction.model_copy(update={"account_id": "canary-1"})

    assert shown(alert.model_copy(update={"transaction": transaction})) == TriageResult("suppressed", "canary")


@pytest.mark.parametrize(
    ("severity", "floor", "is_below"),
    [("low", "medium", True), ("medium", "medium", False), ("high", "medium", False), ("medium", "high", True)],
)
def test_less_than_the_floor_is_left_out(alert: Alert, severity: Severity, floor: Severity, is_below: bool) -> None:
    found = shown(alert.model_copy(update={"severity": severity}), replace(RULES, severity_floor=floor))

    assert found == (TriageResult("suppressed", "severity_floor") if is_below else TriageResult("message"))


def test_a_snoozed_reason_is_left_out(alert: Alert) -> None:
    assert shown(alert, around=replace(CALM, is_snoozed=True)) == TriageResult("suppressed", "snoozed")


def test_quiet_hours_hold_what_is_not_severe_enough(alert: Alert) -> None:
    quiet = replace(RULES, quiet_hours=QUIET_NOON)

    assert shown(alert, quiet) == TriageResult("digest", "quiet_hours")
    assert shown(alert.model_copy(update={"severity": "high"}), quiet) == TriageResult("message")
    assert shown(alert, replace(quiet, quiet_severity="medium")) == TriageResult("message")


def test_a_later_alert_of_an_episode_is_a_reply_where_there_are_threads(alert: Alert) -> None:
    later = replace(CALM, is_in_shown_episode=True, messages=10)

    assert shown(alert, around=later) == TriageResult("thread"), "the rate is of new messages only"
    assert shown(alert, replace(RULES, has_threads=False), later) == TriageResult("digest", "episode")


def test_messages_above_the_rate_become_lines_of_a_digest(alert: Alert) -> None:
    assert shown(alert, around=replace(CALM, messages=9, everything=9)) == TriageResult("message")
    assert shown(alert, around=replace(CALM, messages=10, everything=10)) == TriageResult("digest", "rate")


def test_the_hard_cap_holds_replies_too(alert: Alert) -> None:
    flood = replace(CALM, is_in_shown_episode=True, everything=30)

    assert shown(alert, around=flood) == TriageResult("digest", "hard_cap")
    assert shown(alert, around=replace(flood, everything=29)) == TriageResult("thread")
    assert shown(alert, around=replace(flood, is_in_shown_episode=False)) == TriageResult("digest", "hard_cap")


def test_a_flood_leaves_one_place_for_the_digest(alert: Alert) -> None:
    flood = replace(CALM, is_in_shown_episode=True, everything=29, digest_waits=True)

    assert shown(alert, around=flood) == TriageResult("digest", "hard_cap")
    assert shown(alert, around=replace(flood, everything=28)) == TriageResult("thread")


def test_without_slack_only_what_is_suppressed_is_held_back(alert: Alert) -> None:
    quiet = replace(RULES, quiet_hours=QUIET_NOON)
    flood = replace(CALM, is_in_shown_episode=True, messages=99, everything=99)

    assert shown(alert, quiet, flood, to_slack=False) == TriageResult("message")
    assert shown(alert, quiet, replace(flood, is_snoozed=True), to_slack=False) == TriageResult("suppressed", "snoozed")


@pytest.mark.parametrize(
    ("minutes_since_first", "minutes_since_last", "is_still_open"),
    [(0, 0, True), (30, 30, True), (31, 31, False), (240, 5, True), (241, 1, False)],
)
def test_an_episode_ends_by_silence_or_by_age(
    minutes_since_first: int, minutes_since_last: int, is_still_open: bool
) -> None:
    opened, last = (NOON_MS - minutes * 60_000 for minutes in (minutes_since_first, minutes_since_last))

    assert is_open(opened, last, NOON_MS, RULES) is is_still_open


def test_the_settings_make_these_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules_of(load_settings(AlertWebhookSettings)) == replace(RULES, has_threads=False)

    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_CHANNEL", "C1")
    monkeypatch.setenv("VIGIE_QUIET_HOURS", "11:00-13:00")

    assert rules_of(load_settings(AlertWebhookSettings)) == replace(RULES, quiet_hours=QUIET_NOON)
