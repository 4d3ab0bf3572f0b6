"""The stream and the batch give the same features and scores, row by row."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from confluent_kafka import Consumer, Producer
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from spark_detector.champion import LoadedChampion, load_champion
from spark_detector.output_range import OutputRange
from spark_detector.pipeline import histories
from spark_detector.serving import ServingQuery
from spark_detector.settings import DetectorSettings
from trainer.forest_layout import write_forest
from trainer.logged_features import LoggedFeatures
from trainer.settings import TrainerSettings
from trainer.trained import learn
from vigie_runtime import KafkaSettings
from vigie_schemas import CHAMPION_ARTIFACTS, FEATURE_NAMES, SCORED, TRANSACTIONS

pytestmark = pytest.mark.integration

TIMEOUT_SECONDS = 180
CLOSE = 1e-9


def as_transactions(labelled: pd.DataFrame) -> pd.DataFrame:
    """Columns of the contract from the layout of the data sets."""
    frame = labelled.sort_values("ts", kind="stable").reset_index(drop=True)
    return pd.DataFrame(
        {
            "schema_version": 1,
            "transaction_id": [f"row-{number}" for number in range(len(frame))],
            "account_id": frame["account_id"].astype(str),
            "timestamp_ms": frame["ts"].astype("int64") // 1000,
            "amount": frame["amount"].astype(float),
            "currency": "EUR",
            "merchant_id": frame["merchant_id"].astype(object).where(frame["merchant_id"].notna(), None),
            "country": frame["country"].astype(object).where(frame["country"].notna(), None),
            "lat": frame["lat"],
            "lon": frame["lon"],
        }
    )


def champion_from(features: pd.DataFrame, transactions: pd.DataFrame, folder: Path) -> LoadedChampion:
    """Train on the batch's features with the trainer's own functions."""
    logged = LoggedFeatures(
        matrix=features[list(FEATURE_NAMES)].to_numpy(dtype=np.float64),
        history_counts=features["history_count"].to_numpy(dtype=np.int64),
        timestamps_ms=transactions["timestamp_ms"].to_numpy(dtype=np.int64),
        repeats=0,
        left_out=0,
    )
    trained = learn(logged, TrainerSettings())
    target = folder / CHAMPION_ARTIFACTS
    target.mkdir()
    write_forest(trained.forest, target / "forest", written_at_ms=1_700_000_000_000)
    (target / "calibration.json").write_text(trained.calibration().model_dump_json())
    return load_champion(1, target)


def send(kafka: KafkaSettings, transactions: pd.DataFrame) -> None:
    producer = Producer(kafka.producer_config(linger_ms=20) | {"queue.buffering.max.messages": 200_000})
    for record in transactions.to_dict("records"):
        known = {name: value for name, value in record.items() if value == value}  # leaves NaN out
        producer.produce(kafka.topic_name(TRANSACTIONS), key=record["account_id"], value=json.dumps(known))
    assert producer.flush(60) == 0


def read_scored(kafka: KafkaSettings, count: int) -> pd.DataFrame:
    """Exactly `count` scored records; more, or fewer before the deadline, fail."""
    consumer = Consumer(kafka.consumer_config("compare"))
    consumer.subscribe([kafka.topic_name(SCORED)])
    rows: list[dict[str, object]] = []
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while len(rows) < count and time.monotonic() < deadline:
        for message in consumer.consume(1000, timeout=0.5):
            value = message.value()
            assert message.error() is None
            record = json.loads(value or b"")
            rows.append({**record.pop("features"), **record})
    consumer.close()
    assert len(rows) == count
    return pd.DataFrame(rows)


@pytest.mark.parametrize("rows", [15_000, pytest.param(50_000, marks=pytest.mark.nightly)])
def test_features_and_scores_are_equal(
    spark: SparkSession, kafka: KafkaSettings, labelled: pd.DataFrame, tmp_path: Path, rows: int
) -> None:
    transactions = as_transactions(labelled.head(rows))
    settings = DetectorSettings(**kafka.model_dump(include={"kafka_bootstrap_servers", "topic_prefix", "data_dir"}))
    detector = AnomalyDetector(settings=settings, spark=spark)
    source = spark.createDataFrame(transactions.reset_index(names="vigie_row"))
    features = detector.compute_features(source).toPandas().sort_values("vigie_row")
    # both refuse alike: the handbook's data hold a payment of nothing
    is_accepted = features["reject_reason"].isna().to_numpy()
    features, accepted = features[is_accepted], transactions[is_accepted]
    champion = champion_from(features, accepted, tmp_path)
    batch = AnomalyDetector(champion, settings=settings, spark=spark).detect_anomalies(transactions)
    assert list(batch["reject_reason"].isna()) == list(is_accepted)
    batch = batch[is_accepted]

    send(kafka, transactions)
    begin = dict.fromkeys(range(TRANSACTIONS.partitions), 0)
    query = ServingQuery(
        histories(spark, settings), settings, champion, name="equality", folder=tmp_path / "serving", begin=begin
    )
    query.start(OutputRange(begin=begin))
    try:
        stream = read_scored(kafka, len(accepted))
    finally:
        query.stop()

    stream = stream.set_index("transaction_id").loc[accepted["transaction_id"]]
    both = [np.abs(stream[name].to_numpy() - features[name].to_numpy()).max() for name in FEATURE_NAMES]
    both.append(np.abs(stream["score"].to_numpy() - batch["score"].to_numpy()).max())
    print(f"\nstream against batch, {len(stream):,} transactions: largest difference {max(both):.1e}")  # noqa: T201
    for name in FEATURE_NAMES:
        np.testing.assert_allclose(stream[name], features[name], rtol=0, atol=CLOSE, err_msg=name)
    np.testing.assert_allclose(stream["score"], batch["score"], rtol=0, atol=CLOSE)
    assert list(stream["is_anomaly"]) == list(batch["is_anomaly"])
    assert list(stream["history_count"]) == list(batch["history_count"])
    assert 0 < batch["is_anomaly"].sum() < 0.02 * len(batch)
