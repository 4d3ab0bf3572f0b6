"""While the stream flows: champions, thresholds, checkpoints, restarts; and topics that are not what they were."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from structlog.testing import capture_logs

from spark_detector.champion import LoadedChampion, load_champion
from spark_detector.pipeline import histories
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from spark_detector.supervisor import Supervisor
from vigie_runtime import KafkaSettings
from vigie_schemas import (
    FEATURE_NAMES,
    HISTORY_LENGTH,
    SCORED,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    TRANSACTIONS,
    Calibration,
    FeatureRange,
    Threshold,
)
from vigie_testing.kafka_topics import create_topic, delete_topic
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

NOON_MS = 1_735_732_800_000
ACCOUNTS = 20
PER_SECOND = 100


@pytest.fixture
def settings(kafka: KafkaSettings, tmp_path: Path) -> DetectorSettings:
    shared = kafka.model_dump(include={"kafka_bootstrap_servers", "topic_prefix"})
    return DetectorSettings(**shared, data_dir=tmp_path, checkpoint_seconds=5, warm_up_transactions=0)


@pytest.fixture(scope="module")
def champion(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LoadedChampion:
    """A small forest of Spark's own making."""
    folder = tmp_path_factory.mktemp("champion")
    rows = spark.range(500).select(*[F.rand(seed).alias(name) for seed, name in enumerate(FEATURE_NAMES)])
    vectors = VectorAssembler(inputCols=list(FEATURE_NAMES), outputCol="features").transform(
        rows.withColumn("label", 12 - 4 * F.col("amount_over_usual"))
    )
    RandomForestRegressor(numTrees=8, maxDepth=4, seed=3).fit(vectors).save((folder / "forest").as_uri())
    calibration = Calibration(
        schema_version=1,
        feature_names=list(FEATURE_NAMES),
        history_length=HISTORY_LENGTH,
        samples_per_tree=256,
        thresholds={name: Threshold(threshold=0.9, quantile=0.99) for name in (SEGMENT_NEW, SEGMENT_ESTABLISHED)},
        threshold_version=1,
        feature_ranges={name: FeatureRange(usual=0.0, tail=1.0) for name in FEATURE_NAMES},
        alert_budget=0.01,
        trained_rows=500,
        trained_from_ms=NOON_MS,
        trained_to_ms=NOON_MS,
    )
    (folder / "calibration.json").write_text(calibration.model_dump_json())
    return load_champion(1, folder)


def recalibrated(champion: LoadedChampion, number: int) -> LoadedChampion:
    return replace(champion, calibration=champion.calibration.model_copy(update={"threshold_version": number}))


class Traffic:
    """Sends payments at a steady rate from a thread and reads what was scored."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._producer = Producer(kafka.producer_config())
        self._stop = threading.Event()
        self._consumer = Consumer(kafka.consumer_config(f"test-{time.time_ns()}"))
        self._consumer.subscribe([kafka.topic_name(SCORED)])
        self.sent = 0
        self.scored: list[dict[str, object]] = []

    def send(self, count: int) -> None:
        for _ in range(count):
            account = f"acct-{self.sent % ACCOUNTS}"
            record = {
                "schema_version": 1,
                "transaction_id": f"t-{self.sent}",
                "account_id": account,
                "timestamp_ms": NOON_MS + self.sent * 60_000,
                "amount": 20.0 + self.sent % 7,
                "currency": "EUR",
            }
            self._producer.produce(self._kafka.topic_name(TRANSACTIONS), key=account, value=json.dumps(record))
            self.sent += 1
        assert self._producer.flush(30) == 0

    @contextmanager
    def flowing(self) -> Iterator[None]:
        thread = threading.Thread(target=self._flow)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _flow(self) -> None:
        while not self._stop.wait(0.05):
            self.send(PER_SECOND // 20)

    def read(self) -> int:
        for message in self._consumer.consume(1000, timeout=0.2):
            assert message.error() is None
            self.scored.append(json.loads(message.value() or b""))
        return len(self.scored)

    def read_all(self) -> None:
        wait_until(lambda: self.read() >= self.sent, what=f"{self.sent} scored transactions", timeout_seconds=90)

    def close(self) -> None:
        self._consumer.close()

    def assert_each_once(self, sent: int | None = None) -> None:
        """Every transaction is scored once, with all of its account's earlier ones in the history."""
        found = {int(str(record["transaction_id"])[2:]): record for record in self.scored}
        assert sorted(found) == list(range(sent or self.sent)), "nothing is lost"
        assert len(self.scored) == len(found), "nothing is scored twice"
        assert all(record["history_count"] == number // ACCOUNTS for number, record in found.items())


@pytest.fixture
def traffic(kafka: KafkaSettings) -> Iterator[Traffic]:
    traffic = Traffic(kafka)
    yield traffic
    traffic.close()


@contextmanager
def detecting(
    spark: SparkSession, settings: DetectorSettings, champion: LoadedChampion | None
) -> Iterator[tuple[Supervisor, DetectorStatus]]:
    status, stop = DetectorStatus(), threading.Event()
    supervisor = Supervisor(histories(spark, settings), settings, status, champion)
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: status()["ready"], what="a query that serves", timeout_seconds=90)
        yield supervisor, status
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def wait_for(status: DetectorStatus, field: str, least: int) -> None:
    wait_until(lambda: int(str(status()[field])) >= least, what=f"{field} of {least}", timeout_seconds=90, seen=status)


def test_under_traffic_everything_changes_and_each_transaction_is_scored_once(
    spark: SparkSession, settings: DetectorSettings, traffic: Traffic, champion: LoadedChampion
) -> None:
    with detecting(spark, settings, None) as (supervisor, status):
        with traffic.flowing():
            wait_for(status, "checkpoints", 1)
            supervisor.take_champion(champion)
            wait_for(status, "handovers", 1)
            supervisor.take_thresholds(recalibrated(champion, 2))
            wait_until(
                lambda: traffic.read() and traffic.scored[-1]["threshold_version"] == 2,
                what="a transaction under new thresholds",
                timeout_seconds=10,
            )
            supervisor.take_champion(replace(recalibrated(champion, 1), version=2))
            wait_for(status, "handovers", 2)
        traffic.read_all()

    traffic.assert_each_once()
    by_place = sorted(traffic.scored, key=lambda record: (record["partition"], record["offset"]))
    judged = [(record["partition"], record["model_version"] or 0, record["threshold_version"]) for record in by_place]
    assert {versions[1:] for versions in judged} == {(0, None), (1, 1), (1, 2), (2, 1)}
    assert [versions[:2] for versions in judged] == sorted(versions[:2] for versions in judged), "models never go back"


def test_a_restart_goes_on_after_what_was_written(
    spark: SparkSession, settings: DetectorSettings, traffic: Traffic, champion: LoadedChampion
) -> None:
    with detecting(spark, settings, champion) as (_, status):
        traffic.send(300)
        traffic.read_all()
        wait_for(status, "checkpoints", 1)
    settings.kept_outputs.unlink()  # as after an upgrade: the output topics alone tell how far it came
    traffic.send(100)
    with detecting(spark, settings, champion):
        traffic.read_all()

    traffic.assert_each_once()


def test_a_start_warms_up_unless_transactions_wait(
    spark: SparkSession, settings: DetectorSettings, traffic: Traffic, champion: LoadedChampion
) -> None:
    warming = settings.model_copy(update={"warm_up_transactions": 20})
    with capture_logs() as first_start, detecting(spark, warming, champion):
        traffic.send(40)
        traffic.read_all()
    traffic.send(20)
    with capture_logs() as restart, detecting(spark, warming, champion):
        traffic.read_all()

    traffic.assert_each_once()
    assert [entry["transactions"] for entry in first_start if entry["event"] == "warmed up"] == [20]
    assert "warmed up" not in {entry["event"] for entry in restart}


def test_histories_lost_with_the_disk_are_rebuilt_without_repeats(
    spark: SparkSession, settings: DetectorSettings, traffic: Traffic, champion: LoadedChampion, tmp_path: Path
) -> None:
    with detecting(spark, settings, champion):
        traffic.send(300)
        traffic.read_all()
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "new-disk"})
    traffic.send(100)
    with detecting(spark, elsewhere, champion):
        traffic.read_all()

    traffic.assert_each_once()


def test_an_added_partition_is_read_within_seconds(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings, traffic: Traffic, champion: LoadedChampion
) -> None:
    topic = kafka.topic_name(TRANSACTIONS)
    with detecting(spark, settings, champion) as (_, status):
        traffic.send(40)
        traffic.read_all()
        admin = AdminClient(kafka.client_config())  # a name keeps it until its answer is there
        admin.create_partitions([NewPartitions(topic, TRANSACTIONS.partitions + 1)])[topic].result(10)
        producer = Producer(kafka.producer_config())
        record = {"schema_version": 1, "transaction_id": "added", "account_id": "acct-added", "amount": 1.0}
        value = json.dumps(record | {"timestamp_ms": NOON_MS, "currency": "EUR"})
        producer.produce(topic, value=value, key="acct-added", partition=TRANSACTIONS.partitions)
        assert producer.flush(10) == 0
        wait_for(status, "handovers", 1)
        wait_until(lambda: traffic.read() == 41, what="the added partition's transaction", timeout_seconds=30)

    assert traffic.scored[-1]["partition"] == TRANSACTIONS.partitions


def test_transactions_that_retention_took_are_counted_and_the_rest_is_scored(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings, traffic: Traffic, champion: LoadedChampion
) -> None:
    with detecting(spark, settings, champion) as (_, status):
        traffic.send(100)
        traffic.read_all()
        wait_for(status, "checkpoints", 1)
    traffic.send(100)
    deleted = _delete_all_but_the_last(kafka, 10)
    with detecting(spark, settings, champion) as (_, status):
        wait_until(lambda: traffic.read() >= 200 - deleted, what="the transactions that are left", timeout_seconds=90)
        traffic.send(20)
        wait_until(lambda: traffic.read() >= 220 - deleted, what="the transactions after them", timeout_seconds=90)

    assert deleted > 0
    assert status()["missing_transactions"] == deleted
    assert len({str(record["transaction_id"]) for record in traffic.scored}) == len(traffic.scored) == 220 - deleted


def test_a_topic_that_was_recreated_is_read_from_its_beginning(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings, traffic: Traffic, champion: LoadedChampion
) -> None:
    with detecting(spark, settings, champion) as (_, status):
        traffic.send(100)
        traffic.read_all()
        wait_for(status, "checkpoints", 1)
    _recreate(kafka)
    again = Traffic(kafka)
    again.sent = 100
    again.send(200)  # beyond the old offsets, so that only the topic's id tells
    with detecting(spark, settings, champion) as (_, status):
        wait_until(lambda: traffic.read() >= 300, what="all transactions of the new topic", timeout_seconds=90)
    again.close()

    assert status()["recreated_topics"] == 1
    assert {str(record["transaction_id"]) for record in traffic.scored} == {f"t-{number}" for number in range(300)}
    assert len(traffic.scored) == 300


def _delete_all_but_the_last(kafka: KafkaSettings, count: int) -> int:
    """As retention does; how many unread ones are gone."""
    topic, consumer = kafka.topic_name(TRANSACTIONS), Consumer(kafka.consumer_config("ends"))
    places, gone = [], 0
    for number in range(TRANSACTIONS.partitions):
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
        places.append(TopicPartition(topic, number, end - count))
        gone += end - count - end // 2  # the first half was scored: the accounts are the same in both
    consumer.close()
    admin = AdminClient(kafka.client_config())
    for future in admin.delete_records(places).values():
        future.result(10)
    return gone


def _recreate(kafka: KafkaSettings) -> None:
    admin, name = AdminClient(kafka.client_config()), kafka.topic_name(TRANSACTIONS)
    delete_topic(admin, name)
    create_topic(admin, name, TRANSACTIONS.partitions)
