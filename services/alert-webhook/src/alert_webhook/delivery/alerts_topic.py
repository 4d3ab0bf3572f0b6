"""Reads the alerts topic from where the outbox, or else the group's committed offset, says.

The partitions are assigned by hand: one process takes in (it holds the outbox's lock), and after a kill the next goes
on at once instead of waiting until Kafka forgets its predecessor.
"""

import logging
import time
from collections.abc import Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from vigie_runtime import KafkaSettings, get_logger
from vigie_schemas import ALERTS

GROUP: Final = "alert-webhook"
LARGEST_BATCH: Final = 500
"""Alerts in one transaction: tens of milliseconds in which nobody else writes to SQLite."""
PATIENCE_SECONDS: Final = 3.0
LONGEST_COMMIT_MS: Final = 3_000
"""So long Kafka's client waits for a broker to note an offset, also when it is closed; there is no session to time."""
FAREWELL_SECONDS: Final = 2.0

log = get_logger(__name__)


class AlertsTopic:
    """One consumer; errors of Kafka are raised as KafkaException."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.name = settings.topic_name(ALERTS)
        self._consumer = Consumer(
            settings.consumer_config(GROUP) | {"on_commit": self._note_commit, "session.timeout.ms": LONGEST_COMMIT_MS},
            logger=logging.getLogger("alert_webhook.kafka"),
        )
        self._assigned: set[int] = set()
        self._committed: dict[int, int] = {}
        self._asked: dict[int, int] = {}

    def assign(self, kept: Mapping[int, int]) -> None:
        """Start in each partition that is not read yet, where the outbox says or else where the group left off."""
        partitions = self._consumer.list_topics(self.name, timeout=PATIENCE_SECONDS).topics[self.name].partitions
        fresh = [TopicPartition(self.name, number) for number in partitions if number not in self._assigned]
        if not fresh:
            return
        for committed in self._consumer.committed(fresh, timeout=PATIENCE_SECONDS):
            offset = self._start(committed.partition, kept.get(committed.partition, committed.offset))
            self._consumer.incremental_assign([TopicPartition(self.name, committed.partition, offset)])
            self._assigned.add(committed.partition)

    def read(self, timeout_seconds: float) -> list[Message]:
        """What has arrived, waiting for the first record only, so that none is read later than it could be."""
        first = self._consumer.poll(timeout_seconds)
        if first is None:
            return []
        found = [first, *self._consumer.consume(num_messages=LARGEST_BATCH - 1, timeout=0)]
        for message in found:
            if message.error():
                log.warning("kafka reports a problem", reason=str(message.error()))
        return [message for message in found if not message.error()]

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Have Kafka note where to begin without an outbox; not waited for, as Kafka may be away."""
        changed = {number: offset for number, offset in offsets.items() if self._committed.get(number) != offset}
        if changed and not self._asked:
            self._asked = changed
            places = [TopicPartition(self.name, number, offset) for number, offset in changed.items()]
            self._consumer.commit(offsets=places, asynchronous=True)

    def close(self) -> None:
        """Leave Kafka; what was to be noted has a moment for it."""
        ends_at = time.monotonic() + FAREWELL_SECONDS
        while self._asked and time.monotonic() < ends_at:
            self._consumer.poll(0.05)
        self._consumer.close()

    def _note_commit(self, error: KafkaError | None, _: list[TopicPartition]) -> None:
        if error is None:
            self._committed |= self._asked
        else:
            log.warning("offset not committed", reason=error.name())
        self._asked = {}

    def _start(self, partition: int, wanted: int) -> int:
        """The wanted offset where the topic has it; negative: none is known."""
        place = TopicPartition(self.name, partition)
        low, high = self._consumer.get_watermark_offsets(place, timeout=PATIENCE_SECONDS)
        if wanted > high:
            log.warning("alerts topic was made anew", partition=partition)
            return low
        if 0 <= wanted < low:
            log.error("alerts left Kafka before they were taken in", partition=partition, count=low - wanted)
        return max(wanted, low)
