"""Reads the alerts topic from where the outbox, or else the group's stored offset, says."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from typing import Final

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from vigie_runtime import KafkaSettings, get_logger
from vigie_runtime.kafka_errors import explain
from vigie_runtime.offsets import KeptOffset
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import ALERTS

GROUP: Final = "alert-webhook"
MAX_BATCH_ALERTS: Final = 500
"""Alerts in one transaction: tens of milliseconds in which nothing else writes to SQLite."""
CALL_TIMEOUT_SECONDS: Final = 3.0
CLOSE_TIMEOUT_SECONDS: Final = 2.0

log = get_logger(__name__)


class AlertsTopic:
    """The topic's reader, and the offsets that are stored in Kafka in case the outbox is lost."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.name = settings.topic_name(ALERTS)
        self._reader = PartitionReader(settings, [self.name], client=GROUP, max_batch_records=MAX_BATCH_ALERTS)
        self._stored = StoredOffsets(settings, self.name)

    def assign(self, kept: Mapping[int, KeptOffset]) -> None:
        """Start each partition where the outbox says or else where the group left off. Raise UnavailableError."""
        stored = self._stored.read(self._reader.held(self.name))  # Kafka deletes them with the topic
        offsets = {number: KeptOffset(offset) for number, offset in stored.items()} | dict(kept)
        self._reader.assign({(self.name, number): offset for number, offset in offsets.items()})

    def kept(self, next_offsets: Mapping[int, int]) -> dict[int, KeptOffset]:
        """Offsets as `assign` takes them."""
        kept = self._reader.kept({(self.name, number): offset for number, offset in next_offsets.items()})
        return {number: one for (_, number), one in kept.items()}

    def read(self, timeout_seconds: float) -> list[Message]:
        """What has arrived, waiting for the first record only."""
        return self._reader.read(timeout_seconds).records

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Have Kafka store where to begin without an outbox; not waited for, as Kafka may be away."""
        self._stored.write(offsets)

    def close(self) -> None:
        """Leave Kafka; what is being stored has a moment for it."""
        self._stored.close()
        self._reader.close()


class StoredOffsets:
    """The group's offsets, which Kafka keeps although no consumer joins the group."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._servers = settings.kafka_bootstrap_servers
        self._topic = topic
        self._admin = AdminClient(settings.client_config() | {"log_level": 0})
        self._written: dict[int, int] = {}
        self._pending: tuple[Mapping[int, int], Future[ConsumerGroupTopicPartitions]] | None = None

    def read(self, numbers: Iterable[int]) -> dict[int, int]:
        """Offsets stored for these partitions. Raise UnavailableError."""
        wanted = ConsumerGroupTopicPartitions(GROUP, [TopicPartition(self._topic, number) for number in numbers])
        (answer,) = self._admin.list_consumer_group_offsets([wanted], request_timeout=CALL_TIMEOUT_SECONDS).values()
        try:
            found = answer.result().topic_partitions or []
        except KafkaException as error:
            raise explain(error.args[0], self._servers, f"offsets of group {GROUP}") from None
        return {place.partition: place.offset for place in found if place.offset >= 0}

    def write(self, offsets: Mapping[int, int]) -> None:
        """Store those that changed, once the write before is over."""
        if self._pending is not None and self._pending[1].done():
            self._take_answer(0)
        changed = {number: offset for number, offset in offsets.items() if self._written.get(number) != offset}
        if changed and self._pending is None:
            places = [TopicPartition(self._topic, number, offset) for number, offset in changed.items()]
            wanted = ConsumerGroupTopicPartitions(GROUP, places)
            (answer,) = self._admin.alter_consumer_group_offsets(
                [wanted], request_timeout=CALL_TIMEOUT_SECONDS
            ).values()
            self._pending = changed, answer

    def close(self) -> None:
        """Wait a moment for the write under way."""
        with suppress(FutureTimeoutError):
            self._take_answer(CLOSE_TIMEOUT_SECONDS)

    def _take_answer(self, timeout_seconds: float) -> None:
        if self._pending is None:
            return
        changed, answer = self._pending
        try:
            answer.result(timeout_seconds)
        except KafkaException as error:
            log.warning("offset not stored", reason=error.args[0].str())
        else:
            self._written |= changed
        self._pending = None
