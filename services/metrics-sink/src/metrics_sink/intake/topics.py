"""Reads the topics into seconds, from where the last commit ended.

Partitions are assigned, not subscribed to: every record has to pass one tally, and a sink that was killed continues
at once instead of waiting until its group forgets it. Offsets are kept with the figures, not in Kafka (docs/adr/0013).
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from metrics_sink.intake.parsing import read_alert, read_dead_letter, read_delivery, read_label, read_scored
from metrics_sink.intake.seconds import Place, ReceivedRecord, Seconds
from vigie_runtime import KafkaSettings, UnavailableError, get_logger
from vigie_schemas import ALERTS, DEAD_LETTERS, DELIVERY, LABELS, SCORED

GROUP: Final = "metrics-sink"
TAIL: Final = 20_000
"""Records before the end, by partition, that a first start reads without counting: they tell where the detector is."""
TAILED: Final = (SCORED, ALERTS, DEAD_LETTERS)
LARGEST_BATCH: Final = 1_000
PREFETCHED_RECORDS: Final = 20_000
"""Read ahead by the client; its own default is five times as much memory."""
PATIENCE_SECONDS: Final = 10.0

log = get_logger(__name__)

Count = Callable[[ReceivedRecord, bool], None]
"""Counts a record; False says that it is only to be known, not counted."""


class Intake:
    """The sink's consumer."""

    def __init__(
        self, settings: KafkaSettings, seconds: Seconds, count: Count, *, clock_ms: Callable[[], float]
    ) -> None:
        self._seconds = seconds
        self._count = count
        self._clock_ms = clock_ms
        self._live_from: dict[Place, int] = {}
        self._assigned: set[Place] = set()
        self._tailed = {settings.topic_name(topic) for topic in TAILED}
        self._read: dict[str, Callable[[bytes], object]] = {
            settings.topic_name(SCORED): read_scored,
            settings.topic_name(DEAD_LETTERS): read_dead_letter,
            settings.topic_name(ALERTS): read_alert,
            settings.topic_name(LABELS): read_label,
            settings.topic_name(DELIVERY): read_delivery,
        }
        config = settings.consumer_config(GROUP, from_start=False)
        config |= {"enable.partition.eof": True, "queued.min.messages": PREFETCHED_RECORDS}
        self._consumer = Consumer(config, logger=logging.getLogger("metrics_sink.kafka"))
        self.unreadable_total = 0

    @property
    def knows_the_past(self) -> bool:
        """Whether all records before the start have been read."""
        return not self._live_from

    def assign_partitions(self, kept: Mapping[Place, int] | None) -> None:
        """Read on at the kept offsets; without any, from the ends; partitions met later from their beginning."""
        is_start = not self._assigned
        try:
            for topic in self._read:
                for partition in self._consumer.list_topics(topic, timeout=PATIENCE_SECONDS).topics[topic].partitions:
                    if (topic, partition) not in self._assigned:
                        self._assign((topic, partition), kept, from_end=is_start and kept is None)
        except KafkaException as error:
            if is_start:
                raise UnavailableError(
                    f"Kafka does not tell where its topics end ({error}). Check KAFKA_BOOTSTRAP_SERVERS."
                ) from None
            log.warning("partitions not refreshed", reason=str(error))

    def read(self, timeout_seconds: float) -> None:
        """Take what has arrived; wait for the first record, so that none is read later than it could be."""
        first = self._consumer.poll(timeout_seconds)
        if first is None:
            return
        messages = [first, *self._consumer.consume(num_messages=LARGEST_BATCH, timeout=0)]
        now_ms = self._clock_ms()
        for message in messages:
            self._take(message, now_ms)
        self._hold_back(int(now_ms))

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()

    def _assign(self, place: Place, kept: Mapping[Place, int] | None, *, from_end: bool) -> None:
        topic, partition = place
        low, high = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=PATIENCE_SECONDS)
        if from_end:
            start = max(low, high - TAIL) if topic in self._tailed else high
            if start < high:
                self._live_from[place] = high
        else:
            start = (kept or {}).get(place, low)
            if not low <= start <= high:
                log.warning("kept offset is gone", topic=topic, partition=partition, kept=start, begins=low, ends=high)
                start = low
        self._consumer.incremental_assign([TopicPartition(topic, partition, start)])
        self._seconds.begin(place, start, int(self._clock_ms()))
        self._assigned.add(place)

    def _take(self, message: Message, now_ms: float) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        error = message.error()
        if topic is None or partition is None or offset is None:
            log.warning("kafka reports a problem", reason=str(error))
            return
        place = (topic, partition)
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                self._seconds.reach_end(place, int(now_ms))
                self._live_from.pop(place, None)
            else:
                log.warning("kafka reports a problem", topic=topic, partition=partition, reason=str(error))
            return
        record = self._read[topic](message.value() or b"")
        arrival = ReceivedRecord(record, int(now_ms * 1000), message.timestamp()[1])  # pyright: ignore[reportArgumentType]
        if record is None:
            self._note_unreadable(topic, partition)
        if self._is_live(place, offset):
            if self._seconds.is_due_now(place, offset, arrival, int(now_ms)):
                self._count(arrival, True)
        else:
            self._seconds.skip(place, offset, int(now_ms))
            self._count(arrival, False)

    def _is_live(self, place: Place, offset: int) -> bool:
        live_from = self._live_from.get(place)
        if live_from is None:
            return True
        if offset + 1 >= live_from:
            del self._live_from[place]
        return offset >= live_from

    def _hold_back(self, now_ms: int) -> None:
        """Stop partitions that run ahead and let them go on later: a long way to catch up takes no more memory."""
        if places := self._seconds.to_pause():
            self._consumer.pause([TopicPartition(*place) for place in places])
        if places := self._seconds.to_resume(now_ms):
            self._consumer.resume([TopicPartition(*place) for place in places])

    def _note_unreadable(self, topic: str, partition: int) -> None:
        self.unreadable_total += 1
        if self.unreadable_total in (1, 10, 100) or self.unreadable_total % 1000 == 0:
            log.error("unreadable record", topic=topic, partition=partition, total=self.unreadable_total)
