"""The newest records of the scored topic, read by offset: no group is joined and nothing is committed."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from trainer.logged_features import FeatureCollector, LoggedFeatures
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_schemas import SCORED

ASK_SECONDS = 5.0
SILENCE_SECONDS = 30.0
BATCH = 10_000
BATCH_SECONDS = 0.2


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


class ScoredTopic:
    """One reader of the scored topic."""

    def __init__(self, settings: KafkaSettings, *, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._topic = settings.topic_name(SCORED)
        self._servers = settings.kafka_bootstrap_servers
        self._silence_seconds = silence_seconds
        self._told: KafkaError | None = None
        config = settings.consumer_config("vigie-trainer") | {"enable.partition.eof": True, "error_cb": self._hear}
        self._consumer = Consumer(config, logger=logging.getLogger("librdkafka"))

    def held(self) -> dict[int, Held]:
        """What each partition holds now; empty while the topic does not exist."""
        try:
            topic = self._consumer.list_topics(self._topic, timeout=ASK_SECONDS).topics[self._topic]
            return {number: self._held(number) for number in topic.partitions}
        except KafkaException as error:
            raise self._unavailable(error) from None

    def read_newest(self, rows: int) -> LoggedFeatures:
        """Read the newest `rows` records that are there now."""
        wanted = newest(self.held(), rows)
        collector = FeatureCollector()
        try:
            self._consumer.assign([TopicPartition(self._topic, number, part.start) for number, part in wanted.items()])
            self._read(wanted, collector)
            self._consumer.unassign()
        except KafkaException as error:
            raise self._unavailable(error) from None
        return collector.collected()

    def follow(self, rows: int) -> dict[int, int]:
        """Go back by the newest `rows` records, for `read_on` to begin there; returns where each partition ends now."""
        held = self.held()
        starts = {number: part.end for number, part in held.items()}
        starts |= {number: part.start for number, part in newest(held, rows).items()}
        try:
            self._consumer.assign([TopicPartition(self._topic, number, start) for number, start in starts.items()])
        except KafkaException as error:
            raise self._unavailable(error) from None
        return {number: part.end for number, part in held.items()}

    def read_on(self, seconds: float) -> list[Message]:
        """Records that came since, for at most so many seconds; none while the broker is away, which mends itself."""
        return [message for message in self._consumer.consume(BATCH, timeout=seconds) if message.error() is None]

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _held(self, number: int) -> Held:
        answer = self._consumer.get_watermark_offsets(TopicPartition(self._topic, number), timeout=ASK_SECONDS)
        if answer is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return Held(*answer)

    def _read(self, wanted: Mapping[int, Held], collector: FeatureCollector) -> None:
        ends = {number: part.end for number, part in wanted.items()}
        heard = time.monotonic()
        while ends:
            for message in self._consumer.consume(BATCH, timeout=BATCH_SECONDS):
                heard = time.monotonic()
                self._take(message, ends, collector)
            if time.monotonic() - heard > self._silence_seconds:
                raise self._unavailable("the topic stays silent")

    def _take(self, message: Message, ends: dict[int, int], collector: FeatureCollector) -> None:
        number, offset, error = message.partition(), message.offset(), message.error()
        if number is None or number not in ends:
            return
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # offsets need not be whole: compaction, transactions
                del ends[number]
            return
        if offset is not None and offset < ends[number]:
            collector.add(message.value())
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
