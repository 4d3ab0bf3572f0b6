"""What is older than the retention is removed, and nothing else."""

from collections.abc import Callable

import pytest

from alert_webhook.core.alerts import AlertFilter, Arrival, TriageResult
from alert_webhook.core.answers import Person, decide
from alert_webhook.core.outbox.alerts import add_alert, list_alerts, next_revision
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, list_deliveries, mark_accepted, mark_dead, oldest_waiting
from alert_webhook.core.outbox.pruning import MAX_ROWS, RETENTION_MS, prune
from alert_webhook.core.recipients import Recipients
from vigie_schemas import ALERTS, Alert

NOW_MS = 1_780_000_000_000


@pytest.fixture
def keep(database: Database, alert_of: Callable[[str], Alert]) -> Callable[..., None]:
    def keep(*names: str, at_ms: int = NOW_MS) -> None:
        with database.writing() as connection:
            for number, name in enumerate(names):
                add_alert(
                    connection,
                    Arrival(alert_of(name), at_ms, at_ms, 0, number),
                    TriageResult("message"),
                    revision=next_revision(connection),
                    episode_id=None,
                )

    return keep


def prune_at(database: Database, now_ms: int) -> int:
    with database.writing() as connection:
        return prune(connection, now_ms=now_ms)


def known(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(stored.alert.alert_id for stored in list_alerts(connection, AlertFilter(), 10))


def test_removes_what_is_older_than_kafka_keeps_it(database: Database, keep: Callable[..., None]) -> None:
    keep("t1")
    keep("t2", at_ms=NOW_MS + 1_000)
    with database.writing() as connection:
        for number, mark in enumerate((mark_accepted, mark_dead)):
            enqueue(connection, "hook", f"m{number}", "alert", now_ms=NOW_MS, alert_id="alert:t1")
            turn = oldest_waiting(connection, "hook")
            assert turn is not None
            fields = {"problem": "it answers 400"} if mark is mark_dead else {}
            mark(connection, turn, now_ms=NOW_MS, **fields)
        decide(
            connection, "alert:t1", Person("anna", "api"), is_fraud=True, now_ms=NOW_MS, recipients=Recipients(False)
        )
        label = oldest_waiting(connection, "labels")
        assert label is not None
        mark_accepted(connection, label, now_ms=NOW_MS)

    assert ALERTS.retention_ms < RETENTION_MS, "an alert that is removed must not come back from Kafka"
    assert prune_at(database, NOW_MS + RETENTION_MS) == 0
    assert prune_at(database, NOW_MS + RETENTION_MS + 1) == 5
    assert prune_at(database, NOW_MS + RETENTION_MS + 1) == 0
    assert known(database) == ["alert:t2"]


def test_what_waits_is_never_forgotten(database: Database, keep: Callable[..., None]) -> None:
    keep("t1")
    with database.writing() as connection:
        enqueue(connection, "no longer set", "alert:t1", "alert", now_ms=NOW_MS, alert_id="alert:t1")

    assert prune_at(database, NOW_MS + 2 * RETENTION_MS) == 0
    assert known(database) == ["alert:t1"]


def test_removes_a_part_at_a_time(database: Database) -> None:
    with database.writing() as connection:
        for number in range(MAX_ROWS + 5):
            enqueue(connection, "hook", f"m{number}", "digest", now_ms=NOW_MS)
        for delivery in list_deliveries(connection, limit=MAX_ROWS + 5):
            mark_accepted(connection, delivery, now_ms=NOW_MS)

    assert [prune_at(database, NOW_MS + RETENTION_MS + 1) for _ in range(3)] == [MAX_ROWS, 5, 0]
