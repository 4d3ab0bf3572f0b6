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

from vigie_runtime.errors import VigieError
from vigie_runtime.kafka import KafkaSettings
from vigie_runtime.kafka_errors import ConnectionErrors
from vigie_runtime.logs import get_logger
from vigie_runtime.offsets import OffsetLookup, OffsetRange, Partition

CALL_TIMEOUT_SECONDS = 3.0
REFRESH_INTERVAL_SECONDS = 30.0
"""Between looks for partitions that were added."""
RETRY_INTERVAL_SECONDS = 1.0
MAX_BATCH_RECORDS = 1_000
READ_AHEAD_RECORDS = 20_000
"""Read ahead by the client, for each partition; its own default takes five times as much memory."""

GATHERED_BYTES = 1_000_000
"""With so much a broker does not wait any longer; one fetch of a partition brings no more."""
Start = Callable[[Partition, OffsetRange], int]
"""Where to begin in a partition without a kept offset."""
NO_OFFSETS: Mapping[Partition, int] = MappingProxyType({})

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
        self._assigned: set[Partition] = set()
        self._expected: dict[Partition, int] = {}
        self._logged: dict[Partition | None, int] = {}
        self._refresh_at = float("inf")
        self.lost_records = 0
        """Deleted by Kafka before they were read."""
        self.recreated_partitions = 0
        """Read again from their beginning, because their topic was deleted and created again."""

    def held(self, topic: str) -> dict[int, OffsetRange]:
        """What each partition of a topic holds now; empty while the topic does not exist."""
        return {partition[1]: self._lookup.held(partition) for partition in self._lookup.partitions(topic)}

    def assign(self, kept: Mapping[Partition, int] = NO_OFFSETS, start: Start = from_beginning) -> None:
        """Begin each partition at its kept offset, else at `start`; those added later at their beginning."""
        starts = self._starts(kept, start, besides=set())
        with self._lookup.explained():
            self._consumer.assign(_places(starts))
        self._forget()
        self._begin(starts)

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

    def _starts(self, kept: Mapping[Partition, int], start: Start, *, besides: set[Partition]) -> dict[Partition, int]:
        """Where to begin in each partition, looked up for all before any is read."""
        all_partitions = [partition for topic in self._topics for partition in self._lookup.partitions(topic)]
        held = {partition: self._lookup.held(partition) for partition in all_partitions if partition not in besides}
        return {
            partition: self._checked(partition, kept[partition], offsets)
            if partition in kept
            else start(partition, offsets)
            for partition, offsets in held.items()
        }

    def _checked(self, partition: Partition, kept: int, held: OffsetRange) -> int:
        """The kept offset, or the partition's beginning where that offset is gone."""
        topic, number = partition
        if kept > held.end:
            self.recreated_partitions += 1
            log.warning("topic recreated", topic=topic, partition=number, kept=kept, end=held.end)
        elif kept < held.start:
            self.lost_records += held.start - kept
            log.error("records lost to retention", topic=topic, partition=number, kept=kept, lost=held.start - kept)
        return kept if held.start <= kept <= held.end else held.start

    def _forget(self) -> None:
        self._assigned.clear()
        self._expected.clear()
        self._lookup.unread.clear()
        self._refresh_at = float("inf")

    def _begin(self, starts: Mapping[Partition, int]) -> None:
        self._refresh_at = time.monotonic() + REFRESH_INTERVAL_SECONDS
        for partition, offset in starts.items():
            self._assigned.add(partition)
            self._expected.pop(partition, None)
            self._on_start(partition, offset)

    def _refresh(self) -> None:
        """Begin partitions that were added, and those whose offset was gone."""
        try:
            starts = self._starts(self._expected, from_beginning, besides=self._assigned)
            with self._lookup.explained():
                self._consumer.incremental_assign(_places(starts))
        except VigieError as error:
            self._refresh_at = time.monotonic() + RETRY_INTERVAL_SECONDS
            log.warning("partitions not refreshed", reason=str(error))
        else:
            self._begin(starts)

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
        self._expected[partition] = offset
        self._refresh_at = 0.0


def _places(starts: Mapping[Partition, int]) -> list[TopicPartition]:
    return [TopicPartition(*partition, offset) for partition, offset in starts.items()]
