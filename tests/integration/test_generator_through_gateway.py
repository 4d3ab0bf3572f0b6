"""The generator's live payments through the real gateway, judged by a detector that the test plays."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from pydantic import BaseModel

from generator import GeneratorSettings
from generator.replay import replay
from generator.streaming import TransactionGenerator
from generator.transaction_file import TransactionFile
from vigie_intake.preparing import prepare
from vigie_runtime import ConfigurationError, KafkaSettings
from vigie_schemas import LABELS, TRANSACTIONS, VERDICTS, Label, Topic, Transaction, Verdict
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import GatewayCaller, running, settings_of

pytestmark = pytest.mark.integration

SAMPLE = Path(__file__).parents[2] / "services/generator/sample/transactions.parquet"
TOKEN = "a-token-of-sixteen-characters"


@pytest.fixture
def gateway(kafka: KafkaSettings) -> Iterator[GatewayCaller]:
    with PlayedDetector(kafka), running(settings_of(kafka)) as caller:
        caller.wait_ready()
        yield caller


def settings_through(kafka: KafkaSettings, address: str, **given: object) -> GeneratorSettings:
    defaults = {"accounts": 20, "history_days": 1, "rate": 100, "label_delay_seconds": 0.5, "anomaly_share": 0.1}
    target = {"generator_target": "gateway", "gateway_url": address, "canary_seconds": 0}
    return GeneratorSettings.model_validate(kafka.model_dump() | defaults | target | given)


def read_all(kafka: KafkaSettings, topic: Topic) -> list[bytes]:
    """Everything on a topic."""
    consumer = Consumer(kafka.consumer_config("reader") | {"enable.partition.eof": False})
    partitions = [TopicPartition(kafka.topic_name(topic), number, 0) for number in range(topic.partitions)]
    expected = sum(consumer.get_watermark_offsets(partition, timeout=10)[1] for partition in partitions)
    consumer.assign(partitions)
    found: list[bytes] = []
    deadline = time.monotonic() + 60
    while len(found) < expected and time.monotonic() < deadline:
        found += [message.value() or b"" for message in consumer.consume(1000, timeout=0.2)]
    consumer.close()
    assert len(found) == expected
    return found


def names_of(kind: type[BaseModel], records: list[bytes]) -> list[str]:
    return sorted(
        str(json.loads(kind.model_validate_json(record).model_dump_json())["transaction_id"]) for record in records
    )


def test_history_goes_to_kafka_and_live_payments_are_judged_one_by_one(
    kafka: KafkaSettings, gateway: GatewayCaller
) -> None:
    summary = TransactionGenerator(settings_through(kafka, gateway.address)).start_streaming(limit=200)

    transactions = names_of(Transaction, read_all(kafka, TRANSACTIONS))
    judged = set(names_of(Verdict, read_all(kafka, VERDICTS)))
    assert (summary.sent, summary.delivery_errors, summary.labels) == (200, 0, 200)
    assert len(set(transactions)) == len(transactions) == 200
    assert names_of(Label, read_all(kafka, LABELS)) == transactions
    assert summary.gateway is not None
    assert 0 < summary.gateway.verdicts.total() == len(judged) < 200
    assert (summary.gateway.refused.total(), summary.gateway.given_up, summary.gateway.unanswered) == (0, 0, 0)
    assert judged <= set(transactions)


def test_a_file_without_pauses_leaves_as_fast_as_the_gateway_answers(
    kafka: KafkaSettings, gateway: GatewayCaller
) -> None:
    file, settings = TransactionFile(prepare(SAMPLE)), settings_through(kafka, gateway.address, generator_in_flight=8)

    summary = replay(file, settings, threading.Event(), speed=None, limit=300)

    assert summary.gateway is not None
    assert (summary.sent, summary.delivery_errors, summary.labels) == (300, 0, 300)
    assert (summary.gateway.verdicts.total(), summary.gateway.given_up) == (300, 0)


def test_a_gateway_that_does_not_know_the_token_ends_the_run(kafka: KafkaSettings) -> None:
    with running(settings_of(kafka, gateway_tokens=f"core:send:{TOKEN}")) as caller:
        settings = settings_through(kafka, caller.address, gateway_token="another-token", history_days=0)
        with pytest.raises(ConfigurationError, match="VIGIE_GATEWAY_TOKEN"):
            TransactionGenerator(settings).start_streaming(limit=50)
