"""The newest records of a topic, read by offset: no group is joined and nothing is committed."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from vigie_runtime import KafkaSettings, UnavailableError
from vigie_schemas import Topic

ASK_SECONDS = 5.0
SILENCE_SECONDS = 30.0
BATCH = 10_000
BATCH_SECONDS = 0.2

Take = Callable[[bytes | None], None]
"""What is done with each record's value."""


@dataclass(frozen=True)
class Held:
    """What a partition holds: from the first offset kept to the next one to be written."""

    start: int
    end: int

    @property
    def records(self) -> int:
        """Records kept."""
        return max(0, self.end - self.start)


def newest(held: Mapping[int, Held], rows: int) -> dict[int, Held]:
    """Share `rows` among the partitions by what each holds, so that all reach back about equally far."""
    total = sum(part.records for part in held.values())
    share = min(1.0, rows / total) if total else 0.0
    return {
        number: Held(part.end - min(part.records, round(part.records * share)), part.end)
        for number, part in held.items()
        if round(part.records * share) > 0
    }


class TopicReader:
    """One reader of one topic."""

    def __init__(
        self,
        settings: KafkaSettings,
        topic: Topic,
        *,
        ask_seconds: float = ASK_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._topic = settings.topic_name(topic)
        self._servers = settings.kafka_bootstrap_servers
        self._ask_seconds = ask_seconds
        self._silence_seconds = silence_seconds
        self._told: KafkaError | None = None
        config = settings.consumer_config("vigie-trainer") | {"enable.partition.eof": True, "error_cb": self._hear}
        self._consumer = Consumer(config, logger=logging.getLogger("librdkafka"))

    def held(self) -> dict[int, Held]:
        """What each partition holds now; empty while the topic does not exist."""
        try:
            topic = self._consumer.list_topics(self._topic, timeout=self._ask_seconds).topics[self._topic]
            return {number: self._held(number) for number in topic.partitions}
        except KafkaException as error:
            raise self._unavailable(error) from None

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _read_parts(self, wanted: Mapping[int, Held], take: Take) -> None:
        """Hand over every record of these parts; raise UnavailableError when the broker falls silent before."""
        try:
            self._consumer.assign([TopicPartition(self._topic, number, part.start) for number, part in wanted.items()])
            self._read(wanted, take)
            self._consumer.unassign()
        except KafkaException as error:
            raise self._unavailable(error) from None

    def _held(self, number: int) -> Held:
        answer = self._consumer.get_watermark_offsets(TopicPartition(self._topic, number), timeout=self._ask_seconds)
        if answer is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return Held(*answer)

    def _read(self, wanted: Mapping[int, Held], take: Take) -> None:
        ends = {number: part.end for number, part in wanted.items()}
        heard = time.monotonic()
        while ends:
            for message in self._consumer.consume(BATCH, timeout=BATCH_SECONDS):
                heard = time.monotonic()
                self._take(message, ends, take)
            if time.monotonic() - heard > self._silence_seconds:
                raise self._unavailable("the topic stays silent")

    def _take(self, message: Message, ends: dict[int, int], take: Take) -> None:
        number, offset, error = message.partition(), message.offset(), message.error()
        if number is None or number not in ends:
            return
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # offsets need not be whole: compaction, transactions
                del ends[number]
            return
        if offset is not None and offset < ends[number]:
            take(message.value())
        if offset is not None and offset >= ends[number] - 1:
            del ends[number]

    def _hear(self, error: KafkaError) -> None:
        """Keep what the client says about its connections: a refused password shows nowhere else."""
        self._told = error

    def _unavailable(self, reason: object) -> UnavailableError:
        self._consumer.poll(0)  # lets it speak
        return UnavailableError(
            f"Kafka does not answer at {self._servers} ({self._told.str() if self._told else reason}). "
            "Start it with `make run` or set KAFKA_BOOTSTRAP_SERVERS."
        )
