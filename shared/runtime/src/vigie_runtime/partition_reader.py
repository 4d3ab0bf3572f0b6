"""Reads partitions by offset: from kept offsets or a stated start on, with no group joined and nothing committed.

Partitions are assigned, not subscribed to: each reader has to see every record, and one that was killed reads on at
once instead of waiting until its group has noticed. Where to read on is kept by the caller, beside what it made of the
records (docs/adr/0013).
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from vigie_runtime.errors import UnavailableError, VigieError
from vigie_runtime.kafka import KafkaSettings
from vigie_runtime.kafka_errors import ConnectionErrors
from vigie_runtime.logs import get_logger
from vigie_runtime.offset_check import OffsetCheck
from vigie_runtime.offsets import KeptOffset, OffsetLookup, OffsetRange, Partition
from vigie_runtime.topic_descriptions import Answers, DescribedTopic, TopicDescriptions

CALL_TIMEOUT_SECONDS = 3.0
REFRESH_INTERVAL_SECONDS = 5.0
"""Between looks for partitions that were added and topics that were recreated; no read waits for the answer."""
RETRY_INTERVAL_SECONDS = 1.0
MAX_BATCH_RECORDS = 1_000
READ_AHEAD_RECORDS = 20_000
"""Read ahead by the client, for each partition; its own default takes five times as much memory."""

GATHERED_BYTES = 1_000_000
"""With so much a broker does not wait any longer; one fetch of a partition brings no more."""
Start = Callable[[Partition, OffsetRange], int]
"""Where to begin in a partition without a kept offset."""
NO_OFFSETS: Mapping[Partition, KeptOffset] = MappingProxyType({})

log = get_logger(__name__)


class Batch(NamedTuple):
    """What a read returned."""

    records: list[Message]
    ended: list[Partition]
    """Partitions that hold no further record now."""


def from_beginning(_: Partition, held: OffsetRange) -> int:
    """The oldest record that is kept."""
    return held.start


class PartitionReader:
    """Reads all partitions of some topics; raises UnavailableError, or ConfigurationError where access is denied."""

    def __init__(
        self,
        settings: KafkaSettings,
        topics: Sequence[str],
        *,
        client: str,
        max_batch_records: int = MAX_BATCH_RECORDS,
        gather_ms: int = 0,
        call_timeout_seconds: float = CALL_TIMEOUT_SECONDS,
        on_start: Callable[[Partition, int], None] = lambda partition, offset: None,
    ) -> None:
        """`client` names the reader to Kafka; `on_start` is called with each partition and the offset it begins at.

        The broker holds records back for `gather_ms`: an answer for each of them costs it as much as taking it in.
        """
        self._topics = list(topics)
        self._max_batch_records = max_batch_records
        self._on_start = on_start
        self._errors = ConnectionErrors(settings.kafka_bootstrap_servers)
        config = settings.consumer_config(client) | {
            "auto.offset.reset": "error",  # an offset that is gone is decided, logged and counted here
            "enable.partition.eof": True,
            "queued.min.messages": READ_AHEAD_RECORDS,
        }
        if gather_ms:
            config |= {"fetch.min.bytes": GATHERED_BYTES, "fetch.wait.max.ms": gather_ms}
        try:
            self._consumer = Consumer({**config, "error_cb": self._errors}, logger=logging.getLogger("librdkafka"))
        except KafkaException as error:
            raise self._errors.explain(error.args[0]) from None
        self._lookup = OffsetLookup(self._consumer, self._errors, call_timeout_seconds)
        admin = settings.client_config() | {"error_cb": self._errors, "log_level": 0}
        self._descriptions = TopicDescriptions(AdminClient(admin), call_timeout_seconds)
        self._check = OffsetCheck()
        self._assigned: set[Partition] = set()
        self._expected: dict[Partition, KeptOffset] = {}
        self._logged: dict[Partition | None, int] = {}
        self._refresh_at = float("inf")
        self._asked: Answers | None = None

    @property
    def lost_records(self) -> int:
        """Records that Kafka deleted before they were read."""
        return self._check.lost_records

    @property
    def recreated_partitions(self) -> int:
        """Partitions read again from their beginning, because their topic was deleted and created again."""
        return self._check.recreated_partitions

    def held(self, topic: str) -> dict[int, OffsetRange]:
        """What each partition of a topic holds now; empty while the topic does not exist."""
        return {partition[1]: self._lookup.held(partition) for partition in self._lookup.partitions(topic)}

    def topic_id(self, topic: str) -> str:
        """Another one after the topic was deleted and created again; raises UnavailableError while there is none."""
        with self._lookup.explained():
            found = self._descriptions.of([topic])
        if topic not in found:
            raise UnavailableError(f"Kafka does not know {topic}: it was deleted, or a broker has just started.")
        return found[topic].topic_id

    def kept(self, offsets: Mapping[Partition, int]) -> dict[Partition, KeptOffset]:
        """Offsets in the topics as they are read now, in the form that `assign` takes at the next start."""
        return {partition: self._check.kept(partition, offset) for partition, offset in offsets.items()}

    def assign(self, kept: Mapping[Partition, KeptOffset] = NO_OFFSETS, start: Start = from_beginning) -> None:
        """Begin each partition at its kept offset, else at `start`; those added later at their beginning."""
        with self._lookup.explained():
            found = self._descriptions.of(self._topics)
        self.unassign()
        starts = self._starts(found, kept, start)
        with self._lookup.explained():
            self._consumer.assign(_places(starts))
        self._begin(starts, found)

    def unassign(self) -> None:
        """Read no partition, so that the client fetches nothing."""
        with self._lookup.explained():
            self._consumer.unassign()
        self._forget()

    def read(self, timeout_seconds: float, *, until_full: bool = False) -> Batch:
        """What has arrived. Waits for the first record only, so that none is read later than it could be.

        With `until_full` it waits for a whole batch: that costs less where a record has time.
        """
        if time.monotonic() >= self._refresh_at:
            self._refresh()
        messages = list(self._lookup.unread)
        self._lookup.unread.clear()
        try:
            if until_full:
                messages += self._consumer.consume(self._max_batch_records, timeout=timeout_seconds)
            # a record with an empty value is as false as none
            elif (first := self._consumer.poll(0 if messages else timeout_seconds)) is not None:
                messages += [first, *self._consumer.consume(self._max_batch_records - 1, timeout=0)]
        except KafkaException as error:
            raise self._errors.explain(error.args[0]) from None
        if messages:
            self._errors.clear()
        return self._sorted(messages)

    def silence(self) -> VigieError:
        """The error to raise where records should have come and none did: it says what the connections report."""
        return self._lookup.explain(KafkaError(KafkaError._TIMED_OUT, f"nothing arrives of {', '.join(self._topics)}"))

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Read no further in these for now."""
        with self._lookup.explained():
            self._consumer.pause([TopicPartition(*partition) for partition in partitions])

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Read on in these."""
        with self._lookup.explained():
            self._consumer.resume([TopicPartition(*partition) for partition in partitions])

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()

    def _starts(
        self, found: Mapping[str, DescribedTopic], kept: Mapping[Partition, KeptOffset], start: Start
    ) -> dict[Partition, int]:
        """Where to begin in each partition that is not read yet, looked up for all before any is read."""
        described = [(topic, number) for topic, one in found.items() for number in one.partitions]
        new = [partition for partition in described if partition not in self._assigned]
        for topic in {topic for topic, _ in new}:
            self._lookup.partitions(topic)  # the client may not know the new ones yet
        held = {partition: self._lookup.held(partition) for partition in new}
        return {
            partition: self._check.begin(partition, kept[partition], found[partition[0]], offsets)
            if partition in kept
            else start(partition, offsets)
            for partition, offsets in held.items()
        }

    def _forget(self) -> None:
        self._assigned.clear()
        self._expected.clear()
        self._lookup.unread.clear()
        self._refresh_at = float("inf")
        self._asked = None

    def _begin(self, starts: Mapping[Partition, int], found: Mapping[str, DescribedTopic]) -> None:
        self._check.read_in(found)
        for partition, offset in starts.items():
            self._assigned.add(partition)
            self._expected.pop(partition, None)
            self._on_start(partition, offset)
        self._refresh_at = time.monotonic() + REFRESH_INTERVAL_SECONDS

    def _refresh(self) -> None:
        """Begin partitions that were added, those whose offset was gone, and those of recreated topics."""
        try:
            with self._lookup.explained():
                if self._asked is None:
                    self._asked = self._descriptions.ask(self._topics)
                if not all(answer.done() for answer in self._asked.values()):
                    return
                answers, self._asked = self._asked, None
                found = self._descriptions.take(answers)
            self._leave_recreated(found)
            starts = self._starts(found, self._expected, from_beginning)
            with self._lookup.explained():
                self._consumer.incremental_assign(_places(starts))
        except VigieError as error:
            self._refresh_at = time.monotonic() + RETRY_INTERVAL_SECONDS
            log.warning("partitions not refreshed", reason=str(error))
        else:
            self._begin(starts, found)

    def _leave_recreated(self, found: Mapping[str, DescribedTopic]) -> None:
        """Leave partitions that were read on in a topic in which their offsets mean nothing."""
        for partition in [*self._assigned]:
            if self._check.is_recreated(partition[0], found):
                (position,) = self._consumer.position([TopicPartition(*partition)])
                self._leave(partition, max(position.offset, 0))

    def _sorted(self, messages: Iterable[Message]) -> Batch:
        records: list[Message] = []
        ended: set[Partition | None] = set()
        for message in messages:
            error, topic, number = message.error(), message.topic(), message.partition()
            partition = None if topic is None or number is None else (topic, number)
            if error is None:
                records.append(message)
                ended.discard(partition)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(partition)
            elif error.code() == KafkaError._AUTO_OFFSET_RESET and partition:
                self._leave(partition, message.offset() or 0)
            elif self._logged.get(partition) != error.code():
                self._logged[partition] = error.code()
                log.warning("partition not readable", topic=topic, partition=number, reason=error.str())
        return Batch(records, [partition for partition in ended if partition])

    def _leave(self, partition: Partition, offset: int) -> None:
        """The next offset was gone when it was to be read: a refresh finds out why, and where to go on."""
        with self._lookup.explained():
            self._consumer.incremental_unassign([TopicPartition(*partition)])
        self._assigned.discard(partition)
        self._expected[partition] = self._check.kept(partition, offset)
        self._refresh_at = 0.0


def _places(starts: Mapping[Partition, int]) -> list[TopicPartition]:
    return [TopicPartition(*partition, offset) for partition, offset in starts.items()]
