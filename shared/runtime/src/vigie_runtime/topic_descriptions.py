"""Which topics there are behind names: their partitions, and the id that another topic of the same name has not got."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, TopicDescription

NO_ID = "A" * 22
"""How Kafka writes the id of a topic from before there were ids (version 2.8)."""

Answers = Mapping[str, Future[TopicDescription]]


class DescribedTopic(NamedTuple):
    """A topic as Kafka describes it now."""

    topic_id: str
    """Empty where Kafka keeps none."""
    partitions: list[int]


class TopicDescriptions:
    """Asks about several topics in one request, which a reader that must not wait takes the answer of later."""

    def __init__(self, admin: AdminClient, timeout_seconds: float) -> None:
        self._admin = admin
        self._timeout_seconds = timeout_seconds

    def ask(self, topics: Collection[str]) -> Answers:
        """Ask without waiting."""
        return self._admin.describe_topics(TopicCollection(list(topics)), request_timeout=self._timeout_seconds)

    def of(self, topics: Collection[str]) -> dict[str, DescribedTopic]:
        """Ask and wait; those that do not exist are left out. Raises KafkaException."""
        return self.take(self.ask(topics))

    def take(self, answers: Answers) -> dict[str, DescribedTopic]:
        """What Kafka answers, waiting for it; topics that do not exist are left out. Raises KafkaException."""
        try:
            return {name: topic for name, answer in answers.items() if (topic := _described(answer)) is not None}
        finally:
            self._admin.poll(0)  # serves the callback that knows why there is no connection


def _described(answer: Future[TopicDescription]) -> DescribedTopic | None:
    try:
        topic = answer.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise
        return None
    topic_id = str(topic.topic_id)
    return DescribedTopic("" if topic_id == NO_ID else topic_id, sorted(part.id for part in topic.partitions))


def is_another_topic(one: str, other: str) -> bool:
    """Whether these are ids of different topics; an id that is not known says nothing."""
    return bool(one and other) and one != other
