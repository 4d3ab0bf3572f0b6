"""Where the alerts topic is read on: at what the outbox says, else at the stored offset, on a real broker."""

import time
from collections.abc import Mapping
from contextlib import closing

import pytest
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient

from alert_webhook.delivery.alerts_topic import AlertsTopic
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_runtime.offsets import KeptOffset
from vigie_schemas import ALERTS
from vigie_testing.kafka_topics import create_topic, delete_topic
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 60


@pytest.fixture
def topic(kafka: KafkaSettings) -> KafkaSettings:
    """Settings of a broker whose alerts topic holds five records."""
    write(kafka, range(5))
    return kafka


def create(kafka: KafkaSettings) -> None:
    create_topic(AdminClient(kafka.client_config()), kafka.topic_name(ALERTS), 1)


def delete(kafka: KafkaSettings) -> None:
    delete_topic(AdminClient(kafka.client_config()), kafka.topic_name(ALERTS))


def write(kafka: KafkaSettings, numbers: range) -> None:
    producer = Producer(kafka.producer_config())
    for number in numbers:
        producer.produce(kafka.topic_name(ALERTS), str(number), partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0


def begin(topic: AlertsTopic, kept: Mapping[int, KeptOffset]) -> None:
    """Assign as the intake does, which tries again: a broker that just started still loads the stored offsets."""
    wait_until(
        lambda: topic.assign(kept) or True,
        what="the stored offsets",
        timeout_seconds=DEADLINE_SECONDS,
        not_yet=(UnavailableError,),
    )


def read(topic: AlertsTopic, count: int) -> list[bytes | None]:
    found: list[Message] = []
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(found) < count:
        assert time.monotonic() < deadline, f"only {len(found)} of {count} arrived"
        found += topic.read(0.1)
    return [message.value() for message in found]


def test_without_an_outbox_it_goes_on_at_the_stored_offset(topic: KafkaSettings) -> None:
    with closing(AlertsTopic(topic)) as first:
        begin(first, {})
        assert read(first, 5) == [b"0", b"1", b"2", b"3", b"4"]
        first.commit({0: 3})

    with closing(AlertsTopic(topic)) as second:
        begin(second, {})
        assert read(second, 2) == [b"3", b"4"]


def test_the_outbox_knows_better_than_the_stored_offset(topic: KafkaSettings) -> None:
    with closing(AlertsTopic(topic)) as first:
        begin(first, {0: KeptOffset(4)})
        assert read(first, 1) == [b"4"]
        first.commit({0: 1})

    with closing(AlertsTopic(topic)) as second:
        begin(second, {0: KeptOffset(2)})
        assert read(second, 3) == [b"2", b"3", b"4"]


def test_a_recreated_topic_is_read_from_its_beginning_whatever_was_kept(topic: KafkaSettings) -> None:
    with closing(AlertsTopic(topic)) as first:
        begin(first, {})
        assert len(read(first, 5)) == 5
        kept = first.kept({0: 2})
        first.commit({0: 2})
    delete(topic)
    create(topic)
    write(topic, range(100, 104))

    with closing(AlertsTopic(topic)) as with_outbox:
        begin(with_outbox, kept)
        assert read(with_outbox, 4) == [b"100", b"101", b"102", b"103"]
    with closing(AlertsTopic(topic)) as without_outbox:
        begin(without_outbox, {})
        assert read(without_outbox, 4) == [b"100", b"101", b"102", b"103"], "Kafka deleted the stored offset too"
