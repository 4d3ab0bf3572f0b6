"""Writers wake those who wait for a change; an outage of the outbox is one line in the log."""

import threading
import time

import pytest
import structlog
from sqlalchemy.exc import IntegrityError, OperationalError

from alert_webhook.core.outbox.changes import SHARED_INTERVAL_SECONDS, ChangeSignal
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, oldest_waiting
from alert_webhook.core.outbox.outage import REPEAT_INTERVAL_SECONDS, Access, OutageWatch
from alert_webhook.errors import OutboxError, OutboxUnavailableError

NOW_MS = 1_780_000_000_000
DEADLINE_SECONDS = 20


def test_a_write_wakes_who_waits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database.changes, "_interval_seconds", DEADLINE_SECONDS)
    seen = database.changes.count
    waiter = threading.Thread(target=database.changes.wait, args=(seen,))
    waiter.start()

    with database.writing() as connection:
        enqueue(connection, "hook", "m1", "alert", now_ms=NOW_MS)
    waiter.join(DEADLINE_SECONDS / 2)

    assert not waiter.is_alive()


def test_a_write_before_the_wait_is_not_missed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database.changes, "_interval_seconds", DEADLINE_SECONDS)
    seen = database.changes.count
    with database.writing() as connection:
        enqueue(connection, "hook", "m1", "alert", now_ms=NOW_MS)
    began = time.monotonic()

    database.changes.wait(seen)

    assert time.monotonic() - began < DEADLINE_SECONDS / 2


def test_what_is_undone_or_only_read_is_no_change(database: Database) -> None:
    def half_way() -> None:
        with database.writing() as connection:
            enqueue(connection, "hook", "m1", "alert", now_ms=NOW_MS)
            raise ZeroDivisionError

    seen = database.changes.count
    with database.reading() as connection:
        oldest_waiting(connection, "hook")
    with pytest.raises(ZeroDivisionError):
        half_way()

    assert database.changes.count == seen


def test_what_another_process_writes_is_found_by_a_time_out() -> None:
    signal = ChangeSignal(is_shared=True)
    began = time.monotonic()

    signal.wait(signal.count)

    assert time.monotonic() - began + 0.01 >= SHARED_INTERVAL_SECONDS


class Outages:
    """An outbox's watch, with transactions that fail as planned."""

    def __init__(self) -> None:
        self.now = 0.0
        self.watch = OutageWatch(clock=lambda: self.now)

    def fail(self, access: Access) -> None:
        with pytest.raises(OutboxUnavailableError) as caught, self.watch.watching(access):
            raise OperationalError("select", {}, ConnectionResetError("at postgresql://user:secret@host"))
        assert "secret" not in str(caught.value)

    def succeed(self, access: Access) -> None:
        with self.watch.watching(access):
            pass


def test_one_outage_is_one_line_whoever_meets_it() -> None:
    outages = Outages()
    with structlog.testing.capture_logs() as logged:
        outages.fail("read")
        outages.fail("read")
        outages.fail("write")
        outages.succeed("read")
        outages.succeed("read")
        outages.succeed("write")

    assert [(line["event"], line["access"]) for line in logged] == [
        ("outbox unavailable", "read"),
        ("outbox unavailable", "write"),
        ("outbox available again", "read"),
        ("outbox available again", "write"),
    ]
    assert logged[0]["reason"] == "ConnectionResetError"


def test_an_outage_that_comes_and_goes_does_not_fill_the_log() -> None:
    outages = Outages()
    with structlog.testing.capture_logs() as logged:
        for _ in range(100):
            outages.fail("write")
            outages.succeed("write")
        assert len(logged) == 2
        outages.now += REPEAT_INTERVAL_SECONDS
        outages.fail("write")

    assert len(logged) == 3


def test_a_statement_that_is_refused_is_no_outage(database: Database) -> None:
    def twice() -> None:
        with database.writing() as connection:
            for _ in range(2):
                connection.exec_driver_sql("INSERT INTO counters (name, value) VALUES ('n', 1)")

    with structlog.testing.capture_logs() as logged, pytest.raises(OutboxError, match="IntegrityError") as caught:
        twice()

    assert not isinstance(caught.value, OutboxUnavailableError)
    assert isinstance(caught.value.__cause__, IntegrityError)
    assert logged == []
