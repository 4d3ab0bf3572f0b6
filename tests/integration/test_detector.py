"""The detector's query and its supervisor on a real broker, with a real registry."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from confluent_kafka import Consumer, Producer
from mlflow import MlflowClient
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from spark_detector.champion import ChampionError, load_champion
from spark_detector.champion_store import ChampionStore
from spark_detector.champion_watcher import ChampionWatcher
from spark_detector.counterparties import counterparty_values
from spark_detector.counterparty_feed import CounterpartyFeed
from spark_detector.pipeline import histories
from spark_detector.recalibrated import with_newest_thresholds
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from spark_detector.supervisor import Supervisor
from spark_detector.warm_up import warm_up
from trainer.counterparties.service import CounterpartyService
from trainer.counterparties.topic import CounterpartyTopic
from trainer.forest_layout import write_forest
from trainer.labels_topic import LabelsTopic
from trainer.logged_features import LoggedFeatures
from trainer.recalibration.registry import ThresholdPublisher
from trainer.settings import TrainerSettings
from trainer.trained import learn
from vigie_registry import RegistryReader
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_schemas import (
    ALERTS,
    CHAMPION_ALIAS,
    CHAMPION_ARTIFACTS,
    COUNTERPARTIES,
    DEAD_LETTERS,
    FEATURE_NAMES,
    LABELS,
    MODEL_NAME,
    SCORED,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    THRESHOLD_VERSION_TAG,
    TRANSACTIONS,
    DeadLetter,
    ScoredTransaction,
    Threshold,
    Thresholds,
    Topic,
)
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

NOON_MS = 1_735_732_800_000
DAY_MS = 86_400_000
TIMEOUT_SECONDS = 90.0


@pytest.fixture
def settings(kafka: KafkaSettings, tracking_uri: str, tmp_path: Path) -> DetectorSettings:
    shared = kafka.model_dump(include={"kafka_bootstrap_servers", "topic_prefix"})
    return DetectorSettings(
        **shared,
        data_dir=tmp_path,
        mlflow_tracking_uri=tracking_uri,
        checkpoint_seconds=5,
        warm_up_transactions=200,
        champion_poll_seconds=0.2,
    )


def payment(number: int, **changes: object) -> dict[str, object]:
    return {
        "schema_version": 1,
        "transaction_id": f"t-{number}",
        "account_id": f"acct-{number % 20}",
        "timestamp_ms": NOON_MS + number * 3_600_000,
        "amount": 20.0 + number % 7,
        "currency": "EUR",
        **changes,
    }


def encoded(record: dict[str, object]) -> bytes:
    return json.dumps(record).encode()


class Stream:
    """Sends to the detector and collects what it says."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._producer = Producer(kafka.producer_config() | {"message.max.bytes": 2_000_000})

    def send(self, values: list[bytes | None], key: str = "acct-0") -> None:
        for value in values:
            self._producer.produce(self._kafka.topic_name(TRANSACTIONS), key=key, value=value)
        assert self._producer.flush(30) == 0

    def send_label(self, label: dict[str, object]) -> None:
        self._producer.produce(self._kafka.topic_name(LABELS), value=encoded(label))
        assert self._producer.flush(30) == 0

    @contextmanager
    def reader(self, topic: Topic) -> Iterator[Callable[[int], list[dict[str, object]]]]:
        """Gives a function that reads on until so many records have been read in all."""
        consumer = Consumer(self._kafka.consumer_config(f"test-{time.time_ns()}"))
        consumer.subscribe([self._kafka.topic_name(topic)])
        found: list[dict[str, object]] = []

        def read(count: int) -> list[dict[str, object]]:
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while len(found) < count and time.monotonic() < deadline:
                for message in consumer.consume(500, timeout=0.2):
                    assert message.error() is None
                    found.append(json.loads(message.value() or b""))
            assert len(found) >= count
            return found

        yield read
        consumer.close()


class Detector:
    """A supervisor in a thread."""

    def __init__(self, spark: SparkSession, settings: DetectorSettings) -> None:
        self.status = DetectorStatus()
        self._stop = threading.Event()
        store = ChampionStore(RegistryReader.of(settings), settings.champions)
        supervisor = Supervisor(histories(spark, settings), settings, self.status, None)
        self._watcher = ChampionWatcher(
            store, self.status, supervisor, None, interval_seconds=settings.champion_poll_seconds
        )
        self._thread = threading.Thread(target=supervisor.run, args=(self._stop,))

    def __enter__(self) -> "Detector":
        self._watcher.start(self._stop)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def wait_for(self, field: str, value: object) -> None:
        wait_until(
            lambda: self.status()[field] == value,
            what=f"{field} to be {value}",
            timeout_seconds=TIMEOUT_SECONDS,
            seen=self.status,
        )


def register_champion(settings: DetectorSettings, folder: Path, *, is_broken: bool = False) -> None:
    """What the trainer does, on made-up features."""
    matrix = np.random.default_rng(5).gamma(0.3, 1.0, size=(2000, len(FEATURE_NAMES)))
    logged = LoggedFeatures(
        matrix=matrix,
        history_counts=np.full(2000, 50),
        timestamps_ms=np.full(2000, NOON_MS),
        repeats=0,
        left_out=0,
    )
    trained = learn(logged, TrainerSettings(forest_trees=20))
    client = MlflowClient(settings.mlflow_tracking_uri, settings.mlflow_tracking_uri)
    if not client.search_registered_models(f"name = '{MODEL_NAME}'"):
        client.create_registered_model(MODEL_NAME)
    run = client.create_run(client.create_experiment(f"test-{time.time_ns()}"))
    version = client.create_model_version(MODEL_NAME, f"runs:/{run.info.run_id}/none", run.info.run_id).version
    champion = folder / f"made-{version}" / CHAMPION_ARTIFACTS
    champion.mkdir(parents=True)
    write_forest(trained.forest, champion / "forest", written_at_ms=NOON_MS)
    calibration = trained.calibration().model_dump_json()
    (champion / "calibration.json").write_text("{}" if is_broken else calibration)
    client.log_artifacts(run.info.run_id, str(champion), CHAMPION_ARTIFACTS)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, version)


def test_whatever_comes_the_query_goes_on(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings
) -> None:
    late = payment(3, account_id="acct-0", transaction_id="late", timestamp_ms=NOON_MS - 30 * DAY_MS)
    refused: dict[str, bytes | None] = {
        "tombstone": None,
        "invalid_utf8": b'{"account_id": "\xff\xfe"}',
        "malformed_json": b"{",
        "wrong_type": encoded(payment(4, amount="12")),
        "unknown_currency": encoded(payment(4, currency="XXX")),
        "invalid_amount": encoded(payment(4, amount=-1)),
        "record_too_large": b"x" * 1_048_576,
        "duplicate_transaction": encoded(payment(0)),
    }
    stream = Stream(kafka)
    with (
        Detector(spark, settings),
        stream.reader(SCORED) as scored,
        stream.reader(DEAD_LETTERS) as dead,
    ):
        stream.send([encoded(payment(0)), *refused.values(), encoded(late), encoded(payment(20))])
        letters = [DeadLetter.model_validate(record) for record in dead(len(refused))]
        records = [ScoredTransaction.model_validate(record) for record in scored(3)]

    assert [letter.reason.value for letter in letters] == list(refused)
    assert [letter.payload_bytes for letter in letters][:3] == [None, len(refused["invalid_utf8"] or b""), 1]
    assert letters[1].payload_base64 == base64.b64encode(refused["invalid_utf8"] or b"").decode()
    assert (letters[6].truncated, letters[6].payload_bytes) == (True, 1_048_576)
    assert [(record.transaction_id, record.history_count) for record in records] == [
        ("t-0", 0),
        ("late", 2),
        ("t-20", 3),
    ]
    assert {record.status for record in records} == {"learning"}
    assert {letter.offset for letter in letters} | {record.offset for record in records} == set(range(11))


def test_champions_change_without_repeating(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings, tmp_path: Path
) -> None:
    stream = Stream(kafka)
    with Detector(spark, settings) as detector, stream.reader(SCORED) as scored:
        detector.wait_for("phase", "learning")
        register_champion(settings, tmp_path)
        detector.wait_for("model_version", 1)
        stream.send([encoded(payment(number)) for number in range(300)])
        scored(300)

        register_champion(settings, tmp_path, is_broken=True)
        wait_until(
            lambda: detector.status()["registry_error"],
            what="the error of the broken champion",
            timeout_seconds=TIMEOUT_SECONDS,
        )
        assert detector.status()["model_version"] == 1, "a broken champion must not replace a good one"

        register_champion(settings, tmp_path)
        detector.wait_for("model_version", 3)
        stream.send([encoded(payment(number)) for number in range(300, 400)])
        records = scored(400)

    assert sorted(str(record["transaction_id"]) for record in records) == sorted(f"t-{n}" for n in range(400))
    assert {record["model_version"] for record in records[:300]} == {1}
    assert {record["model_version"] for record in records[300:]} == {3}
    assert all(0 < float(str(record["score"])) < 1 for record in records)


def published_thresholds(settings: DetectorSettings, number: int, threshold: float) -> Thresholds:
    """Thresholds under which everybody alerts alike, published by the trainer's own code."""
    publisher = ThresholdPublisher(settings)
    champion = publisher.champion()
    assert champion is not None
    thresholds = Thresholds(
        schema_version=1,
        model_version=champion.version,
        threshold_version=number,
        alert_budget=0.007,
        thresholds={name: Threshold(threshold=threshold, quantile=0.5) for name in (SEGMENT_NEW, SEGMENT_ESTABLISHED)},
        changes={},
        decided_at_ms=NOON_MS,
    )
    publisher.publish(champion, thresholds)
    return thresholds


def test_thresholds_count_from_the_next_transaction(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings, tmp_path: Path
) -> None:
    stream = Stream(kafka)
    with Detector(spark, settings) as detector, stream.reader(SCORED) as scored, stream.reader(ALERTS) as alerts:
        detector.wait_for("phase", "learning")
        register_champion(settings, tmp_path)
        detector.wait_for("threshold_version", 1)
        stream.send([encoded(payment(number)) for number in range(200)])
        scored(200)

        published_thresholds(settings, 2, threshold=0.01)
        detector.wait_for("threshold_version", 2)
        stream.send([encoded(payment(number)) for number in range(200, 300)])
        records = scored(300)
        recalibrated = [alert for alert in alerts(100) if alert["threshold_version"] == 2]

        client = MlflowClient(settings.mlflow_tracking_uri, settings.mlflow_tracking_uri)
        run_id = client.get_model_version(MODEL_NAME, "1").run_id
        client.log_text(str(run_id), '{"thresholds": {}}', "thresholds/3.json")
        client.set_model_version_tag(MODEL_NAME, "1", THRESHOLD_VERSION_TAG, "3")
        wait_until(
            lambda: "Thresholds 3 of version 1 are not valid" in str(detector.status()["registry_error"]),
            what="the error of the broken thresholds",
            timeout_seconds=TIMEOUT_SECONDS,
            seen=detector.status,
        )
        assert detector.status()["threshold_version"] == 2, "broken thresholds must not replace good ones"

    assert sorted(str(record["transaction_id"]) for record in records) == sorted(f"t-{n}" for n in range(300))
    assert {record["threshold_version"] for record in records[:200]} == {1}
    assert {record["threshold_version"] for record in records[200:]} == {2}
    assert {record["model_version"] for record in records} == {1}
    assert len(recalibrated) == 100
    assert {(alert["threshold"], alert["quantile"], alert["model_version"]) for alert in recalibrated} == {
        (0.01, 0.5, 1)
    }
    assert all(0.01 <= float(str(alert["score"])) <= 1 for alert in recalibrated)
    folder = settings.champions / "1"
    offline = with_newest_thresholds(
        ChampionStore(RegistryReader("http://127.0.0.1:1"), settings.champions), load_champion(1, folder), None
    )
    assert offline.calibration.threshold_version == 2, "a start without a registry takes the newest thresholds"


@contextmanager
def labels_reach(spark: SparkSession, settings: DetectorSettings, status: DetectorStatus) -> Iterator[None]:
    """The trainer's part and the detector's part of the way from a label to a running query."""
    stop = threading.Event()
    teaching = TrainerSettings(
        **settings.model_dump(include={"kafka_bootstrap_servers", "topic_prefix"}), counterparty_seconds=0
    )
    feed = CounterpartyFeed(settings, counterparty_values(spark), status).follow(stop)
    with closing(LabelsTopic(teaching)) as labels, closing(CounterpartyTopic(teaching)) as topic:
        service = CounterpartyService(teaching, labels, topic)
        thread = threading.Thread(target=service.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(60)
            feed.join(60)
            assert not thread.is_alive()
            assert not feed.is_alive()


def test_what_becomes_known_of_a_merchant_counts_from_the_next_transaction(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings
) -> None:
    stream, merchant = Stream(kafka), "shop = 7: \u6771\u4eac"
    paid = {"account_id": "acct-0", "merchant_id": merchant}
    said = {"schema_version": 1, "transaction_id": "t-0", "account_id": "acct-0", "scenario": None, "source": "analyst"}
    said |= {"labelled_at_ms": NOON_MS + DAY_MS, "timestamp_ms": NOON_MS, "counterparty_id": merchant}
    ensure_topics(kafka, [LABELS, COUNTERPARTIES])
    with (
        Detector(spark, settings) as detector,
        stream.reader(SCORED) as scored,
        labels_reach(spark, settings, detector.status),
    ):
        stream.send([encoded(payment(0, **paid)), encoded(payment(1, account_id="acct-0"))])
        scored(2)
        stream.send_label(said | {"is_fraud": True, "source": "generator"})  # which teaches nothing by default
        stream.send_label(said | {"is_fraud": True})
        detector.wait_for("known_counterparties", 1)
        stream.send([encoded(payment(2, **paid)), encoded(payment(3, account_id="acct-0", payee_id=merchant))])
        scored(4)
        stream.send_label(said | {"is_fraud": False})
        detector.wait_for("known_counterparties", 0)
        stream.send([encoded(payment(4, **paid))])
        records = [ScoredTransaction.model_validate(record) for record in scored(5)]

    known = {"fraud_run": 1, "last_fraud_ms": NOON_MS, "last_sound_ms": None}
    assert [
        (one.counterparty_id, one.counterparty_labels and one.counterparty_labels.model_dump()) for one in records
    ] == [
        (merchant, None),
        (None, None),
        (merchant, known),
        (merchant, known),
        (merchant, None),
    ]


def test_a_failed_query_goes_on_where_it_ended(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings
) -> None:
    stream = Stream(kafka)
    with Detector(spark, settings) as detector, stream.reader(SCORED) as scored:
        stream.send([encoded(payment(number)) for number in range(50)])
        scored(50)
        spark.sparkContext.cancelAllJobs()
        detector.wait_for("query_failures", 1)
        stream.send([encoded(payment(number)) for number in range(50, 100)])
        detector.wait_for("phase", "learning")
        records = scored(100)

    found = {str(record["transaction_id"]): record for record in records}
    assert sorted(found) == sorted(f"t-{number}" for number in range(100)), "nothing is lost"
    assert len(records) == 100, "nothing is scored twice"
    assert found["t-99"]["history_count"] == 4, "histories hold each transaction once"


def test_warm_up_leaves_nothing_behind(
    spark: SparkSession, kafka: KafkaSettings, settings: DetectorSettings, tmp_path: Path
) -> None:
    from confluent_kafka.admin import AdminClient

    register_champion(settings, tmp_path)
    store = ChampionStore(RegistryReader.of(settings), settings.champions)

    warm_up(spark, settings, load_champion(1, store.fetch(1)), threading.Event())

    topics = AdminClient(kafka.client_config()).list_topics(timeout=10).topics
    assert not [name for name in topics if "warm-up" in name]
    assert not settings.checkpoint.exists()


def test_the_batch_form_takes_the_registrys_champion(
    spark: SparkSession, settings: DetectorSettings, tmp_path: Path
) -> None:
    with pytest.raises(ChampionError, match="There is no champion yet: train one with `make train`"):
        _ = AnomalyDetector(settings=settings, spark=spark).champion
    register_champion(settings, tmp_path)

    judged = AnomalyDetector(settings=settings, spark=spark).detect_anomalies(
        pd.DataFrame([payment(number) for number in range(40)])
    )

    assert set(judged["model_version"]) == {1}
    assert judged["score"].between(0, 1).all()
