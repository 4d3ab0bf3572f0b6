"""The embedded broker is a real one: it keeps its records over a restart."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from vigie_local.broker import EmbeddedKafka
from vigie_runtime import KafkaSettings, UnavailableError, ensure_topics
from vigie_schemas import TOPICS, TRANSACTIONS
from vigie_testing.ports import free_port

pytestmark = pytest.mark.integration


def test_records_outlive_a_restart_on_another_port(tmp_path: Path) -> None:
    first = EmbeddedKafka(tmp_path, port=free_port())
    first.start()
    first.wait_ready()
    settings = KafkaSettings(kafka_bootstrap_servers=first.bootstrap_servers)
    ensure_topics(settings, TOPICS)
    producer = Producer(settings.producer_config())
    producer.produce(TRANSACTIONS.name, key="a", value="kept")
    assert producer.flush(10) == 0
    first.stop()

    second = EmbeddedKafka(tmp_path, port=free_port())
    second.start()
    try:
        second.wait_ready()
        consumer = Consumer(KafkaSettings(kafka_bootstrap_servers=second.bootstrap_servers).consumer_config("test"))
        consumer.subscribe([TRANSACTIONS.name])
        message = consumer.poll(20)
        consumer.close()
    finally:
        second.stop()

    assert message is not None
    assert message.value() == b"kept"


def test_topics_are_as_listed(kafka: KafkaSettings) -> None:
    from confluent_kafka.admin import AdminClient

    found = AdminClient(kafka.client_config()).list_topics(timeout=10).topics

    assert {name: len(found[name].partitions) for name in map(kafka.topic_name, TOPICS)} == {
        kafka.topic_name(topic): topic.partitions for topic in TOPICS
    }


def test_an_absent_broker_is_reported_in_one_sentence() -> None:
    settings = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")

    with pytest.raises(UnavailableError, match=r"Kafka does not answer at 127\.0\.0\.1:\d+ .*Start it with `make run`"):
        ensure_topics(settings, TOPICS, timeout_seconds=1)
