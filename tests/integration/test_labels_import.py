"""A file of labels is told to Vigie: found among what was scored, written once to the labels topic, learned from."""

import json
from pathlib import Path

import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner, Result

from trainer import TrainerSettings
from trainer.labels_topic import LabelsTopic
from vigie_cli.__main__ import app
from vigie_runtime import InputError, KafkaSettings, ensure_topics
from vigie_schemas import LABELS, SCORED

pytestmark = pytest.mark.integration


@pytest.fixture
def scored(kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> KafkaSettings:
    """A topic on which five transactions of two accounts were scored, and a record that nothing can be read from."""
    ensure_topics(kafka, [SCORED, LABELS])
    producer = Producer(kafka.producer_config())
    for number in range(5):
        account = f"acct-{number % 2}"
        value = json.dumps({"transaction_id": f"t-{number}", "account_id": account})
        producer.produce(kafka.topic_name(SCORED), key=account, value=value)
    producer.produce(kafka.topic_name(SCORED), key="x", value=b"no record")
    assert producer.flush(30) == 0
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.kafka_bootstrap_servers)
    monkeypatch.setenv("VIGIE_TOPIC_PREFIX", kafka.topic_prefix)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path / "data"))
    return kafka


def imported(file: Path, *arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["labels", "import", str(file), *arguments], input=answer, catch_exceptions=False)


def on_topic(kafka: KafkaSettings) -> dict[str, tuple[str, bool]]:
    topic = LabelsTopic(TrainerSettings(**kafka.model_dump()))
    try:
        known = topic.read_newest(1_000)
    finally:
        topic.close()
    return {name: (label.account_id, label.is_fraud) for name, label in known.items()}


def test_labels_of_scored_transactions_are_written_after_a_preview(scored: KafkaSettings, tmp_path: Path) -> None:
    file = tmp_path / "chargebacks.csv"
    file.write_text("transaction_id,label\nt-1,1\nt-2,0\nt-4,1\nt-99,1\n", encoding="utf-8")

    declined = imported(file, answer="n\n")
    tried = imported(file, "--dry-run", "--json")

    assert declined.exit_code == tried.exit_code == 0
    assert "1 transactions are not on the scored topic (such as t-99)" in declined.output
    assert json.loads(tried.stdout)["matched"] == 3
    assert on_topic(scored) == {}

    written = imported(file, answer="y\n")

    assert "3 labels written" in written.output
    assert on_topic(scored) == {"t-1": ("acct-1", True), "t-2": ("acct-0", False), "t-4": ("acct-0", True)}


def test_nothing_is_written_where_no_transaction_is_known(scored: KafkaSettings, tmp_path: Path) -> None:
    file = tmp_path / "others.csv"
    file.write_text("transaction_id,label\nu-1,1\n", encoding="utf-8")

    with pytest.raises(InputError, match="None of the file's transactions was scored"):
        imported(file, "--yes")

    assert on_topic(scored) == {}
