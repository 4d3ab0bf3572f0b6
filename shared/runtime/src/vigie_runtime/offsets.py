"""What partitions hold, asked of Kafka through a consumer; what a client raises becomes one of our errors."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from vigie_runtime.errors import VigieError
from vigie_runtime.kafka_errors import ELECTING, ConnectionErrors

ELECTION_RETRY_SECONDS = 0.05

Answer = TypeVar("Answer")
Partition = tuple[str, int]
"""Topic and number."""


class KeptOffset(NamedTuple):
    """Where to read on in a partition."""

    offset: int
    topic_id: str = ""
    """Of the topic that was read: in another one of the same name the offset means nothing. Empty if not known."""


@dataclass(frozen=True)
class OffsetRange:
    """What a partition holds: from the first offset kept to the next one to be written."""

    start: int
    end: int

    @property
    def records(self) -> int:
        """Records kept, at most."""
        return max(0, self.end - self.start)


def after_election(ask: Callable[[], Answer], timeout_seconds: float) -> Answer:
    """The answer once partitions have leaders; raises the KafkaException of `ask` for all else, and after the time."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in ELECTING or time.monotonic() >= deadline:
                raise
        time.sleep(ELECTION_RETRY_SECONDS)


def held_by(consumer: Consumer, partition: Partition, timeout_seconds: float) -> OffsetRange:
    """What a partition holds now, once it has a leader; raises KafkaException."""

    def asked() -> OffsetRange:
        answer = consumer.get_watermark_offsets(TopicPartition(*partition), timeout=timeout_seconds)
        if answer is None:  # how the client says that the time is over
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return OffsetRange(*answer)

    return after_election(asked, timeout_seconds)


@dataclass
class OffsetLookup:
    """Asks one consumer, each question for `timeout_seconds` at most."""

    consumer: Consumer
    errors: ConnectionErrors
    timeout_seconds: float
    unread: list[Message] = field(default_factory=list)
    """Records that came while callbacks were served: to be read before all others."""

    def partitions(self, topic: str) -> list[Partition]:
        """Those of a topic, in order; none while it does not exist. The client knows only those it has looked up."""
        with self.explained():
            found = self.consumer.list_topics(topic, timeout=self.timeout_seconds).topics[topic]
            if found.error is not None and found.error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise KafkaException(found.error)
            return [(topic, number) for number in sorted(found.partitions)]

    def held(self, partition: Partition) -> OffsetRange:
        """What a partition holds now. Waits for its leader, which a topic made a moment ago has not got yet."""
        with self.explained():
            return held_by(self.consumer, partition, self.timeout_seconds)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn a KafkaException into UnavailableError, or ConfigurationError where access is denied."""
        self.errors.clear()
        try:
            yield
        except KafkaException as error:
            raise self.explain(error.args[0]) from None

    def explain(self, error: KafkaError) -> VigieError:
        """The error to raise, with what the connections report."""
        # only polling serves the callback that knows why there is no connection; it may return a record as well
        if (message := self.consumer.poll(0)) is not None:
            self.unread.append(message)
        return self.errors.explain(error)
