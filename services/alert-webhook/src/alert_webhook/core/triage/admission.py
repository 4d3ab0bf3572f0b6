"""Takes alerts in: keeps each, decides what people see of it, and puts its messages into the receivers' queues."""

from collections.abc import Sequence
from typing import Final

from alert_webhook.core.alerts import Arrival, TriageResult
from alert_webhook.core.deliveries import SLACK, Kind
from alert_webhook.core.outbox.alerts import add_alert, known_alerts, next_revision, take_turn
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.deliveries import enqueue, enqueue_alert
from alert_webhook.core.outbox.episodes import Episode, extend_episode, latest_episode, open_episode
from alert_webhook.core.outbox.slack_load import MINUTE_MS, is_queued_for_slack, slack_load
from alert_webhook.core.outbox.snoozes import snooze_of
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.rules import Surroundings, VolumeRules, is_open, triage
from vigie_schemas import Alert

UNLIMITED: Final = TriageResult("message")
KIND: Final[dict[str, Kind]] = {"message": "alert", "thread": "thread"}
"""By handling, the kind of Slack's message; the others get none of their own."""


def admit(
    connection: Connection, arrivals: Sequence[Arrival], rules: VolumeRules, recipients: Recipients
) -> list[TriageResult]:
    """Keep the alerts that are new and queue their messages, in the caller's transaction; a result for each new one."""
    results: list[TriageResult] = []
    for arrival, revision in _new_ones(connection, arrivals):
        alert, now_ms = arrival.alert, arrival.received_at_ms
        episode = latest_episode(connection, alert.account_id)
        if episode is not None and not is_open(episode.opened_at_ms, episode.last_alert_at_ms, now_ms, rules):
            episode = None
        around = _surroundings(connection, alert, episode, now_ms)
        result = triage(alert, now_ms, rules, around, to_slack=recipients.slack)
        # what no one sees must not keep an episode open
        episode_id = None if result.handling == "suppressed" else _join(connection, alert, episode, now_ms)
        add_alert(connection, arrival, result, revision=revision, episode_id=episode_id)
        _queue(connection, alert, result, recipients, now_ms)
        results.append(result)
    return results


def admit_unlimited(connection: Connection, arrivals: Sequence[Arrival], recipients: Recipients) -> list[TriageResult]:
    """Keep the alerts that are new and queue each for every receiver: what is done where the rules fail."""
    results: list[TriageResult] = []
    for arrival, revision in _new_ones(connection, arrivals):
        add_alert(connection, arrival, UNLIMITED, revision=revision, episode_id=None)
        kinds: dict[str, Kind] = dict.fromkeys(recipients.names, "alert")
        enqueue_alert(connection, arrival.alert.alert_id, kinds, now_ms=arrival.received_at_ms)
        results.append(UNLIMITED)
    return results


def _new_ones(connection: Connection, arrivals: Sequence[Arrival]) -> list[tuple[Arrival, int]]:
    """Each alert that is not known yet, once, with its revision."""
    by_id: dict[str, Arrival] = {}
    for arrival in arrivals:
        by_id.setdefault(arrival.alert.alert_id, arrival)
    take_turn(connection)
    known = known_alerts(connection, by_id.keys())
    new = [arrival for alert_id, arrival in by_id.items() if alert_id not in known]
    last_revision = next_revision(connection, len(new))
    return list(zip(new, range(last_revision - len(new) + 1, last_revision + 1), strict=True))


def _surroundings(connection: Connection, alert: Alert, episode: Episode | None, now_ms: int) -> Surroundings:
    load = slack_load(connection, now_ms)
    return Surroundings(
        is_snoozed=snooze_of(connection, alert, now_ms) is not None,
        is_in_shown_episode=episode is not None and episode.root_alert_id is not None,
        messages=load.messages,
        everything=load.everything,
        digest_waits=load.digest_waits,
    )


def _join(connection: Connection, alert: Alert, episode: Episode | None, now_ms: int) -> str:
    """Count the alert to the open episode or open one with it; the episode's id."""
    if episode is None:
        return open_episode(connection, alert, now_ms)
    return extend_episode(connection, episode.episode_id, now_ms)


def _queue(connection: Connection, alert: Alert, result: TriageResult, recipients: Recipients, now_ms: int) -> None:
    # machines get each alert but the system's own test transactions
    kinds: dict[str, Kind] = {} if result.cause == "canary" else dict.fromkeys(recipients.webhooks, "alert")
    if recipients.slack and result.handling in KIND:
        kinds[SLACK] = KIND[result.handling]
    enqueue_alert(connection, alert.alert_id, kinds, now_ms=now_ms)
    if recipients.slack and result.cause == "hard_cap" and not is_queued_for_slack(connection, "alarm"):
        minute = now_ms // MINUTE_MS
        body = {"since_ms": minute * MINUTE_MS}
        enqueue(connection, SLACK, f"alarm:{minute}", "alarm", now_ms=now_ms, body=body)
