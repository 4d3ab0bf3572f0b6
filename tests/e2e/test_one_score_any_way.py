"""The same payments through a CSV file, Parquet, JSON lines, a foreign topic and HTTP: the same scores."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from rich.console import Console

from vigie_loadtests.latency.pool import Record, make_pool, read_pool
from vigie_loadtests.latency.run import send_history, wait_for_champion
from vigie_local.services import ALERT_WEBHOOK, DETECTOR, GATEWAY, GENERATOR, SERVICES
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem
from vigie_runtime import KafkaSettings
from vigie_schemas import SCORED
from vigie_testing.kafka_topics import create_topic
from vigie_testing.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.nightly, pytest.mark.timeout(900)]

ROWS = 600
ACCOUNTS = 40
WAYS = ("csv", "parquet", "jsonl", "topic", "http")
FOREIGN_TOPIC = "core.payments"
MAPPING = """
[timestamp]
column = "booked.at"
format = "iso"
zone = "UTC"
[account_id]
column = "payer"
[transaction_id]
column = "reference"
[amount]
column = "booked.cents"
unit = "minor"
out = "all"
[currency]
column = "booked.currency"
[merchant_id]
column = "shop.id"
[category]
column = "shop.kind"
[country]
column = "shop.country"
[lat]
column = "shop.lat"
[lon]
column = "shop.lon"
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    folder = tmp_path_factory.mktemp("any-way")
    make_pool(folder / "history.jsonl", folder / "pool.jsonl", pool_size=40_000)
    settings = LocalSettings(data_dir=folder / "data", kafka_port=0, mlflow_port=0, page_port=0, gateway_port=0)
    services = tuple(service for service in SERVICES if service not in (GENERATOR, ALERT_WEBHOOK))
    with LocalSystem(settings, services=services, environment={"VIGIE_RECALIBRATE": "false"}) as system:
        send_history(kafka_of(system), read_pool(folder / "history.jsonl"))
        wait_for_champion(system, DETECTOR, Console(file=sys.stderr))
        yield system


@pytest.fixture(scope="module")
def payments(system: LocalSystem) -> list[Record]:
    """Of accounts of which nothing is known yet, anomalies among them, in the order of their time."""
    pool = read_pool(system.directory.parent / "pool.jsonl")
    chosen = set(list(dict.fromkeys(str(record["account_id"]) for record in pool))[:ACCOUNTS])
    return [record for record in pool if record["account_id"] in chosen][:ROWS]


def kafka_of(system: LocalSystem) -> KafkaSettings:
    return KafkaSettings(kafka_bootstrap_servers=system.bootstrap_servers)


def named(payments: Iterable[Record], way: str) -> list[dict[str, Any]]:
    """Under names of this way, so that each way's accounts have a history of their own."""
    own = ("transaction_id", "account_id")
    return [record | {name: f"{record[name]}-{way}" for name in own} for record in payments]


def moment(record: Record) -> str:
    return datetime.fromtimestamp(int(str(record["timestamp_ms"])) / 1000, UTC).isoformat(timespec="milliseconds")


def rows(payments: Iterable[Record], way: str) -> list[dict[str, Any]]:
    """As a file has them."""
    left_out = ("schema_version", "timestamp_ms", "sent_at_us")
    return [
        {"ts": moment(record), **{name: value for name, value in record.items() if name not in left_out}}
        for record in named(payments, way)
    ]


def replay(path: Path, system: LocalSystem) -> None:
    command = [sys.executable, "-m", "generator", "replay", str(path), "--flat-out"]
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": system.bootstrap_servers,
        "VIGIE_DATA_DIR": str(path.parent / f"data-{path.suffix[1:]}"),
    }
    subprocess.run(command, env=environment, check=True)


def send_files(payments: list[Record], folder: Path, system: LocalSystem) -> None:
    pa_csv.write_csv(pa.Table.from_pylist(rows(payments, "csv")), folder / "payments.csv")
    pa_parquet.write_table(pa.Table.from_pylist(rows(payments, "parquet")), folder / "payments.parquet")
    lines = [json.dumps(row) + "\n" for row in rows(payments, "jsonl")]
    (folder / "payments.jsonl").write_text("".join(lines))
    for name in ("csv", "parquet", "jsonl"):
        replay(folder / f"payments.{name}", system)


def send_topic(payments: list[Record], folder: Path, system: LocalSystem) -> subprocess.Popen[bytes]:
    """Write the foreign topic; returns the bridge that reads it."""
    create_topic(AdminClient(kafka_of(system).client_config()), FOREIGN_TOPIC, partitions=2)
    producer = Producer(kafka_of(system).producer_config(linger_ms=20))
    for record in named(payments, "topic"):
        booked = {
            "at": moment(record),
            "cents": round(float(record["amount"]) * 100),
            "currency": record["currency"],
        }
        shop = {"id": record["merchant_id"], "kind": record["category"], "country": record["country"]}
        place = {"lat": record["lat"], "lon": record["lon"]}
        value = {"reference": record["transaction_id"], "payer": record["account_id"], "booked": booked}
        producer.produce(FOREIGN_TOPIC, json.dumps(value | {"shop": shop | place}), str(record["account_id"]))
    assert producer.flush(30) == 0
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": system.bootstrap_servers,
        "VIGIE_DATA_DIR": str(folder / "bridge"),
        "VIGIE_BRIDGE_TOPIC": FOREIGN_TOPIC,
        "VIGIE_BRIDGE_MAPPING_TEXT": MAPPING,
    }
    return subprocess.Popen([sys.executable, "-m", "bridge"], env=environment)


def send_http(payments: list[Record], system: LocalSystem) -> dict[str, float]:
    """The score that each call was answered with."""
    answers = {}
    with httpx2.Client(base_url=system.address(GATEWAY), trust_env=False, timeout=30) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200, what="the gateway", timeout_seconds=120)
        for record in named(payments, "http"):
            fields = {name: value for name, value in record.items() if value is not None}
            answer = client.post("/v1/transactions", json=fields, headers={"Vigie-Deadline-Ms": "10000"}).json()
            answers[answer["transaction_id"]] = answer["score"]
    return answers


def scored(system: LocalSystem, count: int) -> dict[str, dict[str, Any]]:
    """The scored records of the five ways, by transaction, once so many are there."""
    kafka, found = kafka_of(system), dict[str, dict[str, Any]]()
    consumer = Consumer(kafka.consumer_config("any-way"))
    consumer.subscribe([kafka.topic_name(SCORED)])

    def read() -> bool:
        for message in consumer.consume(1_000, timeout=0.5):
            record = json.loads(message.value() or b"{}")
            if record.get("transaction_id", "").endswith(tuple(f"-{way}" for way in WAYS)):
                found[record["transaction_id"]] = record
        return len(found) >= count

    try:
        wait_until(read, what=f"{count} scores", timeout_seconds=240, seen=lambda: len(found))
    finally:
        consumer.close()
    return found


def test_whatever_way_a_payment_comes_its_score_is_the_same(
    system: LocalSystem, payments: list[Record], tmp_path: Path
) -> None:
    assert len(payments) == ROWS
    send_files(payments, tmp_path, system)
    bridge = send_topic(payments, tmp_path, system)
    try:
        answers = send_http(payments, system)
        found = scored(system, len(WAYS) * ROWS)
    finally:
        bridge.send_signal(signal.SIGTERM)
        bridge.wait(60)

    for record in payments:
        by_way = {way: found[f"{record['transaction_id']}-{way}"] for way in WAYS}
        expected = by_way["parquet"]
        for each in by_way.values():
            assert each["score"] == pytest.approx(expected["score"], abs=1e-9)
            assert each["features"] == pytest.approx(expected["features"], abs=1e-9)
            assert (each["amount_eur"], each["timestamp_ms"]) == (expected["amount_eur"], expected["timestamp_ms"])
        assert answers[f"{record['transaction_id']}-http"] == pytest.approx(expected["score"], abs=1e-9)
    assert len({record["score"] for record in found.values()}) > ROWS / 4, "scores that differ from payment to payment"
