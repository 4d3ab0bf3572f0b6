"""When what labels say of counterparties is published, and what the service does when it cannot: by hand."""

import threading
from collections.abc import Mapping
from typing import cast

import pytest

from trainer import TrainerSettings
from trainer.counterparties.service import MAX_PAUSE_SECONDS, CounterpartyService
from trainer.counterparties.topic import CounterpartyTopic
from trainer.labels_topic import LabelsTopic
from vigie_runtime import UnavailableError
from vigie_schemas import CounterpartyLabels, Label

NOON_MS = 1_790_000_000_000


class Message:
    """A record as the consumer gives it."""

    def __init__(self, value: bytes | None) -> None:
        self._value = value

    def value(self) -> bytes | None:
        return self._value


class World:
    """Both topics as the service sees them."""

    def __init__(self) -> None:
        self.now = 100.0
        self.arrived: list[bytes | None] = []
        self.followed = 0
        self.published: list[dict[str, CounterpartyLabels | None]] = []
        self.labels_away: Exception | None = None
        self.counterparties_away: Exception | None = None

    def follow(self, rows: int) -> dict[int, int]:
        self.followed += 1
        return {0: rows}

    def read_on(self, _: float) -> list[Message]:
        if self.labels_away:
            raise self.labels_away
        arrived, self.arrived = self.arrived, []
        return [Message(value) for value in arrived]

    def publish(self, known: Mapping[str, CounterpartyLabels | None]) -> None:
        if self.counterparties_away:
            raise self.counterparties_away
        self.published.append(dict(known))

    def say(self, merchant: str | None, *, fraud: bool, source: str = "analyst", name: str = "t-1") -> None:
        label = Label(
            schema_version=1,
            transaction_id=name,
            account_id="acct-1",
            is_fraud=fraud,
            scenario=None,
            source=source,  # pyright: ignore[reportArgumentType]
            labelled_at_ms=NOON_MS,
            timestamp_ms=NOON_MS,
            counterparty_id=merchant,
        )
        self.arrived.append(label.model_dump_json().encode())


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def service(world: World) -> CounterpartyService:
    return CounterpartyService(
        TrainerSettings(counterparty_seconds=30),
        cast("LabelsTopic", world),
        cast("CounterpartyTopic", world),
        timer=lambda: world.now,
    )


FRAUD = CounterpartyLabels(fraud_run=1, last_fraud_ms=NOON_MS, last_sound_ms=None)


def test_what_changed_is_published_once_an_interval(world: World, service: CounterpartyService) -> None:
    world.say("a", fraud=True)
    world.say("b", fraud=False, name="t-2")
    world.say(None, fraud=True, name="t-3")
    world.say("c", fraud=True, source="generator", name="t-4")  # teaches nothing by default
    world.arrived += [None, b"{"]

    service.step()
    assert (world.published, service.as_status()["waiting"]) == ([], 1)
    world.now += 30
    service.step()
    service.step()
    world.say("a", fraud=False)
    service.step()
    assert world.published == [{"a": FRAUD}]
    world.now += 30
    service.step()

    assert world.published == [{"a": FRAUD}, {"a": None}]
    assert service.as_status() == {"on": True, "waiting": 0, "published": 2, "last_error": None}
    assert world.followed == 1


def test_what_kafka_does_not_take_is_sent_again(world: World, service: CounterpartyService) -> None:
    world.say("a", fraud=True)
    service.step()
    world.now += 30
    world.counterparties_away = UnavailableError("Kafka does not take counterparties: they are sent again.")

    pauses = [service.step() for _ in range(8)]
    assert (pauses[0], pauses[1], pauses[-1]) == (1, 2, MAX_PAUSE_SECONDS)
    assert "sent again" in str(service.as_status()["last_error"])
    world.say("b", fraud=True, name="t-2")
    world.counterparties_away = None
    assert service.step() == 0

    assert world.published == [{"a": FRAUD, "b": FRAUD}]
    assert service.as_status()["last_error"] is None


def test_an_unexpected_fault_reads_the_labels_again(world: World, service: CounterpartyService) -> None:
    service.step()
    world.labels_away = RuntimeError("odd")
    assert service.step() == 1
    world.labels_away = None

    service.step()

    assert world.followed == 2
    assert service.as_status()["last_error"] is None


def test_without_teachers_it_does_nothing(world: World) -> None:
    service = CounterpartyService(
        TrainerSettings(learn_from=()), cast("LabelsTopic", world), cast("CounterpartyTopic", world)
    )

    service.run(threading.Event())

    assert (world.followed, service.as_status()["on"]) == (0, False)
