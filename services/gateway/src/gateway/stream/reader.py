"""Reads what became of transactions, from a thread of its own: for who waits first, then into the store."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import orjson
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from gateway.store import VerdictStore
from gateway.stream.outcomes import Read, explanation_of, outcome_of, rejection_of, verdict_of
from vigie_runtime import KafkaSettings, UnavailableError, VigieError, get_logger
from vigie_runtime.offsets import Partition
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import ALERTS, DEAD_LETTERS, SCORED, TRANSACTIONS, VERDICTS

CLIENT: Final = "gateway"
READ_TIMEOUT_SECONDS: Final = 0.1
RETRY_SECONDS: Final = 0.5
OFFSETS_TIMEOUT_SECONDS: Final = 10.0
MAX_BATCH_RECORDS: Final = 2_000
STORE_INTERVAL_SECONDS: Final = 0.1
STORED_RECORDS: Final = 5_000
"""A transaction for each batch of a few records would cost as much as all else here."""

log = get_logger(__name__)


class OutcomeFeed:
    """Every replica reads all partitions, so any of them can answer for any transaction (docs/adr/0028)."""

    def __init__(
        self,
        settings: KafkaSettings,
        store: VerdictStore,
        since_ms: int,
        *,
        take: Callable[[Read], None],
        stored: Callable[[int], None],
    ) -> None:
        """Without a kept offset a partition is read from `since_ms` on.

        `take` gets each batch, then `stored` how many of them are in the store; both from the feed's thread.
        """
        self._settings = settings
        self._store = store
        self._since_ms = since_ms
        self._take = take
        self._stored = stored
        self._batches = 0
        self._unstored = Read()
        self._moved = False
        self._stored_at = time.monotonic()
        self._source = settings.topic_name(TRANSACTIONS)
        self._names = {topic: settings.topic_name(topic) for topic in (SCORED, ALERTS, DEAD_LETTERS, VERDICTS)}
        self._positions: dict[Partition, int] = {}
        self._reader = PartitionReader(
            settings,
            list(self._names.values()),
            client=CLIENT,
            max_batch_records=MAX_BATCH_RECORDS,
            on_start=self._positions.__setitem__,
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="outcomes", daemon=True)
        self._ends: dict[Partition, int] = {}
        self.is_caught_up = False
        self.problem: str | None = None
        self.unreadable_total = 0

    def open(self) -> None:
        """Begin where the store ends; raises UnavailableError while Kafka is."""
        held = {name: self._reader.held(name) for name in self._names.values()}
        self._ends = {(name, number): at.end for name, ranges in held.items() for number, at in ranges.items()}
        starts = self._offsets_since(self._ends)
        self._reader.assign(self._store.positions(), lambda partition, held: starts.get(partition, held.end))
        self._look_whether_caught_up()

    def start(self) -> None:
        """Follow the topics until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Stop, keep the positions and leave Kafka."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
            if self._moved:
                self._keep()
        self._reader.close()

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                batch = self._reader.read(READ_TIMEOUT_SECONDS)
                if batch.records:
                    self._hand_on(batch.records)
                self._keep_now_and_then()
                self.problem = None
            except VigieError as error:
                if self.problem is None:
                    log.warning("outcomes not read", reason=str(error))
                self.problem = str(error)
                self._stop.wait(RETRY_SECONDS)

    def _hand_on(self, records: list[Message]) -> None:
        read = Read()
        for message in records:
            topic, number, offset = message.topic(), message.partition(), message.offset()
            if topic is None or number is None or offset is None:
                continue
            self._positions[topic, number] = offset + 1
            self._add(read, topic, message.value())
        self._moved = True
        if read.count:
            self._batches += 1
            self._unstored.extend(read)
            self._take(read)

    def _keep_now_and_then(self) -> None:
        is_time = time.monotonic() - self._stored_at >= STORE_INTERVAL_SECONDS
        if self._moved and (is_time or self._unstored.count >= STORED_RECORDS):
            self._keep()

    def _keep(self) -> None:
        self._store.add(self._unstored, self._reader.kept(self._positions))
        self._unstored, self._moved, self._stored_at = Read(), False, time.monotonic()
        self._stored(self._batches)
        self._look_whether_caught_up()

    def _add(self, read: Read, topic: str, value: bytes | None) -> None:
        try:
            record: dict[str, Any] = orjson.loads(value or b"")
            if topic == self._names[SCORED]:
                read.outcomes.append(outcome_of(record))
            elif topic == self._names[VERDICTS]:
                read.verdicts.append(verdict_of(record))
            elif topic == self._names[ALERTS]:
                read.explanations.append(explanation_of(record))
            elif (rejection := rejection_of(record, self._source)) is not None:
                read.rejections.append(rejection)
        except (ValueError, KeyError, TypeError):
            self.unreadable_total += 1
            log.warning("record not readable", topic=topic)

    def _look_whether_caught_up(self) -> None:
        if not self.is_caught_up:
            behind = [place for place, end in self._ends.items() if self._positions.get(place, end) < end]
            self.is_caught_up = not behind

    def _offsets_since(self, partitions: Iterable[Partition]) -> Mapping[Partition, int]:
        """The first offset of each partition from `since_ms` on; raises UnavailableError."""
        wanted = [TopicPartition(*partition, self._since_ms) for partition in partitions]
        consumer = Consumer(self._settings.consumer_config(CLIENT))
        try:
            found = consumer.offsets_for_times(wanted, timeout=OFFSETS_TIMEOUT_SECONDS)
        except KafkaException as error:
            raise UnavailableError(f"Kafka does not say where the outcomes begin ({error.args[0].str()}).") from None
        finally:
            consumer.close()
        return {(each.topic, each.partition): each.offset for each in found if each.offset >= 0}
