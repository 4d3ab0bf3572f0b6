"""Records into the outbox, with a real outbox and records as Kafka's client gives them."""

import threading
from collections.abc import Callable, Mapping, Sequence

import pytest
from confluent_kafka import Message

from alert_webhook.core.alerts import AlertFilter, Arrival, TriageResult
from alert_webhook.core.outbox.alerts import add_alert, list_alerts, next_revision
from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.outbox.deliveries import enqueue, list_deliveries, mark_accepted, mark_dead, oldest_waiting
from alert_webhook.core.outbox.positions import kept_offsets, oldest_pending_offsets
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.admission import admit_unlimited
from alert_webhook.delivery.intake import Admit, Intake, read_arrival
from alert_webhook.delivery.tally import DeliveryTally
from vigie_runtime import KafkaSettings, KafkaState
from vigie_runtime.offsets import KeptOffset
from vigie_schemas import Alert

NOW_MS = 1_780_000_000_000
TOPIC = "transactions.alerts"
ALL_RECEIVERS = Recipients(slack=True, webhooks=("hook",))


class RecordsTopic:
    """Holds name and id only: these tests hand the records over themselves."""

    name = TOPIC

    def kept(self, next_offsets: Mapping[int, int]) -> dict[int, KeptOffset]:
        return {number: KeptOffset(offset, "an-id") for number, offset in next_offsets.items()}


@pytest.fixture
def record_of(alert_of: Callable[[str], Alert]) -> Callable[[int, str], Message]:
    def build(offset: int, name: str) -> Message:
        value = alert_of(name).model_dump_json().encode()
        return Message(topic=TOPIC, partition=0, offset=offset, value=value, timestamp=(1, NOW_MS - 7))

    return build


def take(database: Database, messages: list[Message], admit: Admit) -> DeliveryTally:
    tally = DeliveryTally()
    intake = Intake(
        KafkaSettings(),
        database,
        KafkaState(),
        recipients=ALL_RECEIVERS,
        admit=admit,
        tally=tally,
        clock=lambda: NOW_MS / 1000,
    )
    intake._take(RecordsTopic(), messages, threading.Event())  # type: ignore[arg-type]
    return tally


def plainly(connection: Connection, arrivals: Sequence[Arrival]) -> list[TriageResult]:
    return admit_unlimited(connection, arrivals, ALL_RECEIVERS)


def queued(database: Database, receiver: str) -> list[str]:
    with database.reading() as connection:
        return [delivery.message_id for delivery in reversed(list_deliveries(connection, receiver=receiver))]


def test_each_alert_is_queued_once_however_often_it_comes(
    database: Database, record_of: Callable[[int, str], Message]
) -> None:
    take(database, [record_of(0, "t1"), record_of(1, "t2"), record_of(2, "t1")], plainly)
    take(database, [record_of(3, "t2"), record_of(4, "t3")], plainly)

    assert queued(database, "hook") == queued(database, "slack") == ["alert:t1", "alert:t2", "alert:t3"]
    with database.reading() as connection:
        assert kept_offsets(connection, TOPIC) == {0: KeptOffset(5, "an-id")}


def test_what_is_no_alert_is_passed_over(database: Database, record_of: Callable[[int, str], Message]) -> None:
    damaged = [
        Message(topic=TOPIC, partition=0, offset=offset, value=value, timestamp=(1, NOW_MS))
        for offset, value in enumerate((b"{", b"", None, b"\xff", b"[]"))
    ]

    take(database, [*damaged, record_of(5, "t1")], plainly)

    assert queued(database, "hook") == ["alert:t1"]
    with database.reading() as connection:
        assert kept_offsets(connection, TOPIC) == {0: KeptOffset(6, "an-id")}


def test_an_alert_that_the_rules_fail_on_goes_to_all_receivers_and_holds_up_none(
    database: Database, record_of: Callable[[int, str], Message]
) -> None:
    def fail(connection: Connection, arrivals: Sequence[Arrival]) -> list[TriageResult]:
        if "alert:t2" in {arrival.alert.alert_id for arrival in arrivals}:
            raise ZeroDivisionError
        return plainly(connection, arrivals)

    take(database, [record_of(0, "t1"), record_of(1, "t2"), record_of(2, "t3")], fail)

    assert queued(database, "hook") == ["alert:t1", "alert:t2", "alert:t3"]
    with database.reading() as connection:
        assert kept_offsets(connection, TOPIC) == {0: KeptOffset(3, "an-id")}
        assert {stored.handling for stored in list_alerts(connection, AlertFilter(), 10)} == {"message"}


def test_counts_what_is_less_than_a_message(database: Database, record_of: Callable[[int, str], Message]) -> None:
    tally = take(database, [record_of(0, "t1"), record_of(1, "t2")], keep_held)

    assert tally.close_second(NOW_MS, [], {}).suppressed == {"rate": 2}


def keep_held(connection: Connection, arrivals: Sequence[Arrival]) -> list[TriageResult]:
    held = TriageResult("digest", "rate")
    for arrival in arrivals:
        add_alert(connection, arrival, held, revision=next_revision(connection), episode_id=None)
    return [held] * len(arrivals)


def test_the_committed_offset_is_that_of_the_oldest_alert_not_delivered(
    database: Database, record_of: Callable[[int, str], Message]
) -> None:
    take(database, [record_of(number, f"t{number}") for number in range(4)], plainly)

    def settle(receiver: str, mark: Callable[..., None], **fields: object) -> None:
        with database.writing() as connection:
            turn = oldest_waiting(connection, receiver)
            assert turn is not None
            mark(connection, turn, now_ms=NOW_MS, **fields)

    def oldest(*receivers: str) -> dict[int, int]:
        with database.reading() as connection:
            return oldest_pending_offsets(connection, receivers)

    settle("hook", mark_accepted)
    settle("hook", mark_dead, problem="it answers 400")
    assert oldest("hook") == {0: 2}
    assert oldest("hook", "slack") == {0: 0}
    assert oldest("other") == {}
    with database.writing() as connection:
        enqueue(connection, "hook", "decision:alert:t0:9", "decision", now_ms=NOW_MS, alert_id="alert:t0")
    assert oldest("hook") == {0: 2}, "an answer does not come from Kafka"
    settle("hook", mark_accepted)
    settle("hook", mark_accepted)
    assert oldest("hook") == {}


def test_an_alert_that_waits_for_its_digest_is_not_delivered_yet(
    database: Database, record_of: Callable[[int, str], Message]
) -> None:
    take(database, [record_of(5, "t1")], keep_held)

    with database.reading() as connection:
        assert oldest_pending_offsets(connection, ["slack"]) == {0: 5}


def test_a_record_without_a_stamp_counts_as_written_when_it_is_read(alert_of: Callable[[str], Alert]) -> None:
    value = alert_of("t1").model_dump_json().encode()

    arrival = read_arrival(Message(topic=TOPIC, partition=0, offset=3, value=value, timestamp=(0, -1)), NOW_MS)

    assert arrival is not None
    assert (arrival.written_at_ms, arrival.received_at_ms, arrival.offset) == (NOW_MS, NOW_MS, 3)
