"""Late verdicts into the webhooks' queues, with a real outbox and records as Kafka's client gives them."""

import json
import threading
from collections.abc import Callable, Mapping

import pytest
from confluent_kafka import Message

from alert_webhook.core.deliveries import Delivery
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries, mark_accepted
from alert_webhook.core.outbox.positions import kept_offsets
from alert_webhook.delivery.late_verdicts import KEEP_INTERVAL_SECONDS, LateVerdictIntake, read_late
from vigie_runtime import KafkaSettings, KafkaState
from vigie_runtime.offsets import KeptOffset, Partition
from vigie_schemas import VERDICTS, Verdict
from vigie_testing.golden import golden_record

NOW_MS = 1_780_000_000_000
WEBHOOKS = ("hook", "other-hook")


class VerdictsReader:
    """Knows the topic's id only: these tests hand the records over themselves."""

    def kept(self, offsets: Mapping[Partition, int]) -> dict[Partition, KeptOffset]:
        return {partition: KeptOffset(offset, "an-id") for partition, offset in offsets.items()}


class Clock:
    """Time that passes only when set."""

    now = NOW_MS / 1000

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def intake(database: Database, clock: Clock) -> LateVerdictIntake:
    return LateVerdictIntake(KafkaSettings(), database, KafkaState(), webhooks=WEBHOOKS, clock=clock)


@pytest.fixture
def take(intake: LateVerdictIntake) -> Callable[..., None]:
    def take(*messages: Message) -> None:
        intake._take(VerdictsReader(), messages, threading.Event())  # type: ignore[arg-type]

    return take


def a_message(offset: int, name: str, example: str = "late.json", *, partition: int = 0, **changes: object) -> Message:
    record = golden_record("verdict", example, transaction_id=name, **changes)
    return a_record(offset, json.dumps(record).encode(), partition=partition)


def a_record(offset: int, value: bytes | None, *, partition: int = 0) -> Message:
    return Message(topic=VERDICTS.name, partition=partition, offset=offset, value=value, timestamp=(1, NOW_MS))


def queued(database: Database, receiver: str) -> list[Delivery]:
    with database.reading() as connection:
        return [*reversed(list_deliveries(connection, receiver=receiver))]


def positions(database: Database) -> dict[int, KeptOffset]:
    with database.reading() as connection:
        return kept_offsets(connection, VERDICTS.name)


def test_only_late_verdicts_are_queued_for_each_webhook(database: Database, take: Callable[..., None]) -> None:
    take(a_message(0, "t1", "fallback.json"), a_message(1, "t1"), a_message(2, "t2", "model.json"))

    for name in WEBHOOKS:
        (delivery,) = queued(database, name)
        assert (delivery.message_id, delivery.kind, delivery.alert_id) == ("verdict.late:t1", "verdict", None)
        assert delivery.queued_at_ms == NOW_MS
        wanted = Verdict.model_validate(golden_record("verdict", "late.json", transaction_id="t1"))
        assert delivery.body == wanted.model_dump(mode="json", exclude={"body_digest"})
    assert queued(database, "slack") == []


def test_a_transaction_is_queued_once_whatever_is_repeated(database: Database, take: Callable[..., None]) -> None:
    take(a_message(0, "t1"), a_message(1, "t1"))
    (delivery,) = queued(database, "hook")
    with database.writing() as connection:
        mark_accepted(connection, delivery, now_ms=NOW_MS)
    take(a_message(2, "t1", verdict="allow"), a_message(3, "t2"))

    assert [one.message_id for one in queued(database, "hook")] == ["verdict.late:t1", "verdict.late:t2"]


def test_canaries_are_left_out(database: Database, take: Callable[..., None]) -> None:
    take(a_message(0, "t1", account_id="canary-3"), a_message(1, "t2"))

    assert [one.message_id for one in queued(database, "hook")] == ["verdict.late:t2"]


def test_what_is_no_verdict_is_passed_over(database: Database, take: Callable[..., None]) -> None:
    damaged = [a_record(offset, value) for offset, value in enumerate((b"{", b"", None, b"\xff", b"[]"))]

    take(*damaged, a_message(5, "t1"))

    assert [one.message_id for one in queued(database, "hook")] == ["verdict.late:t1"]


def test_where_to_go_on_is_kept_with_what_was_queued(database: Database, take: Callable[..., None]) -> None:
    take(a_message(7, "t1", "model.json", partition=1))
    assert positions(database) == {}, "not worth a transaction"
    take(a_message(4, "t2"))

    assert positions(database) == {0: KeptOffset(5, "an-id"), 1: KeptOffset(8, "an-id")}


def test_while_nothing_is_late_it_is_kept_now_and_then(
    database: Database, take: Callable[..., None], clock: Clock
) -> None:
    take(a_message(0, "t1", "model.json"))
    clock.now += KEEP_INTERVAL_SECONDS
    take(a_message(1, "t2", "model.json"))
    take(a_message(2, "t3", "model.json"))

    assert positions(database) == {0: KeptOffset(2, "an-id")}
    assert queued(database, "hook") == []


def test_what_a_failure_left_unqueued_is_not_passed_over(
    database: Database, intake: LateVerdictIntake, take: Callable[..., None]
) -> None:
    """A reader that begins again, as its thread does after an error, begins with what the outbox knows."""
    take(a_message(0, "t1"))
    take(a_message(1, "t2", "model.json"), a_message(2, "t3", "model.json"))
    stopped = threading.Event()

    class Restarted(VerdictsReader):
        def assign(self, kept: Mapping[Partition, KeptOffset]) -> None:
            assert kept == {(VERDICTS.name, 0): KeptOffset(1, "an-id")}

    intake._kafka.waiting_for = None
    intake._start(Restarted(), stopped)  # type: ignore[arg-type]
    take(a_message(0, "t4", partition=1))

    assert positions(database) == {0: KeptOffset(1, "an-id"), 1: KeptOffset(1, "an-id")}


def test_a_record_is_late_or_nothing() -> None:
    late = read_late(a_message(0, "t1"))

    assert late is not None
    assert late.late
    assert read_late(a_message(0, "t1", "fallback.json")) is None
    assert read_late(a_record(0, None)) is None
