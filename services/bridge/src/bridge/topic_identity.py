"""Whether the topic is still the one that is read: it may be deleted and made again between two records."""

import time
from collections.abc import Iterable
from typing import Final

from confluent_kafka import KafkaException, Message

from vigie_runtime.offsets import Partition
from vigie_runtime.topic_descriptions import Answers, DescribedTopic, TopicDescriptions, is_another_topic

DESCRIBE_INTERVAL_SECONDS: Final = 1.0

Place = tuple[Partition, int]


class TopicIdentity:
    """Asks Kafka for the topic's id at an interval, and remembers the records read since.

    A client reads on in the new topic by itself, from where it was in the old one. What it read there before anybody
    noticed comes again when the new topic is read from its beginning, under other names: it is left out then.
    """

    def __init__(self, topic: str, descriptions: TopicDescriptions) -> None:
        self._topic = topic
        self._descriptions = descriptions
        self._topic_id = ""
        self._asked: Answers | None = None
        self._look_at = 0.0
        self._before_asked: list[Message] = []
        self._since_asked: list[Message] = []
        self._already_read: dict[Place, tuple[int, bytes | None]] = {}
        self.recreated_topics = 0

    def read_in(self, described: DescribedTopic) -> None:
        """Note which topic is read from now on."""
        if is_another_topic(self._topic_id, described.topic_id):
            self.recreated_topics += 1
            unsure = [*self._before_asked, *self._since_asked]
            self._already_read = {_place(message): _content(message) for message in unsure}
            self._before_asked, self._since_asked = [], []
        self._asked = None
        self._topic_id = described.topic_id

    def recreated(self) -> DescribedTopic | None:
        """The other topic that has the name by now; never waits for Kafka's answer."""
        if self._asked is None:
            if time.monotonic() >= self._look_at:
                self._asked = self._descriptions.ask([self._topic])
                self._before_asked += self._since_asked
                self._since_asked = []
            return None
        if not all(answer.done() for answer in self._asked.values()):
            return None
        answers, self._asked = self._asked, None
        self._look_at = time.monotonic() + DESCRIBE_INTERVAL_SECONDS
        try:
            found = self._descriptions.take(answers).get(self._topic)
        except KafkaException:  # asked again; whoever waits for Kafka says that it is away
            return None
        if found is None or is_another_topic(self._topic_id, found.topic_id):
            return found
        self._before_asked = []
        return None

    def unread(self, messages: Iterable[Message]) -> list[Message]:
        """The messages without those that were read before anybody noticed that the topic is another one."""
        if self._already_read:
            messages = [each for each in messages if self._already_read.pop(_place(each), None) != _content(each)]
        new = list(messages)
        self._since_asked += new
        return new


def _place(message: Message) -> Place:
    return (message.topic() or "", message.partition() or 0), message.offset() or 0


def _content(message: Message) -> tuple[int, bytes | None]:
    return message.timestamp()[1], message.value()
