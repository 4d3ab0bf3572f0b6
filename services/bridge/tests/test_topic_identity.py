"""A topic made again while it is read: noticed by its id, and no record passed on under two names."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from bridge import topic_identity
from bridge.topic_identity import TopicIdentity
from vigie_runtime.topic_descriptions import DescribedTopic

OLD, NEW = DescribedTopic("old", [0]), DescribedTopic("new", [0])


@dataclass(frozen=True)
class ReadRecord:
    """As a consumer returns it."""

    at: int
    content: bytes | None

    def topic(self) -> str:
        return "payments"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes | None:
        return self.content

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_772_359_200_000


class Kafka:
    """Describes the topic as it is now, when it is let to."""

    def __init__(self) -> None:
        self.topic: DescribedTopic | None = OLD
        self._waiting: list[Future[None]] = []

    def ask(self, topics: list[str]) -> dict[str, Future[None]]:
        self._waiting.append(Future())
        return {topics[0]: self._waiting[-1]}

    def answer(self) -> None:
        self._waiting.pop().set_result(None)

    def take(self, answers: dict[str, Future[None]]) -> dict[str, DescribedTopic]:
        return {name: self.topic for name in answers if self.topic}


def records(numbers: range, of: str) -> list[ReadRecord]:
    return [ReadRecord(number, f"{of} {number}".encode()) for number in numbers]


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def identity(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> Iterator[TopicIdentity]:
    monkeypatch.setattr(topic_identity, "DESCRIBE_INTERVAL_SECONDS", 0.0)
    identity = TopicIdentity("payments", kafka)  # pyright: ignore[reportArgumentType]
    identity.read_in(OLD)
    return identity


def look(identity: TopicIdentity, kafka: Kafka) -> DescribedTopic | None:
    assert identity.recreated() is None
    kafka.answer()
    return identity.recreated()


def read(identity: TopicIdentity, messages: list[ReadRecord]) -> list[ReadRecord]:
    return identity.unread(messages)  # pyright: ignore[reportArgumentType, reportReturnType]


def test_nothing_is_left_out_of_one_topic(identity: TopicIdentity, kafka: Kafka) -> None:
    first, second = records(range(5), "old"), records(range(3, 9), "old")

    assert read(identity, first) == first
    assert look(identity, kafka) is None
    assert read(identity, second) == second  # a repeat of Kafka's has the same name, and is recognised by it
    assert identity.recreated_topics == 0


def test_what_was_read_of_the_new_topic_under_the_old_name_is_left_out(identity: TopicIdentity, kafka: Kafka) -> None:
    read(identity, records(range(5), "old"))
    assert look(identity, kafka) is None
    kafka.topic = NEW
    read(identity, records(range(5, 8), "new"))

    assert look(identity, kafka) == NEW

    identity.read_in(NEW)
    assert read(identity, records(range(10), "new")) == [*records(range(5), "new"), *records(range(8, 10), "new")]
    assert identity.recreated_topics == 1
    assert look(identity, kafka) is None


def test_records_of_the_old_topic_hide_none_of_the_new(identity: TopicIdentity, kafka: Kafka) -> None:
    read(identity, records(range(5), "old"))
    kafka.topic = NEW
    assert look(identity, kafka) == NEW
    identity.read_in(NEW)

    assert read(identity, records(range(5), "new")) == records(range(5), "new")


def test_what_came_after_the_question_is_not_vouched_for_by_its_answer(identity: TopicIdentity, kafka: Kafka) -> None:
    assert identity.recreated() is None
    read(identity, records(range(5, 8), "new"))
    kafka.answer()
    assert identity.recreated() is None
    kafka.topic = NEW
    assert look(identity, kafka) == NEW
    identity.read_in(NEW)

    assert read(identity, records(range(8), "new")) == records(range(5), "new")


def test_a_deleted_topic_is_waited_for(identity: TopicIdentity, kafka: Kafka) -> None:
    kafka.topic = None
    assert look(identity, kafka) is None
    kafka.topic = NEW
    assert look(identity, kafka) == NEW
