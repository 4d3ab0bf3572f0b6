"""An analyst's answer: kept once per alert and person, and published as a label."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from alert_webhook.core.alerts import StoredAlert, first_reason
from alert_webhook.core.deliveries import LABELS, SLACK
from alert_webhook.core.outbox.alerts import get_alert, renumber_alert
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.decisions import decision_of, put_decision, set_decision
from alert_webhook.core.outbox.deliveries import enqueue
from alert_webhook.core.outbox.snoozes import Snooze, put_snooze
from alert_webhook.core.recipients import Recipients
from vigie_schemas import SCHEMA_VERSION, Label

Channel = Literal["slack", "page", "api"]

MAX_PERSON_LENGTH: Final = 64
"""Characters of a label's `labelled_by`, as its contract has it."""
HOUR_MS: Final = 3_600_000


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
    stored = get_alert(connection, alert_id)
    if decision_of(connection, alert_id, person.name) == is_fraud:
        return False
    put_decision(connection, alert_id, person.name, is_fraud=is_fraud, channel=person.channel, now_ms=now_ms)
    revision = set_decision(connection, alert_id, is_fraud=is_fraud, decided_by=person.shown, decided_at_ms=now_ms)
    label = _label(stored, person, is_fraud=is_fraud, now_ms=now_ms)
    message_id = f"label:{alert_id}:{revision}"
    enqueue(connection, LABELS, message_id, "label", now_ms=now_ms, alert_id=alert_id, body=label.model_dump())
    facts = {"is_fraud": is_fraud, "decided_by": person.name, "decided_at_ms": now_ms}
    _queue(connection, stored, revision, recipients, facts, now_ms=now_ms, response_url=response_url)
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
    stored = get_alert(connection, alert_id)
    until_ms = now_ms + round(hours * HOUR_MS)
    reason = first_reason(stored.alert)
    put_snooze(connection, Snooze(stored.alert.account_id, reason, until_ms, person.shown, alert_id))
    revision = renumber_alert(connection, alert_id)
    facts = {"snoozed_until_ms": until_ms, "snoozed_by": person.name, "snoozed_at_ms": now_ms}
    _queue(connection, stored, revision, recipients, facts, now_ms=now_ms, response_url=response_url)
    return until_ms


def _label(stored: StoredAlert, person: Person, *, is_fraud: bool, now_ms: int) -> Label:
    transaction = stored.alert.transaction
    return Label(
        schema_version=SCHEMA_VERSION,
        transaction_id=transaction.transaction_id,
        account_id=stored.alert.account_id,
        is_fraud=is_fraud,
        scenario=None,
        source="analyst",
        labelled_at_ms=now_ms,
        labelled_by=person.name[:MAX_PERSON_LENGTH],
        timestamp_ms=transaction.timestamp_ms,
        counterparty_id=transaction.counterparty_id,
    )


def _queue(
    connection: Connection,
    stored: StoredAlert,
    revision: int,
    recipients: Recipients,
    facts: Mapping[str, object],
    *,
    now_ms: int,
    response_url: str | None,
) -> None:
    """Send the answer to all who got the alert; machines get it as it was given, even if it changes later."""
    alert_id = stored.alert.alert_id
    was_shown = stored.handling in ("message", "thread")
    message_id = f"decision:{alert_id}:{revision}"
    if recipients.slack and was_shown:
        # for Slack alone: whoever has the address may change the message
        body = {} if response_url is None else {"response_url": response_url}
        enqueue(connection, SLACK, message_id, "decision", now_ms=now_ms, alert_id=alert_id, body=body)
    for name in recipients.webhooks:
        enqueue(connection, name, message_id, "decision", now_ms=now_ms, alert_id=alert_id, body=facts)
