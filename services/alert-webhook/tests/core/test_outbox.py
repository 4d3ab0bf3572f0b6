"""The outbox: nothing leaves it unless a receiver accepted it or it was visibly given up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alert_webhook.core.alerts import AlertFilter, Arrival, TriageResult
from alert_webhook.core.answers import Person, decide, snooze
from alert_webhook.core.deliveries import LABELS
from alert_webhook.core.outbox.alerts import (
    add_alert,
    changed_alerts,
    find_alert,
    known_alerts,
    latest_revision,
    list_alerts,
    next_revision,
)
from alert_webhook.core.outbox.database import FILE_NAME, Database, open_database
from alert_webhook.core.outbox.deliveries import (
    deliveries_of,
    enqueue,
    list_deliveries,
    mark_accepted,
    mark_dead,
    mark_failed,
    oldest_waiting,
    queues,
    retry_dead,
)
from alert_webhook.core.outbox.lock import delivery_lock
from alert_webhook.core.recipients import Recipients
from alert_webhook.errors import UnknownAlertError
from vigie_runtime import ConfigurationError, UnavailableError
from vigie_schemas import Alert

NOW_MS = 1_780_000_000_000
ANNA = Person("anna", "api")
ALL_RECEIVERS = Recipients(slack=True, webhooks=("hook",))


@pytest.fixture
def keep(database: Database, alert_of: Callable[[str], Alert]) -> Callable[..., None]:
    def keep(*names: str) -> None:
        for number, name in enumerate(names):
            with database.writing() as connection:
                add_alert(
                    connection,
                    Arrival(alert_of(name), NOW_MS + number, NOW_MS, 0, number),
                    TriageResult("message"),
                    revision=next_revision(connection),
                    episode_id=None,
                )

    return keep


def test_a_message_keeps_its_turn_until_it_is_accepted(database: Database) -> None:
    with database.writing() as connection:
        assert enqueue(connection, "hook", "m1", "alert", now_ms=NOW_MS)
        assert enqueue(connection, "hook", "m2", "alert", now_ms=NOW_MS)
        assert not enqueue(connection, "hook", "m1", "alert", now_ms=NOW_MS), "a known id is absorbed"
        assert enqueue(connection, "other", "m1", "alert", now_ms=NOW_MS), "each receiver has a queue of its own"

    with database.writing() as connection:
        first = oldest_waiting(connection, "hook")
        assert first is not None
        mark_failed(connection, first, "it answers 500")
        again = oldest_waiting(connection, "hook")
        assert again is not None
        assert (again.message_id, again.attempts, again.problem) == ("m1", 1, "it answers 500")
        mark_accepted(connection, again, now_ms=NOW_MS + 5, reference="C1/1.5")
        following = oldest_waiting(connection, "hook")

    assert following is not None
    assert following.message_id == "m2"
    with database.reading() as connection:
        assert queues(connection)["hook"].waiting == 1
        accepted = list_deliveries(connection, state="accepted")[0]
    assert (accepted.reference, accepted.attempts, accepted.settled_at_ms) == ("C1/1.5", 2, NOW_MS + 5)


def test_dead_messages_come_back_in_their_old_order(database: Database) -> None:
    with database.writing() as connection:
        for name in ("m1", "m2", "m3"):
            enqueue(connection, "hook", name, "alert", now_ms=NOW_MS)
        for _ in range(2):
            turn = oldest_waiting(connection, "hook")
            assert turn is not None
            mark_dead(connection, turn, "it answers 400", now_ms=NOW_MS)
        assert (queues(connection)["hook"].dead, queues(connection)["hook"].waiting) == (2, 1)

        assert retry_dead(connection, receiver="hook", now_ms=NOW_MS + 9) == 2
        order = []
        while (turn := oldest_waiting(connection, "hook")) is not None:
            order.append((turn.message_id, turn.attempts))
            mark_accepted(connection, turn, now_ms=NOW_MS)

    assert order == [("m1", 0), ("m2", 0), ("m3", 0)]


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def half_way() -> None:
        with database.writing() as connection:
            enqueue(connection, "hook", "m1", "alert", now_ms=NOW_MS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_way()
    with database.reading() as connection:
        assert oldest_waiting(connection, "hook") is None


def test_pages_receive_every_change_in_order(database: Database, keep: Callable[..., None]) -> None:
    keep("t1", "t2")
    with database.writing() as connection:
        seen = latest_revision(connection)
        enqueue(connection, "hook", "alert:t1", "alert", now_ms=NOW_MS, alert_id="alert:t1")
        turn = oldest_waiting(connection, "hook")
        assert turn is not None
        mark_accepted(connection, turn, now_ms=NOW_MS)
        decide(connection, "alert:t2", ANNA, is_fraud=True, now_ms=NOW_MS, recipients=ALL_RECEIVERS)
        assert [stored.alert.alert_id for stored in changed_alerts(connection, seen)] == ["alert:t1", "alert:t2"]
        assert changed_alerts(connection, latest_revision(connection)) == []


def test_lists_by_what_is_asked_for_and_goes_on_before_the_last(database: Database, keep: Callable[..., None]) -> None:
    keep("t1", "t2", "t3")
    with database.writing() as connection:
        decide(connection, "alert:t2", ANNA, is_fraud=True, now_ms=NOW_MS, recipients=ALL_RECEIVERS)

        def ids(wanted: AlertFilter, limit: int = 10) -> list[str]:
            return [stored.alert.alert_id for stored in list_alerts(connection, wanted, limit)]

        assert ids(AlertFilter()) == ["alert:t3", "alert:t2", "alert:t1"]
        assert ids(AlertFilter(), 1) == ["alert:t3"]
        assert ids(AlertFilter(before="alert:t3")) == ["alert:t2", "alert:t1"]
        assert ids(AlertFilter(decided=True)) == ["alert:t2"]
        assert ids(AlertFilter(severity="low")) == []
        assert known_alerts(connection, ["alert:t1", "alert:t9"]) == {"alert:t1"}


def test_an_answer_counts_once_per_person_and_the_last_one_stands(
    database: Database, keep: Callable[..., None]
) -> None:
    keep("t1")

    def answer(name: str, *, is_fraud: bool) -> bool:
        with database.writing() as connection:
            return decide(
                connection, "alert:t1", Person(name, "page"), is_fraud=is_fraud, now_ms=NOW_MS, recipients=ALL_RECEIVERS
            )

    assert [answer("anna", is_fraud=True), answer("anna", is_fraud=True)] == [True, False]
    assert [answer("ben", is_fraud=True), answer("anna", is_fraud=False)] == [True, True]
    with database.reading() as connection:
        stored = find_alert(connection, "alert:t1")
        labels = [delivery.body for delivery in list_deliveries(connection, receiver=LABELS)]
        sent = [delivery.receiver for delivery in deliveries_of(connection, ["alert:t1"])["alert:t1"]]
    assert stored is not None
    assert (stored.is_fraud, stored.decided_by) == (False, "anna")
    assert [(label["is_fraud"], label["labelled_by"]) for label in reversed(labels)] == [
        (True, "anna"),
        (True, "ben"),
        (False, "anna"),
    ]
    assert sent == [LABELS, "slack", "hook"] * 3


def test_a_snooze_is_renewed_not_doubled(database: Database, keep: Callable[..., None]) -> None:
    keep("t1")
    for hours, until_ms in ((24, NOW_MS + 86_400_000), (1, NOW_MS + 3_600_000)):
        with database.writing() as connection:
            ends = snooze(connection, "alert:t1", ANNA, hours=hours, now_ms=NOW_MS, recipients=ALL_RECEIVERS)
        assert ends == until_ms


def test_an_unknown_alert_is_refused(database: Database) -> None:
    with database.writing() as connection, pytest.raises(UnknownAlertError, match="alert:t9"):
        decide(connection, "alert:t9", ANNA, is_fraud=True, now_ms=NOW_MS, recipients=ALL_RECEIVERS)


def test_one_process_delivers(database: Database, tmp_path: Path) -> None:
    first, second = delivery_lock(database, tmp_path), delivery_lock(database, tmp_path)
    assert (first.take(), second.take()) == (True, False)
    first.close()
    assert second.take()
    second.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://user:secret@host/name", "sqlite:///secret"])
def test_a_wrong_database_address_is_refused_without_showing_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as caught:
        open_database(url, tmp_path)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    file.write_text("not a database. " * 100)

    with pytest.raises(ConfigurationError, match="restore a backup") as caught:
        open_database(None, tmp_path)

    assert "\n" not in str(caught.value)
    assert file.read_text() == "not a database. " * 100


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="DATABASE_URL") as caught:
        open_database("postgres://user:secret@127.0.0.1:1/name", tmp_path)
    assert "secret" not in str(caught.value)
