"""Reads the topics into seconds, from where the last commit ended.

Every record has to pass one tally, so all partitions are read here. Offsets are kept with the figures, not in Kafka
(docs/adr/0013).
"""

from collections.abc import Callable, Mapping
from typing import Final

from confluent_kafka import Message

from metrics_sink.intake.parsing import (
    read_alert,
    read_dead_letter,
    read_delivery,
    read_label,
    read_scored,
    read_verdict,
)
from metrics_sink.intake.seconds import Place, ReceivedRecord, Seconds
from vigie_runtime import KafkaSettings, get_logger
from vigie_runtime.offsets import KeptOffset, OffsetRange
from vigie_runtime.partition_reader import NO_OFFSETS, PartitionReader, Start, from_beginning
from vigie_schemas import ALERTS, DEAD_LETTERS, DELIVERY, LABELS, SCORED, VERDICTS

CLIENT: Final = "metrics-sink"
MAX_RECORDS_BEFORE_END: Final = 20_000
"""Records before the end of a partition that a first start reads without counting: they show where the detector is."""
TOPICS_READ_BEFORE_END: Final = (SCORED, ALERTS, DEAD_LETTERS, VERDICTS)

log = get_logger(__name__)

Count = Callable[[ReceivedRecord, bool], None]
"""Counts a record, or with False only remembers it."""


class MetricsIntake:
    """Reads all partitions and passes each record on when its second is open."""

    def __init__(
        self, settings: KafkaSettings, seconds: Seconds, count: Count, *, clock_ms: Callable[[], float]
    ) -> None:
        self._seconds = seconds
        self._count = count
        self._clock_ms = clock_ms
        self._live_from: dict[Place, int] = {}
        self._read_before_end = {settings.topic_name(topic) for topic in TOPICS_READ_BEFORE_END}
        self._read: dict[str, Callable[[bytes], object]] = {
            settings.topic_name(SCORED): read_scored,
            settings.topic_name(DEAD_LETTERS): read_dead_letter,
            settings.topic_name(ALERTS): read_alert,
            settings.topic_name(VERDICTS): read_verdict,
            settings.topic_name(LABELS): read_label,
            settings.topic_name(DELIVERY): read_delivery,
        }
        self._reader = PartitionReader(settings, list(self._read), client=CLIENT, on_start=self._begin)
        self.unreadable_total = 0

    @property
    def has_looked_back(self) -> bool:
        """Whether all records before the start have been read."""
        return not self._live_from

    @property
    def lost_records(self) -> int:
        """Records that Kafka deleted before they were read."""
        return self._reader.lost_records

    @property
    def recreated_partitions(self) -> int:
        """Partitions read again from their beginning, because their topic was recreated."""
        return self._reader.recreated_partitions

    def kept(self, offsets: Mapping[Place, int]) -> dict[Place, KeptOffset]:
        """Offsets as `start` takes them."""
        return self._reader.kept(offsets)

    def start(self, kept: Mapping[Place, KeptOffset] | None) -> None:
        """Continue at the kept offsets, in topics without any at their ends; raise UnavailableError without Kafka."""
        self._live_from.clear()
        self._reader.assign(kept or NO_OFFSETS, start=self._start_beside(kept or NO_OFFSETS))

    def read(self, timeout_seconds: float) -> None:
        """Read what has arrived; waits for the first record only, so that none is read later than necessary."""
        batch = self._reader.read(timeout_seconds)
        now_ms = self._clock_ms()
        for message in batch.records:
            self._take(message, now_ms)
        for place in batch.ended:
            self._seconds.reach_end(place, int(now_ms))
            self._live_from.pop(place, None)
        self._pause_and_resume(int(now_ms))

    def close(self) -> None:
        """Close the connection to Kafka."""
        self._reader.close()

    def _start_beside(self, kept: Mapping[Place, KeptOffset]) -> Start:
        """Partitions that a topic got meanwhile are read in full; a topic that is new here begins as at first."""
        known = {topic for topic, _ in kept}

        def start(place: Place, held: OffsetRange) -> int:
            return from_beginning(place, held) if place[0] in known else self._first_start(place, held)

        return start

    def _first_start(self, place: Place, held: OffsetRange) -> int:
        start = max(held.start, held.end - MAX_RECORDS_BEFORE_END) if place[0] in self._read_before_end else held.end
        if start < held.end:
            self._live_from[place] = held.end
        return start

    def _begin(self, place: Place, offset: int) -> None:
        self._seconds.begin(place, offset, int(self._clock_ms()))

    def _take(self, message: Message, now_ms: float) -> None:
        topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
        place = (topic, partition)
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

    def _pause_and_resume(self, now_ms: int) -> None:
        """Pause partitions that are far ahead, so that catching up takes no more memory; resume them later."""
        if places := self._seconds.to_pause():
            self._reader.pause(places)
        if places := self._seconds.to_resume(now_ms):
            self._reader.resume(places)

    def _note_unreadable(self, topic: str, partition: int) -> None:
        self.unreadable_total += 1
        if self.unreadable_total in (1, 10, 100) or self.unreadable_total % 1000 == 0:
            log.error("unreadable record", topic=topic, partition=partition, total=self.unreadable_total)
