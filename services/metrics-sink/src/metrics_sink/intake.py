"""Reads the detector's topics into the tally, from their end on.

Partitions are assigned, not subscribed to: every record has to pass one tally, and a sink that was killed continues
at once instead of waiting until its group forgets it.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from metrics_sink.reading import read_alert_id, read_dead_letter, read_scored
from metrics_sink.tally import Tally
from vigie_runtime import KafkaSettings, UnavailableError, get_logger
from vigie_schemas import ALERTS, DEAD_LETTERS, SCORED

GROUP: Final = "metrics-sink"
TAIL: Final = 20_000
"""Records before the end, by partition, read without counting: they tell which offsets the detector finished."""
LARGEST_BATCH: Final = 1_000
PATIENCE_SECONDS: Final = 10.0

log = get_logger(__name__)


class Intake:
    """The sink's consumer."""

    def __init__(self, settings: KafkaSettings, tally: Tally) -> None:
        self._tally = tally
        self._live_from: dict[tuple[str, int], int] = {}
        self._assigned: set[tuple[str, int]] = set()
        self._scored = settings.topic_name(SCORED)
        self._count: dict[str, Callable[[bytes, Message, bool], bool]] = {
            self._scored: self._count_scored,
            settings.topic_name(DEAD_LETTERS): self._count_dead_letter,
            settings.topic_name(ALERTS): self._count_alert,
        }
        self._consumer = Consumer(
            settings.consumer_config(GROUP, from_start=False), logger=logging.getLogger("metrics_sink.kafka")
        )
        self.unreadable_total = 0

    @property
    def knows_the_past(self) -> bool:
        """Whether all records before the start have been read."""
        return not self._live_from

    def assign_partitions(self) -> None:
        """Start at the tail of each partition; those that appear later are read from their beginning."""
        is_start = not self._assigned
        try:
            for topic in self._count:
                for partition in self._consumer.list_topics(topic, timeout=PATIENCE_SECONDS).topics[topic].partitions:
                    if (topic, partition) not in self._assigned:
                        self._assign(topic, partition, with_tail=is_start)
        except KafkaException as error:
            if is_start:
                raise UnavailableError(
                    f"Kafka does not tell where its topics end ({error}). Check KAFKA_BOOTSTRAP_SERVERS."
                ) from None
            log.warning("partitions not refreshed", reason=str(error))

    def read(self, timeout_seconds: float) -> None:
        """Count what has arrived; wait for the first record, so that none is read later than it could be."""
        first = self._consumer.poll(timeout_seconds)
        if first is None:
            return
        messages = [first, *self._consumer.consume(num_messages=LARGEST_BATCH, timeout=0)]
        self._read_at_us = time.time_ns() // 1000
        for message in messages:
            self._take(message)

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()

    def _assign(self, topic: str, partition: int, *, with_tail: bool) -> None:
        low, high = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=PATIENCE_SECONDS)
        if with_tail and high > low:
            self._live_from[topic, partition] = high
        start = max(low, high - TAIL) if with_tail else low
        self._consumer.incremental_assign([TopicPartition(topic, partition, start)])
        self._assigned.add((topic, partition))

    def _take(self, message: Message) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if message.error() or topic is None or partition is None or offset is None:
            log.warning("kafka reports a problem", reason=str(message.error()))
            return
        is_live = True
        if self._live_from:
            live_from = self._live_from.get((topic, partition), 0)
            is_live = offset >= live_from
            if offset + 1 >= live_from:
                self._live_from.pop((topic, partition), None)
        if not self._count[topic](message.value() or b"", message, is_live):
            self.unreadable_total += 1
            if self.unreadable_total in (1, 10, 100) or self.unreadable_total % 1000 == 0:
                log.error("unreadable record", topic=topic, partition=partition, total=self.unreadable_total)

    def _count_scored(self, payload: bytes, message: Message, is_live: bool) -> bool:
        record = read_scored(payload)
        if record is None:
            return False
        written_at_ms = message.timestamp()[1]
        self._tally.count_scored(record, read_at_us=self._read_at_us, written_at_ms=written_at_ms, is_live=is_live)
        return True

    def _count_dead_letter(self, payload: bytes, message: Message, is_live: bool) -> bool:
        record = read_dead_letter(payload)
        if record is None:
            return False
        self._tally.count_dead_letter(record, is_live=is_live)
        return True

    def _count_alert(self, payload: bytes, message: Message, is_live: bool) -> bool:
        alert_id = read_alert_id(payload)
        if alert_id is None:
            return False
        self._tally.count_alert(alert_id, is_live=is_live)
        return True
