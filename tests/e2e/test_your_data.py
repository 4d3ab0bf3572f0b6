"""docs/your-data.md as a newcomer works through it: each command as it stands there, in order, in a clean clone."""

import json
import re
import subprocess
from pathlib import Path

import httpx2
import pytest
from confluent_kafka import Consumer, TopicPartition

from vigie_runtime import KafkaSettings
from vigie_schemas import TRANSACTIONS
from vigie_testing.ports import free_port
from vigie_testing.terminal import addresses_of_run, environment, running, typed
from vigie_testing.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.nightly, pytest.mark.timeout(1_500)]

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "your-data.md"
STEP_SECONDS = 600
STATUS_PORT = free_port()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.S)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is committed, with everything installed."""
    clone = tmp_path_factory.mktemp("clone") / "vigie"
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
    subprocess.run(["make", "setup"], cwd=clone, check=True, env=environment(), stdout=subprocess.DEVNULL)
    return clone


def ends(kafka: KafkaSettings) -> int:
    consumer = Consumer(kafka.consumer_config("your-data"))
    topic = kafka.topic_name(TRANSACTIONS)
    places = [TopicPartition(topic, number) for number in range(TRANSACTIONS.partitions)]
    try:
        return sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
    finally:
        consumer.close()


def transactions_of_bridge() -> int:
    try:
        return int(httpx2.get(f"http://127.0.0.1:{STATUS_PORT}/status", trust_env=False).json()["transactions_total"])
    except httpx2.TransportError:
        return 0  # it has not started yet


def test_an_export_and_a_topic_become_transactions_as_the_page_says(clone: Path, tmp_path: Path) -> None:
    example, inspected, backtested, replayed, sent, bridged, called, asked = commands()
    (mapping,) = blocks("toml")

    typed(example, clone)
    assert "German CSV-CAMT" in typed(inspected, clone)
    assert "See build/backtest/report.html" in typed(backtested, clone, timeout_seconds=STEP_SECONDS)

    ports = {f"VIGIE_{name}_PORT": "0" for name in ("KAFKA", "MLFLOW", "GATEWAY")}
    quiet = {**ports, "VIGIE_RATE": "1", "VIGIE_HISTORY_DAYS": "0"}
    with running("VIGIE_PAGE_PORT=0 make run", clone, tmp_path / "run.log", COLUMNS="160", **quiet) as system:
        found = addresses_of_run(system, tmp_path / "run.log")
        kafka = {"KAFKA_BOOTSTRAP_SERVERS": found["Kafka"]}
        assert "9000 transactions and 0 labels sent, 0 rows refused, 0 not delivered." in typed(
            replayed, clone, **kafka
        )

        typed(sent, clone, **kafka)
        (clone / "payments.toml").write_text(mapping)
        before = ends(KafkaSettings(kafka_bootstrap_servers=found["Kafka"]))
        with running(bridged, clone, tmp_path / "bridge.log", VIGIE_STATUS_PORT=str(STATUS_PORT), **kafka):
            wait_until(
                lambda: transactions_of_bridge() == 9_000,
                what="the bridge to have read the topic",
                timeout_seconds=120,
                interval_seconds=0.5,
            )
        assert ends(KafkaSettings(kafka_bootstrap_servers=found["Kafka"])) >= before + 9_000

        verdict = json.loads(typed(called.replace("127.0.0.1:8001", found["Gateway"]), clone))
        assert (verdict["transaction_id"], verdict["account_id"][:5]) == ("first-1", "acct-")
        again = json.loads(typed(asked.replace("127.0.0.1:8001", found["Gateway"]), clone))
        assert again["verdict"] == verdict["verdict"]
