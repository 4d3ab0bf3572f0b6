"""A file of labels is imported: its transactions are found among the scored ones, its labels written to their topic."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Producer

from trainer import TrainerSettings
from trainer.labels_topic import LabelsTopic
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_schemas import LABELS, SCORED

pytestmark = pytest.mark.integration

COMMAND_TIMEOUT_SECONDS = 60
PAID_MS = 1_790_000_000_000


@pytest.fixture
def scored(kafka: KafkaSettings) -> KafkaSettings:
    """A topic on which five transactions of two accounts were scored, and a record that nothing can be read from."""
    ensure_topics(kafka, [SCORED, LABELS])
    producer = Producer(kafka.producer_config())
    for number in range(5):
        account = f"acct-{number % 2}"
        paid = {"timestamp_ms": PAID_MS + number, "counterparty_id": "shop"} if number != 4 else {}
        value = json.dumps({"transaction_id": f"t-{number}", "account_id": account, **paid})
        producer.produce(kafka.topic_name(SCORED), key=account, value=value)
    producer.produce(kafka.topic_name(SCORED), key="x", value=b"no record")
    assert producer.flush(30) == 0
    return kafka


def imported(kafka: KafkaSettings, file: Path, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    variables = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "VIGIE_DATA_DIR": str(file.parent / "data"),
    }
    return subprocess.run(
        [sys.executable, "-m", "vigie_cli", "labels", "import", str(file), *arguments],
        env={**os.environ, **variables},
        input=answer,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_SECONDS,
        check=False,
    )


def on_topic(kafka: KafkaSettings) -> dict[str, tuple[str, bool, int | None, str | None]]:
    topic = LabelsTopic(TrainerSettings(**kafka.model_dump()))
    try:
        known = topic.read_newest(1_000)
    finally:
        topic.close()
    return {
        name: (label.account_id, label.is_fraud, label.timestamp_ms, label.counterparty_id)
        for name, label in known.items()
    }


def test_labels_of_scored_transactions_are_written_after_a_preview(scored: KafkaSettings, tmp_path: Path) -> None:
    file = tmp_path / "chargebacks.csv"
    file.write_text("transaction_id,label\nt-1,1\nt-2,0\nt-4,1\nt-99,1\n", encoding="utf-8")

    declined = imported(scored, file, answer="n\n")
    tried = imported(scored, file, "--dry-run", "--json")

    assert (declined.returncode, tried.returncode) == (0, 0), declined.stderr + tried.stderr
    assert "1 transactions are not on the scored topic (such as t-99)" in declined.stdout
    assert json.loads(tried.stdout)["matched"] == 3
    assert on_topic(scored) == {}

    written = imported(scored, file, answer="y\n")

    assert "3 labels written" in written.stdout
    assert on_topic(scored) == {
        "t-1": ("acct-1", True, PAID_MS + 1, "shop"),
        "t-2": ("acct-0", False, PAID_MS + 2, "shop"),
        "t-4": ("acct-0", True, None, None),  # scored before records named whom they pay
    }


def test_nothing_is_written_where_no_transaction_is_known(scored: KafkaSettings, tmp_path: Path) -> None:
    file = tmp_path / "others.csv"
    file.write_text("transaction_id,label\nu-1,1\n", encoding="utf-8")

    refused = imported(scored, file, "--yes")

    assert refused.returncode == 2
    assert "None of the file's transactions was scored" in refused.stderr
    assert on_topic(scored) == {}
