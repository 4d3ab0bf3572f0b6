"""A challenger that waits for a person: people in Slack are asked, and what they say goes to the trainer."""

from typing import Final

from alert_webhook.core.answers import Person
from alert_webhook.core.deliveries import LABELS, SLACK
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.deliveries import enqueue, was_queued
from vigie_schemas import SCHEMA_VERSION, Approval, ShadowReport

MAX_AGE_MS: Final = 3_600_000
"""Of a report that people hear of: an outbox that is new must not ask what was answered long ago."""
DECIDED: Final = ":decided"


def queue_report(connection: Connection, report: ShadowReport, *, now_ms: int) -> None:
    """Ask once whether the challenger may serve; who was asked also hears what became of it."""
    if now_ms - report.at_ms > MAX_AGE_MS:
        return
    question = f"challenger:{report.challenger_version}:{report.since_ms}"
    body = report.model_dump(mode="json", exclude={"one_sided"})
    if report.state == "awaiting_approval":
        enqueue(connection, SLACK, question, "challenger", now_ms=now_ms, body=body)
    elif report.state != "watching" and was_queued(connection, SLACK, question):
        enqueue(connection, SLACK, f"{question}{DECIDED}", "challenger", now_ms=now_ms, body=body)


def queue_approval(
    connection: Connection, challenger_version: int, person: Person, *, is_approved: bool, why: str, now_ms: int
) -> None:
    """Keep a person's word until Kafka has it; the trainer says whether it counts."""
    approval = Approval(
        schema_version=SCHEMA_VERSION,
        challenger_version=challenger_version,
        is_approved=is_approved,
        by=person.name,
        why=why,
        at_ms=now_ms,
    )
    message_id = f"approval:{challenger_version}:{person.name}:{now_ms}"
    enqueue(connection, LABELS, message_id, "approval", now_ms=now_ms, body=approval.model_dump(mode="json"))
