"""The generator against a real broker."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from generator import GeneratorSettings, TransactionGenerator
from generator.labels import LabelQueue, Truth
from generator.outlet import Outlet, finishing
from generator.progress import SendProgress
from generator.replay import replay
from generator.state import FILE_NAME
from generator.transaction_file import TransactionFile
from vigie_intake.preparing import prepare
from vigie_runtime import KafkaSettings
from vigie_schemas import LABELS, TRANSACTIONS, Label, Topic, Transaction
from vigie_testing.kafka_topics import delete_topic
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

SAMPLE = Path(__file__).parents[2] / "services/generator/sample/transactions.parquet"


def _settings(kafka: KafkaSettings, **given: object) -> GeneratorSettings:
    defaults = {"accounts": 30, "history_days": 2, "rate": 200, "label_delay_seconds": 0.5, "anomaly_share": 0.1}
    return GeneratorSettings.model_validate(kafka.model_dump() | defaults | given)


def _read(kafka: KafkaSettings, topic: Topic) -> list[tuple[str, dict]]:
    """Everything on a topic, partition by partition, as (key, record)."""
    consumer = Consumer(kafka.consumer_config("reader") | {"enable.partition.eof": False})
    name = kafka.topic_name(topic)
    partitions = [TopicPartition(name, number, 0) for number in range(topic.partitions)]
    expected = sum(consumer.get_watermark_offsets(partition, timeout=10)[1] for partition in partitions)
    consumer.assign(partitions)
    found: list[tuple[str, dict]] = []
    deadline = time.monotonic() + 30
    while len(found) < expected and time.monotonic() < deadline:
        for message in consumer.consume(1000, timeout=0.2):
            assert message.error() is None
            found.append((message.key().decode(), json.loads(message.value())))
    consumer.close()
    assert len(found) == expected
    return found


def test_transactions_and_labels_arrive_keyed_and_keep_their_contracts(kafka):
    summary = TransactionGenerator(_settings(kafka)).start_streaming(limit=300)

    transactions, labels = _read(kafka, TRANSACTIONS), _read(kafka, LABELS)
    assert (summary.sent, summary.delivery_errors, summary.labels) == (300, 0, 300)
    for key, record in transactions:
        assert Transaction.model_validate_json(json.dumps(record)).account_id == key
        assert abs(record["sent_at_us"] / 1e6 - time.time()) < 60
    for key, record in labels:
        assert Label.model_validate_json(json.dumps(record)).account_id == key
    assert {r["transaction_id"] for _, r in labels} == {r["transaction_id"] for _, r in transactions}
    assert {r["is_fraud"] for _, r in labels} == {True, False}


def test_a_second_run_continues_and_sends_nothing_twice(kafka):
    settings = _settings(kafka)
    offline = TransactionGenerator(settings).transactions()

    first = TransactionGenerator(settings).start_streaming(limit=250)
    second = TransactionGenerator(settings).start_streaming(limit=150)

    records = sorted((record for _, record in _read(kafka, TRANSACTIONS)), key=lambda record: record["timestamp_ms"])
    assert first.sent + second.sent == len(records) == 400
    assert len({record["transaction_id"] for record in records}) == 400
    assert [record["transaction_id"].split("-")[1] for record in records] == ["1"] * 250 + ["2"] * 150
    facts = ("timestamp_ms", "account_id", "amount", "currency", "merchant_id")
    whole = [next(offline)[0] for _ in range(400)]
    assert [[record[fact] for fact in facts] for record in records] == [[r[fact] for fact in facts] for r in whole]


def test_labels_of_live_traffic_come_after_the_delay(kafka):
    settings = _settings(kafka, history_days=0, label_delay_seconds=1.5, rate=100)

    TransactionGenerator(settings).start_streaming(limit=100)

    sent = {record["transaction_id"]: record["sent_at_us"] / 1e6 for _, record in _read(kafka, TRANSACTIONS)}
    delays = [record["labelled_at_ms"] / 1e3 - sent[record["transaction_id"]] for _, record in _read(kafka, LABELS)]
    assert len(delays) == 100
    assert min(delays) > 1.4


def test_a_full_local_queue_is_waited_out(kafka):
    progress, stop = SendProgress(target_rate=None), threading.Event()
    labels = LabelQueue("generator", 0)
    outlet = Outlet(kafka, labels, progress, stop, extra_config={"queue.buffering.max.messages": 5})

    with finishing(outlet, stop):
        for number in range(500):
            truth = Truth(f"t-{number}", "acct-1", is_fraud=False, scenario=None)
            outlet.send({"transaction_id": f"t-{number}", "account_id": "acct-1"}, truth)

    assert [record["transaction_id"] for _, record in _read(kafka, TRANSACTIONS)] == [f"t-{n}" for n in range(500)]
    assert (progress.sent, progress.labels, progress.delivery_errors) == (500, 500, 0)


def test_what_kafka_refuses_is_counted(kafka):
    progress, stop = SendProgress(target_rate=None), threading.Event()
    delete_topic(AdminClient(kafka.client_config()), kafka.topic_name(LABELS))
    outlet = Outlet(
        kafka,
        LabelQueue("generator", 0),
        progress,
        stop,
        extra_config={"message.timeout.ms": 1500, "allow.auto.create.topics": False},
    )

    with finishing(outlet, stop):
        outlet.send({"transaction_id": "t-1", "account_id": "acct-1"}, Truth("t-1", "acct-1", False, None))

    assert (progress.sent, progress.delivery_errors) == (1, 1)


def test_replay_sends_a_file_with_its_labels(kafka):
    settings = _settings(kafka, label_delay_seconds=0.2)

    summary = replay(TransactionFile(prepare(SAMPLE)), settings, threading.Event(), speed=None, limit=500)

    transactions, labels = _read(kafka, TRANSACTIONS), _read(kafka, LABELS)
    assert (summary.sent, summary.labels, summary.tally.refused, summary.delivery_errors) == (500, 500, 0, 0)
    assert {int(record["transaction_id"].rsplit("-", 1)[1]) for _, record in transactions} == set(range(500))
    assert {record["source"] for _, record in labels} == {"dataset"}


def test_replay_keeps_the_pace_it_is_asked_for(kafka, tmp_path):
    path = tmp_path / "paced.parquet"
    times = pa.array([0, 500_000, 1_000_000], pa.timestamp("us", tz="UTC")).cast(pa.int64())
    stamps = pa.array([1_700_000_000_000_000 + at.as_py() * 20 for at in times], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"ts": stamps, "account_id": ["a", "b", "c"], "amount": [1.0, 2.0, 3.0]}), path)

    replay(TransactionFile(prepare(path)), _settings(kafka), threading.Event(), speed=20)

    sent = sorted(record["sent_at_us"] / 1e6 for _, record in _read(kafka, TRANSACTIONS))
    assert sent[1] - sent[0] == pytest.approx(0.5, abs=0.3)
    assert sent[2] - sent[0] == pytest.approx(1.0, abs=0.4)
    assert _read(kafka, LABELS) == []


def _command(kafka: KafkaSettings, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "VIGIE_DATA_DIR": str(kafka.data_dir),
        "VIGIE_ACCOUNTS": "30",
        "VIGIE_HISTORY_DAYS": "2",
        "VIGIE_RATE": "100",
        "VIGIE_ANOMALY_SHARE": "0.1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "generator", *arguments],
        env=environment | variables,
        stderr=subprocess.PIPE,
        text=True,
    )


def _status(port: int, path: str = "status") -> dict:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/{path}", trust_env=False).raise_for_status().json()
    except httpx2.HTTPError:
        return {}


def test_the_command_reports_its_status_and_stops_cleanly(kafka):
    port = free_port()
    process = _command(kafka, VIGIE_STATUS_PORT=str(port))
    try:
        wait_until(lambda: _status(port).get("phase") == "live" and _status(port)["sent"] > 250, what="live traffic")
        status = _status(port)
        assert _status(port, "readyz")["ready"] is True
        assert _status(port, "healthz") == {"alive": True}
        process.send_signal(signal.SIGTERM)
        _, shown = process.communicate(timeout=20)
    finally:
        process.kill()

    assert process.returncode == 0
    assert status["delivery_errors"] == 0
    assert 0 < status["history_sent"] < status["sent"]
    assert status["rate"] == 100
    records = [record for _, record in _read(kafka, TRANSACTIONS)]
    assert f"{len(records)} transactions and {len(records)} labels sent, 0 not delivered." in shown
    state = json.loads((kafka.data_dir / FILE_NAME).read_text())
    assert state["clock_ms"] == max(record["timestamp_ms"] for record in records)


def test_a_killed_run_repeats_nothing(kafka):
    port = free_port()
    process = _command(kafka, VIGIE_STATUS_PORT=str(port))
    try:
        wait_until(lambda: _status(port).get("sent", 0) > 350, what="traffic")
    finally:
        process.kill()
        process.communicate(timeout=20)

    TransactionGenerator(_settings(kafka)).start_streaming(limit=100)

    records = [record for _, record in _read(kafka, TRANSACTIONS)]
    assert len({record["transaction_id"] for record in records}) == len(records)
    assert len({record["timestamp_ms"] for record in records}) == len(records)


def test_without_a_broker_a_replay_says_what_to_do(kafka):
    sample = "services/generator/sample/transactions.parquet"
    process = _command(kafka, "replay", sample, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port()}")
    try:
        _, shown = process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 1
    assert "Kafka does not answer" in shown
    assert "Traceback" not in shown
