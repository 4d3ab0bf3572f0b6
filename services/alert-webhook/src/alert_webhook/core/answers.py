"""An analyst's answer: kept once per alert and person, and passed on as a label."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, select, update

from alert_webhook.core.outbox.alerts import StoredAlert, find_alert, next_revision
from alert_webhook.core.outbox.deliveries import LABELS, SLACK, enqueue
from alert_webhook.core.outbox.tables import alerts, decisions, snoozes
from alert_webhook.core.outbox.upsert import upsert
from alert_webhook.core.recipients import Recipients
from alert_webhook.errors import UnknownAlertError
from vigie_schemas import SCHEMA_VERSION, Alert, Label

Channel = Literal["slack", "page", "api"]

LONGEST_PERSON: Final = 64
NO_REASON: Final = "no_reason"
"""Stands for the first reason of an alert that names none."""


@dataclass(frozen=True)
class Person:
    """Who answers, and from where."""

    name: str
    """Never changes: by it a repeated answer is recognised, and it stands in the label."""
    channel: Channel
    display_name: str | None = None
    """What other people call them, where that is known."""

    @property
    def shown(self) -> str:
        """For other people to read."""
        return f"{self.display_name} ({self.name})" if self.display_name else self.name


def decide(
    connection: Connection,
    alert_id: str,
    person: Person,
    *,
    is_fraud: bool,
    now_ms: int,
    recipients: Recipients,
    response_url: str | None = None,
) -> bool:
    """Keep the answer and queue its label; False when this person had already said so. Raise UnknownAlertError.

    `response_url`: where Slack lets the message be changed, for half an hour.
    """
    stored = _find(connection, alert_id)
    key = {"alert_id": alert_id, "person": person.name}
    query = select(decisions.c.is_fraud).filter_by(**key)
    if connection.execute(query).scalar() == is_fraud:
        return False
    fields = {"is_fraud": is_fraud, "decided_at_ms": now_ms, "channel": person.channel}
    connection.execute(upsert(connection, decisions, key, fields))
    revision = next_revision(connection)
    decided = {"is_fraud": is_fraud, "decided_by": person.shown, "decided_at_ms": now_ms, "revision": revision}
    connection.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(**decided))
    label = _label(stored, person, is_fraud=is_fraud, now_ms=now_ms)
    message_id = f"label:{alert_id}:{revision}"
    enqueue(connection, LABELS, message_id, "label", now_ms=now_ms, alert_id=alert_id, body=label.model_dump())
    facts = {"is_fraud": is_fraud, "decided_by": person.name, "decided_at_ms": now_ms}
    _tell(connection, stored, revision, recipients, facts, now_ms=now_ms, response_url=response_url)
    return True


def snooze(
    connection: Connection,
    alert_id: str,
    person: Person,
    *,
    hours: float,
    now_ms: int,
    recipients: Recipients,
    response_url: str | None = None,
) -> int:
    """Silence the account's alerts with this alert's first reason; until when. Raise UnknownAlertError."""
    stored = _find(connection, alert_id)
    until_ms = now_ms + round(hours * 3_600_000)
    key = {"account_id": stored.alert.account_id, "feature": first_reason(stored.alert)}
    fields = {"until_ms": until_ms, "person": person.shown, "alert_id": alert_id}
    connection.execute(upsert(connection, snoozes, key, fields))
    revision = next_revision(connection)
    connection.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(revision=revision))
    facts = {"snoozed_until_ms": until_ms, "snoozed_by": person.name, "snoozed_at_ms": now_ms}
    _tell(connection, stored, revision, recipients, facts, now_ms=now_ms, response_url=response_url)
    return until_ms


def first_reason(alert: Alert) -> str:
    """The feature that says most."""
    return alert.reasons[0].feature if alert.reasons else NO_REASON


def _find(connection: Connection, alert_id: str) -> StoredAlert:
    stored = find_alert(connection, alert_id)
    if stored is None:
        raise UnknownAlertError(alert_id)
    return stored


def _label(stored: StoredAlert, person: Person, *, is_fraud: bool, now_ms: int) -> Label:
    return Label(
        schema_version=SCHEMA_VERSION,
        transaction_id=stored.alert.transaction.transaction_id,
        account_id=stored.alert.account_id,
        is_fraud=is_fraud,
        scenario=None,
        source="analyst",
        labelled_at_ms=now_ms,
        labelled_by=person.name[:LONGEST_PERSON],
    )


def _tell(
    connection: Connection,
    stored: StoredAlert,
    revision: int,
    recipients: Recipients,
    facts: Mapping[str, object],
    *,
    now_ms: int,
    response_url: str | None,
) -> None:
    """Everybody who was told of the alert hears of the answer; machines get it as it was given, even if it changes."""
    alert_id = stored.alert.alert_id
    was_shown = stored.handling in ("message", "thread")
    message_id = f"decision:{alert_id}:{revision}"
    if recipients.slack and was_shown:
        # for Slack alone: whoever has the address may change the message
        body = {} if response_url is None else {"response_url": response_url}
        enqueue(connection, SLACK, message_id, "decision", now_ms=now_ms, alert_id=alert_id, body=body)
    for name in recipients.webhooks:
        enqueue(connection, name, message_id, "decision", now_ms=now_ms, alert_id=alert_id, body=facts)
