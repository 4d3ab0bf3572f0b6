"""The one reader of partitions on a real broker: kept offsets, offsets that are gone, partitions that are added."""

import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions
from structlog.testing import capture_logs

from vigie_runtime import KafkaSettings, UnavailableError
from vigie_runtime.offsets import KeptOffset, Partition
from vigie_runtime.partition_reader import PartitionReader
from vigie_testing.kafka_topics import create_topic, delete_topic
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 30
ReaderOf = Callable[..., PartitionReader]


class Topic:
    """A topic of the test's own; the value of each record is its number in its partition."""

    def __init__(self, kafka: KafkaSettings, name: str, partitions: int) -> None:
        self.name = kafka.topic_prefix + name
        self._admin = AdminClient(kafka.client_config())
        self._producer = Producer(kafka.producer_config())
        self.create(partitions)

    def create(self, partitions: int) -> None:
        create_topic(self._admin, self.name, partitions)

    def delete(self) -> None:
        delete_topic(self._admin, self.name)

    def grow(self, partitions: int) -> None:
        self._admin.create_partitions([NewPartitions(self.name, partitions)])[self.name].result(10)
        wait_until(
            lambda: len(self._admin.list_topics(self.name, timeout=10).topics[self.name].partitions) > 1,
            what="the second partition",
        )

    def write(self, numbers: range, partition: int = 0) -> None:
        for number in numbers:
            self._producer.produce(self.name, str(number), partition=partition)
        assert self._producer.flush(20) == 0

    def write_empty(self) -> None:
        for value in (b"", None):
            self._producer.produce(self.name, value, partition=0)
            assert self._producer.flush(20) == 0

    def delete_records(self, before: int) -> None:
        """Have the broker delete records as its retention would."""
        (answer,) = self._admin.delete_records([TopicPartition(self.name, 0, before)]).values()
        answer.result(10)


def values(messages: list[Message]) -> list[tuple[int, int]]:
    return [(message.partition() or 0, int(message.value() or b"-1")) for message in messages]


def read(reader: PartitionReader, count: int) -> list[tuple[int, int]]:
    """The next records as (partition, number), when so many have come."""
    found: list[tuple[int, int]] = []
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(found) < count:
        assert time.monotonic() < deadline, f"only {found} arrived"
        found += values(reader.read(0.2).records)
    return found


@pytest.fixture
def topic(kafka: KafkaSettings) -> Topic:
    return Topic(kafka, "numbers", 1)


@pytest.fixture
def reader_of(kafka: KafkaSettings) -> Iterator[ReaderOf]:
    made: list[PartitionReader] = []

    def make(*topics: Topic, **options: object) -> PartitionReader:
        made.append(PartitionReader(kafka, [topic.name for topic in topics], client="test", **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for reader in made:
        reader.close()


def test_reads_on_at_kept_offsets_and_begins_elsewhere_as_stated(kafka: KafkaSettings, reader_of: ReaderOf) -> None:
    first, second = Topic(kafka, "first", 2), Topic(kafka, "second", 1)
    for partition in (0, 1):
        first.write(range(5), partition)
    second.write(range(5))
    begun: dict[Partition, int] = {}
    reader = reader_of(first, second, on_start=begun.__setitem__)

    reader.assign({(first.name, 0): KeptOffset(3)}, start=lambda partition, held: held.end - 1)

    assert begun == {(first.name, 0): 3, (first.name, 1): 4, (second.name, 0): 4}
    assert sorted(read(reader, 4)) == [(0, 3), (0, 4), (0, 4), (1, 4)]
    assert reader.held(first.name)[1].records == 5
    assert reader.held(f"{first.name}.absent") == {}


def test_batches_are_bounded_and_say_which_partitions_ended(topic: Topic, reader_of: ReaderOf) -> None:
    topic.write(range(25))
    reader = reader_of(topic, max_batch_records=10)
    reader.assign()
    sizes, ended = [], []

    while not ended:
        batch = reader.read(5, until_full=True)
        sizes.append(len(batch.records))
        ended = batch.ended

    assert max(sizes) <= 10
    assert sum(sizes) == 25
    assert ended == [(topic.name, 0)]
    topic.write(range(25, 26))
    assert read(reader, 1) == [(0, 25)]


def test_empty_records_and_ends_are_not_passed_over(topic: Topic, reader_of: ReaderOf) -> None:
    reader = reader_of(topic)
    reader.assign()
    topic.write_empty()
    records, ended, deadline = 0, False, time.monotonic() + DEADLINE_SECONDS

    while not (records and ended):
        assert time.monotonic() < deadline, f"{records} records, ended: {ended}"
        batch = reader.read(0.2)
        records += len(batch.records)
        ended = bool(batch.ended)

    assert records == 2


def test_a_paused_partition_waits_and_an_unassigned_one_is_left(topic: Topic, reader_of: ReaderOf) -> None:
    topic.write(range(3))
    reader = reader_of(topic)
    reader.assign()
    assert len(read(reader, 3)) == 3

    reader.pause([(topic.name, 0)])
    topic.write(range(3, 5))
    assert reader.read(1.0).records == []
    reader.resume([(topic.name, 0)])
    assert read(reader, 2) == [(0, 3), (0, 4)]

    reader.unassign()
    topic.write(range(5, 6))
    assert reader.read(1.0).records == []


def test_records_lost_to_retention_are_counted_at_the_start(topic: Topic, reader_of: ReaderOf) -> None:
    topic.write(range(10))
    topic.delete_records(before=7)
    reader = reader_of(topic)

    with capture_logs() as logs:
        reader.assign({(topic.name, 0): KeptOffset(2)})

    assert read(reader, 3) == [(0, 7), (0, 8), (0, 9)]
    assert (reader.lost_records, reader.recreated_partitions) == (5, 0)
    (line,) = [entry for entry in logs if entry["event"] == "records lost to retention"]
    assert (line["log_level"], line["topic"], line["kept"], line["lost"]) == ("error", topic.name, 2, 5)


def test_records_lost_to_retention_are_counted_while_reading(topic: Topic, reader_of: ReaderOf) -> None:
    topic.write(range(4))
    reader = reader_of(topic)
    reader.assign()
    assert len(read(reader, 4)) == 4
    reader.pause([(topic.name, 0)])
    topic.write(range(4, 10))
    topic.delete_records(before=8)

    with capture_logs() as logs:
        reader.resume([(topic.name, 0)])
        assert read(reader, 2) == [(0, 8), (0, 9)]

    assert reader.lost_records == 4
    assert [entry["kept"] for entry in logs if entry["event"] == "records lost to retention"] == [4]


def test_a_recreated_topic_is_read_from_its_beginning_at_the_start(topic: Topic, reader_of: ReaderOf) -> None:
    topic.write(range(3))
    reader = reader_of(topic)

    with capture_logs() as logs:
        reader.assign({(topic.name, 0): KeptOffset(12)})

    assert len(read(reader, 3)) == 3
    assert (reader.lost_records, reader.recreated_partitions) == (0, 1)
    (line,) = [entry for entry in logs if entry["event"] == "topic recreated"]
    assert (line["log_level"], line["partition"], line["kept"], line["end"]) == ("warning", 0, 12, 3)


def test_a_topic_recreated_while_it_is_read_is_read_from_its_beginning(topic: Topic, reader_of: ReaderOf) -> None:
    topic.write(range(10))
    begun: list[int] = []
    reader = reader_of(topic, on_start=lambda partition, offset: begun.append(offset))
    reader.assign()
    assert len(read(reader, 10)) == 10

    with capture_logs() as logs:
        topic.delete()
        reader.read(0.5)
        topic.create(1)
        topic.write(range(100, 103))
        assert read(reader, 3) == [(0, 100), (0, 101), (0, 102)]

    assert reader.recreated_partitions == 1
    assert begun == [0, 0]
    assert [entry["kept"] for entry in logs if entry["event"] == "topic recreated"] == [10]


def test_a_recreated_topic_that_grew_past_the_kept_offset_is_known_by_its_id(topic: Topic, reader_of: ReaderOf) -> None:
    topic.write(range(3))
    before = reader_of(topic)
    before.assign()
    kept = before.kept({(topic.name, 0): 3})
    topic.delete()
    topic.create(1)
    topic.write(range(100, 110))
    reader = reader_of(topic)

    with capture_logs() as logs:
        reader.assign(kept)

    assert read(reader, 10) == [(0, number) for number in range(100, 110)]
    assert (reader.lost_records, reader.recreated_partitions) == (0, 1)
    assert [(entry["kept"], entry["end"]) for entry in logs if entry["event"] == "topic recreated"] == [(3, 10)]
    reader.assign(reader.kept({(topic.name, 0): 8}))
    assert read(reader, 2) == [(0, 108), (0, 109)], "the same topic is read on"


def test_a_topic_that_is_not_there_is_no_other_topic(topic: Topic, reader_of: ReaderOf) -> None:
    reader = reader_of(topic)
    topic.delete()

    with pytest.raises(UnavailableError, match="Kafka does not know"):
        reader.topic_id(topic.name)


def test_a_topic_that_grew_past_the_reader_while_it_was_recreated_is_read_from_its_beginning(
    topic: Topic, reader_of: ReaderOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie_runtime.partition_reader.REFRESH_INTERVAL_SECONDS", 0.2)
    topic.write(range(3))
    reader = reader_of(topic)
    reader.assign()
    assert len(read(reader, 3)) == 3
    topic.delete()
    topic.create(1)
    topic.write(range(100, 110))

    found: list[tuple[int, int]] = []
    while (0, 100) not in found:
        found += read(reader, 1)

    found += read(reader, 10 - (len(found) - found.index((0, 100))))
    assert found[found.index((0, 100)) :] == [(0, number) for number in range(100, 110)]
    assert reader.recreated_partitions == 1
    assert reader.kept({(topic.name, 0): 10})[(topic.name, 0)].topic_id == reader.topic_id(topic.name)


def test_partitions_that_are_added_are_read_from_their_beginning(
    topic: Topic, reader_of: ReaderOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie_runtime.partition_reader.REFRESH_INTERVAL_SECONDS", 0.2)
    reader = reader_of(topic)
    reader.assign(start=lambda partition, held: held.end)
    topic.grow(2)
    topic.write(range(3), partition=1)

    assert read(reader, 3) == [(1, 0), (1, 1), (1, 2)]


def test_a_topic_that_comes_later_is_read_from_its_beginning(
    kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie_runtime.partition_reader.REFRESH_INTERVAL_SECONDS", 0.2)
    reader = PartitionReader(kafka, [f"{kafka.topic_prefix}later"], client="test")
    try:
        reader.assign()
        assert reader.read(0.1).records == []
        Topic(kafka, "later", 1).write(range(2))

        assert read(reader, 2) == [(0, 0), (0, 1)]
    finally:
        reader.close()
