"""How many transactions wait for the detector: the end of each partition minus what the detector has finished.

Kafka is asked without waiting, because a wait would count as latency of the records that arrive meanwhile.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    ListOffsetsResultInfo,  # pyright: ignore[reportPrivateImportUsage]
    OffsetSpec,  # pyright: ignore[reportPrivateImportUsage]
)

from metrics_sink.intake.repeats import SeenTransactions
from vigie_runtime import KafkaSettings, UnavailableError, get_logger
from vigie_runtime.offsets import after_election
from vigie_runtime.topic_descriptions import DescribedTopic, TopicDescriptions
from vigie_schemas import TRANSACTIONS

KAFKA_TIMEOUT_SECONDS: Final = 5.0

log = get_logger(__name__)

_Answers = dict[TopicPartition, Future[ListOffsetsResultInfo]]


class TransactionOffsets:
    """First and last offsets of the partitions of the transactions topic."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.topic = settings.topic_name(TRANSACTIONS)
        self._admin = AdminClient(settings.client_config())
        self._descriptions = TopicDescriptions(self._admin, KAFKA_TIMEOUT_SECONDS)
        self._pending: _Answers = {}
        self.topic_id = ""
        self.begins: dict[int, int] = {}

    def find_partitions(self) -> None:
        """Look up the partitions and their first offsets; raise UnavailableError when there never was an answer."""
        try:
            # records arrive meanwhile once it runs: only the start may wait
            self.begins = after_election(self._find_begins, 0 if self.begins else KAFKA_TIMEOUT_SECONDS)
        except KafkaException as error:
            if not self.begins:
                raise UnavailableError(f"Kafka does not list {self.topic} ({error}). Is it running?") from None
            log.warning("partitions not refreshed", reason=str(error))

    def request_ends(self) -> None:
        """Ask for the ends; an answer that is still missing is dropped."""
        self._pending = self._ask(self.begins, OffsetSpec.latest())

    def ends(self) -> dict[int, int] | None:
        """The ends last asked for, by partition; None while some are missing, empty when Kafka refused."""
        if not all(answer.done() for answer in self._pending.values()):
            return None
        failed = next((error for answer in self._pending.values() if (error := answer.exception())), None)
        if failed is not None:
            log.warning("partition ends not read", reason=str(failed))
            return {}
        return {place.partition: answer.result().offset for place, answer in self._pending.items()}

    def _find_begins(self) -> dict[int, int]:
        found = self._descriptions.of([self.topic])
        self.topic_id, partitions = found[self.topic] if found else DescribedTopic("", [])
        earliest = self._ask(partitions, OffsetSpec.earliest())
        return {place.partition: answer.result().offset for place, answer in earliest.items()}

    def _ask(self, partitions: Iterable[int], what: OffsetSpec | None) -> _Answers:
        places = {TopicPartition(self.topic, partition): what for partition in partitions if what is not None}
        return self._admin.list_offsets(places, request_timeout=KAFKA_TIMEOUT_SECONDS) if places else {}


class DetectorLag:
    """Asks for the lag once a second and reads the answer when the second is closed."""

    def __init__(self, offsets: TransactionOffsets, seen: SeenTransactions) -> None:
        self._offsets = offsets
        self._seen = seen
        self._asked_for = 0
        self._next_offsets: dict[int, int] = {}
        self.lag: dict[str, int] = {}

    def refresh(self) -> None:
        """Look the partitions up again; offsets that were finished in another topic of this name count for nothing."""
        self._offsets.find_partitions()
        if self._seen.start_over_in(self._offsets.topic_id):
            log.warning("topic recreated", topic=self._offsets.topic)

    def take_missing(self) -> int:
        """Transactions that Kafka deleted before the detector finished them, each reported once.

        Only who has read all outcomes that were written may ask; others would count what they have not read yet.
        """
        missing = missing_by_partition(self._seen.next_offsets(), self._offsets.begins)
        for partition, count in missing.items():
            begin = self._offsets.begins[partition]
            log.error("transactions deleted before they were scored", partition=partition, missing=count, begin=begin)
            self._seen.pass_over(partition, begin)
        return sum(missing.values())

    def ask(self, second: int) -> None:
        """Ask for the ends, once for each second; what was finished is noted before."""
        if second != self._asked_for:
            self._asked_for = second
            self._next_offsets = self._seen.next_offsets()
            self._offsets.request_ends()

    def read(self) -> dict[str, int]:
        """The lag by partition; empty when Kafka has not answered in time."""
        ends = self._offsets.ends()
        self.lag, recreated = lag_by_partition(self._next_offsets, self._offsets.begins, ends or {})
        for partition in recreated:
            log.warning("topic recreated", topic=self._offsets.topic, partition=partition)
            self._seen.start_over(partition)
        return self.lag


def missing_by_partition(next_offsets: Mapping[int, int], begins: Mapping[int, int]) -> dict[int, int]:
    """How far the first offset that Kafka still holds lies beyond the next one to be finished, where it does.

    A partition of which nothing was finished yet says nothing: its first offsets may have been deleted long ago.
    """
    return {
        partition: begins[partition] - next_offset
        for partition, next_offset in next_offsets.items()
        if 0 < next_offset < begins.get(partition, 0)
    }


def lag_by_partition(
    next_offsets: Mapping[int, int], begins: Mapping[int, int], ends: Mapping[int, int]
) -> tuple[dict[str, int], list[int]]:
    """Transactions that wait by partition, and the partitions whose offsets began again at 0.

    `next_offsets` must be older than `ends`: then an end before them can only be that of a recreated topic.
    """
    recreated = [partition for partition, end in ends.items() if next_offsets.get(partition, 0) > end]
    reached = {
        partition: begins.get(partition, 0)
        if partition in recreated
        else max(next_offsets.get(partition, 0), begins.get(partition, 0))
        for partition in ends
    }
    return {str(partition): max(ends[partition] - reached[partition], 0) for partition in sorted(ends)}, recreated
