"""The alerts topic on librdkafka's own mock cluster; a real broker: tests/integration/alerts."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka import Message, Producer

from alert_webhook.delivery.alerts_topic import AlertsTopic
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS

DEADLINE_SECONDS = 30


@pytest.fixture
def kafka() -> Iterator[KafkaSettings]:
    """Settings of a mock cluster whose alerts topic holds five records."""
    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "", "log_level": 0})
    (broker,) = producer.list_topics(timeout=DEADLINE_SECONDS).brokers.values()
    for number in range(5):
        producer.produce(ALERTS.name, str(number), partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0
    yield KafkaSettings(kafka_bootstrap_servers=f"{broker.host}:{broker.port}")
    producer.flush(1)


def read(topic: AlertsTopic, count: int) -> list[bytes | None]:
    found: list[Message] = []
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(found) < count:
        assert time.monotonic() < deadline, f"only {len(found)} of {count} arrived"
        found += topic.read(0.1)
    return [message.value() for message in found]


def test_without_an_outbox_it_goes_on_at_the_stored_offset(kafka: KafkaSettings) -> None:
    with closing(AlertsTopic(kafka)) as first:
        first.assign({})
        assert read(first, 5) == [b"0", b"1", b"2", b"3", b"4"]
        first.commit({0: 3})

    with closing(AlertsTopic(kafka)) as second:
        second.assign({})
        assert read(second, 2) == [b"3", b"4"]


def test_the_outbox_knows_better_than_the_stored_offset(kafka: KafkaSettings) -> None:
    with closing(AlertsTopic(kafka)) as first:
        first.assign({0: 4})
        assert read(first, 1) == [b"4"]
        first.commit({0: 1})

    with closing(AlertsTopic(kafka)) as second:
        second.assign({0: 2})
        assert read(second, 3) == [b"2", b"3", b"4"]
