"""One queue handed to one receiver, on a real outbox."""

import random
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from alert_webhook.core.deliveries import Delivery
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, list_deliveries, queues, retry_dead
from alert_webhook.delivery.courier import MAX_REFUSALS, Courier
from alert_webhook.delivery.receiver import Accepted, Refusal
from alert_webhook.delivery.retry import Backoff
from alert_webhook.delivery.tally import DeliveryTally
from alert_webhook.errors import OutboxUnavailableError
from vigie_testing.waiting import wait_until

NOW_MS = 1_780_000_000_000
HOUR_MS = 3_600_000
DEADLINE_SECONDS = 20
BUSY = Refusal("it answers 503")
UNREADABLE = Refusal("it answers 400", is_of_this_message=True)


class Planned:
    """A receiver that gives the planned outcomes, then accepts."""

    name = "hook"

    def __init__(self, *outcomes: Accepted | Refusal | Exception) -> None:
        self.outcomes = list(outcomes)
        self.attempts: list[str] = []
        self.on_attempt: Callable[[], object] = lambda: None

    def send(self, delivery: Delivery) -> Accepted | Refusal:
        self.attempts.append(delivery.message_id)
        self.on_attempt()
        outcome = self.outcomes.pop(0) if self.outcomes else Accepted("ref")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def database(database: Database) -> Database:
    with database.writing() as connection:
        for name in ("m1", "m2", "m3"):
            enqueue(connection, "hook", name, "alert", now_ms=NOW_MS)
    return database


@pytest.fixture
def tally() -> DeliveryTally:
    return DeliveryTally()


@pytest.fixture
def deliver(database: Database, tally: DeliveryTally) -> Callable[..., None]:
    """Run a courier until nothing waits."""

    def deliver(receiver: Planned, *, now_ms: int = NOW_MS, may_send: Callable[[], bool] = lambda: True) -> None:
        courier = Courier(
            receiver,
            database,
            backoff=Backoff(first_seconds=0.001, longest_seconds=0.002, chance=random.Random(1)),
            give_up_hours=24,
            tally=tally,
            may_send=may_send,
            clock=lambda: now_ms / 1000,
        )
        stop = threading.Event()
        thread = threading.Thread(target=courier.run, args=(stop,))
        thread.start()
        try:
            wait_until(lambda: not waiting(database), what="every delivery", seen=lambda: waiting(database))
        finally:
            stop.set()
            database.changes.notify()
            thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()

    return deliver


def waiting(database: Database) -> int:
    with database.reading() as connection:
        found = queues(connection).get("hook")
    return found.waiting if found else 0


def states(database: Database) -> dict[str, tuple[str, int, str | None]]:
    with database.reading() as connection:
        found = list_deliveries(connection)
    return {delivery.message_id: (delivery.state, delivery.attempts, delivery.problem) for delivery in found}


def test_the_first_holds_its_place_until_it_is_accepted(database: Database, deliver: Callable[..., None]) -> None:
    receiver = Planned(BUSY, Refusal("no answer (ReadTimeout)"), Refusal("it answers 429", asked_seconds=0.01))

    deliver(receiver)

    assert receiver.attempts == ["m1", "m1", "m1", "m1", "m2", "m3"]
    assert states(database)["m1"] == ("accepted", 4, None)
    with database.reading() as connection:
        assert {delivery.reference for delivery in list_deliveries(connection)} == {"ref"}


def test_a_message_whose_content_is_refused_gives_way(database: Database, deliver: Callable[..., None]) -> None:
    receiver = Planned(*[BUSY] * 7, *[UNREADABLE] * MAX_REFUSALS)

    deliver(receiver)

    assert receiver.attempts == ["m1"] * (7 + MAX_REFUSALS) + ["m2", "m3"]
    assert states(database)["m1"] == ("dead", 7 + MAX_REFUSALS, "it answers 400")


def test_a_message_that_fails_for_a_day_is_given_up_and_comes_back(
    database: Database, deliver: Callable[..., None]
) -> None:
    receiver = Planned(BUSY, BUSY)

    deliver(receiver, now_ms=NOW_MS + 24 * HOUR_MS)

    assert receiver.attempts == ["m1", "m2", "m3"], "older than a day: one attempt each"
    assert [state for state, _, _ in states(database).values()] == ["accepted", "dead", "dead"]
    with database.writing() as connection:
        assert retry_dead(connection, now_ms=NOW_MS + 24 * HOUR_MS, receiver="hook") == 2
    deliver(receiver, now_ms=NOW_MS + 24 * HOUR_MS)
    assert receiver.attempts[3:] == ["m1", "m2"]
    assert {state for state, _, _ in states(database).values()} == {"accepted"}


def test_an_error_of_our_own_ends_in_a_dead_message_not_in_a_dead_courier(
    database: Database, deliver: Callable[..., None]
) -> None:
    receiver = Planned(*[ZeroDivisionError() for _ in range(MAX_REFUSALS)])

    deliver(receiver)

    assert states(database)["m1"][0] == "dead"
    assert "ZeroDivisionError" in str(states(database)["m1"][2])
    assert receiver.attempts[-2:] == ["m2", "m3"]


def test_an_outbox_that_fails_while_a_message_is_made_is_not_the_messages_fault(
    database: Database, deliver: Callable[..., None]
) -> None:
    receiver = Planned(*[OutboxUnavailableError("OperationalError")] * 2)

    deliver(receiver)

    assert states(database)["m1"] == ("accepted", 1, None)


def test_what_was_accepted_is_noted_however_often_the_outbox_refuses(
    database: Database, deliver: Callable[..., None]
) -> None:
    failures = [OperationalError("insert", {}, ValueError()) for _ in range(3)]

    @event.listens_for(database.engine, "commit")
    def fail(connection: Connection) -> None:
        if receiver.attempts and failures and connection.get_execution_options().get("vigie_writes"):
            raise failures.pop()

    receiver = Planned()
    deliver(receiver)

    assert failures == []
    assert receiver.attempts == ["m1", "m2", "m3"]


def test_nothing_is_sent_without_the_right_to(database: Database, deliver: Callable[..., None]) -> None:
    rights = [False, True, True, True]
    receiver = Planned()

    deliver(receiver, may_send=lambda: rights.pop(0))

    assert receiver.attempts == ["m1", "m2", "m3"]
    assert rights == []


def test_stopping_finishes_and_notes_the_attempt_under_way(database: Database, tally: DeliveryTally) -> None:
    under_way, may_end, stop = threading.Event(), threading.Event(), threading.Event()
    receiver = Planned()
    receiver.on_attempt = lambda: (under_way.set(), may_end.wait(DEADLINE_SECONDS))
    backoff = Backoff(first_seconds=1, longest_seconds=1, chance=random.Random(1))
    courier = Courier(receiver, database, backoff=backoff, give_up_hours=24, tally=tally)
    thread = threading.Thread(target=courier.run, args=(stop,))
    thread.start()

    assert under_way.wait(DEADLINE_SECONDS)
    stop.set()
    may_end.set()
    thread.join(DEADLINE_SECONDS)

    assert [state for state, _, _ in states(database).values()] == ["waiting", "waiting", "accepted"]


def test_counts_what_was_done(deliver: Callable[..., None], tally: DeliveryTally) -> None:
    deliver(Planned(BUSY, BUSY))

    figures = tally.close_second(NOW_MS, ["hook"], {}).receivers["hook"]
    assert (figures.delivered, figures.failed_attempts, figures.latency) == (3, 2, None)
