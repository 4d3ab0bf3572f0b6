"""Takes an alert in: keeps it, decides what people get to see of it, and puts what is to be said into the queues."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from alert_webhook.core.outbox.alerts import add_alert, known_alerts, take_turn
from alert_webhook.core.outbox.deliveries import SLACK, enqueue
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.digest import something_waits
from alert_webhook.core.triage.episodes import Episode, join_episode, open_episode
from alert_webhook.core.triage.rules import Surroundings, Verdict, VolumeRules, judge, rules_of
from alert_webhook.core.triage.slack_load import MINUTE_MS, alarm_is_queued, slack_load
from alert_webhook.core.triage.snoozes import snooze_of
from vigie_schemas import Alert

__all__ = ["Arrival", "VolumeRules", "admit", "rules_of"]

CANARY: Final = Verdict("suppressed", "canary")


@dataclass(frozen=True)
class Arrival:
    """An alert as it came from its topic."""

    alert: Alert
    received_at_ms: int
    written_at_ms: int
    partition: int
    offset: int


def admit(connection: Connection, arrival: Arrival, rules: VolumeRules, recipients: Recipients) -> bool:
    """Keep the alert and queue what is to be said of it, all in the caller's transaction; False when it was known."""
    alert, now_ms = arrival.alert, arrival.received_at_ms
    take_turn(connection)
    if known_alerts(connection, [alert.alert_id]):
        return False
    episode = open_episode(connection, alert.account_id, now_ms, rules)
    around = _surroundings(connection, alert, episode, now_ms, rules)
    verdict = judge(alert, now_ms, rules, around, to_slack=recipients.slack)
    is_left_out = verdict.handling == "suppressed"
    add_alert(
        connection,
        alert,
        received_at_ms=now_ms,
        written_at_ms=arrival.written_at_ms,
        partition=arrival.partition,
        offset=arrival.offset,
        handling=verdict.handling,
        cause=verdict.cause,
        # what nobody hears of must not keep an episode open
        episode_id=None if is_left_out else join_episode(connection, alert, episode, now_ms),
    )
    if verdict != CANARY:
        for name in recipients.webhooks:
            enqueue(connection, name, alert.alert_id, "alert", now_ms=now_ms, alert_id=alert.alert_id)
    if recipients.slack:
        _tell_people(connection, alert.alert_id, verdict, now_ms)
    return True


def _surroundings(
    connection: Connection, alert: Alert, episode: Episode | None, now_ms: int, rules: VolumeRules
) -> Surroundings:
    load = slack_load(connection, now_ms)
    return Surroundings(
        is_snoozed=snooze_of(connection, alert, now_ms) is not None,
        is_in_shown_episode=episode is not None and episode.root_alert_id is not None,
        messages=load.messages,
        everything=load.everything,
        digest_waits=something_waits(connection),
    )


def _tell_people(connection: Connection, alert_id: str, verdict: Verdict, now_ms: int) -> None:
    if verdict.handling == "message":
        enqueue(connection, SLACK, alert_id, "alert", now_ms=now_ms, alert_id=alert_id)
    elif verdict.handling == "thread":
        enqueue(connection, SLACK, alert_id, "thread", now_ms=now_ms, alert_id=alert_id)
    elif verdict.cause == "hard_cap" and not alarm_is_queued(connection):
        minute = now_ms // MINUTE_MS
        body = {"since_ms": minute * MINUTE_MS}
        enqueue(connection, SLACK, f"alarm:{minute}", "alarm", now_ms=now_ms, body=body)
