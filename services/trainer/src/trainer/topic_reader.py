"""The newest records of a topic, up to where it ends now or from there on."""

import time
from collections.abc import Callable, Mapping

from confluent_kafka import Message

from vigie_runtime import KafkaSettings
from vigie_runtime.offsets import OffsetRange, Partition
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import Topic

ASK_SECONDS = 5.0
GATHER_MS = 500
"""Rows are looked at by the thousand."""
SILENCE_SECONDS = 30.0
BATCH = 10_000
BATCH_SECONDS = 0.2

Take = Callable[[bytes | None], None]
"""What is done with each record's value."""


def newest(held: Mapping[int, OffsetRange], rows: int) -> dict[int, OffsetRange]:
    """Share `rows` among the partitions by what each holds, so that all reach back about equally far."""
    total = sum(part.records for part in held.values())
    share = min(1.0, rows / total) if total else 0.0
    return {
        number: OffsetRange(part.end - min(part.records, round(part.records * share)), part.end)
        for number, part in held.items()
        if round(part.records * share) > 0
    }


class TopicReader:
    """One reader of one topic; raises UnavailableError."""

    def __init__(
        self,
        settings: KafkaSettings,
        topic: Topic,
        *,
        ask_seconds: float = ASK_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._topic = settings.topic_name(topic)
        self._silence_seconds = silence_seconds
        self._reader = PartitionReader(
            settings,
            [self._topic],
            client="vigie-trainer",
            gather_ms=GATHER_MS,
            max_batch_records=BATCH,
            call_timeout_seconds=ask_seconds,
        )

    def held(self) -> dict[int, OffsetRange]:
        """What each partition holds now; empty while the topic does not exist."""
        return self._reader.held(self._topic)

    def follow(self, rows: int) -> dict[int, int]:
        """Go back by the newest `rows` records, for `read_on` to begin there; returns where each partition ends now."""
        held = self.held()
        starts = {number: part.end for number, part in held.items()}
        starts |= {number: part.start for number, part in newest(held, rows).items()}
        self._reader.assign(start=lambda partition, now: max(now.start, starts.get(partition[1], now.start)))
        return {number: part.end for number, part in held.items()}

    def read_on(self, seconds: float) -> list[Message]:
        """Records that came since, for at most so many seconds; none while the broker is away."""
        return self._reader.read(seconds, until_full=True).records

    def close(self) -> None:
        """Leave the broker."""
        self._reader.close()

    def _read_parts(self, wanted: Mapping[int, OffsetRange], take: Take) -> None:
        """Hand over every record of these parts; raise UnavailableError when the broker falls silent before."""

        def start(partition: Partition, held: OffsetRange) -> int:
            part = wanted.get(partition[1])
            return max(part.start, held.start) if part else held.end

        self._reader.assign(start=start)
        try:
            self._read({number: part.end for number, part in wanted.items()}, take)
        finally:
            self._reader.unassign()

    def _read(self, ends: dict[int, int], take: Take) -> None:
        heard = time.monotonic()
        while ends:
            batch = self._reader.read(BATCH_SECONDS, until_full=True)
            if batch.records or batch.ended:
                heard = time.monotonic()
            elif time.monotonic() - heard > self._silence_seconds:
                raise self._reader.silence()
            for message in batch.records:
                _take(message, ends, take)
            for _, number in batch.ended:  # offsets need not be whole: compaction, transactions
                ends.pop(number, None)


def _take(message: Message, ends: dict[int, int], take: Take) -> None:
    number, offset = message.partition(), message.offset()
    if number is None or offset is None or number not in ends:
        return
    if offset < ends[number]:
        take(message.value())
    if offset >= ends[number] - 1:
        del ends[number]
