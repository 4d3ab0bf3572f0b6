"""Whether a kept offset still means what it meant: its record may be deleted, or its topic another one by now."""

from collections.abc import Mapping

from vigie_runtime.logs import get_logger
from vigie_runtime.offsets import KeptOffset, OffsetRange, Partition
from vigie_runtime.topic_descriptions import DescribedTopic, is_another_topic

log = get_logger(__name__)


class OffsetCheck:
    """Compares kept offsets with what Kafka holds; logs and counts what a reader will not get to see."""

    def __init__(self) -> None:
        self._topic_ids: dict[str, str] = {}
        self.lost_records = 0
        """Deleted by Kafka before they were read."""
        self.recreated_partitions = 0
        """Read again from their beginning, because their topic was deleted and created again."""

    def read_in(self, found: Mapping[str, DescribedTopic]) -> None:
        """Note which topics are read from now on."""
        self._topic_ids |= {topic: one.topic_id for topic, one in found.items()}

    def kept(self, partition: Partition, offset: int) -> KeptOffset:
        """The offset in the topic that is read now."""
        return KeptOffset(offset, self._topic_ids.get(partition[0], ""))

    def is_recreated(self, topic: str, found: Mapping[str, DescribedTopic]) -> bool:
        """Whether this is another topic than the one that is read."""
        return topic in found and is_another_topic(self._topic_ids.get(topic, ""), found[topic].topic_id)

    def begin(self, partition: Partition, kept: KeptOffset, found: DescribedTopic, held: OffsetRange) -> int:
        """The kept offset, or the partition's beginning where that offset is gone or was one of another topic."""
        topic, number = partition
        at = kept.offset
        if at > held.end or is_another_topic(kept.topic_id, found.topic_id):
            self.recreated_partitions += 1
            log.warning("topic recreated", topic=topic, partition=number, kept=at, end=held.end)
            return held.start
        if at < held.start:
            self.lost_records += held.start - at
            log.error("records lost to retention", topic=topic, partition=number, kept=at, lost=held.start - at)
        return max(at, held.start)
