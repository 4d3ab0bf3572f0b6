"""Figures reach the page from a real broker, and it is known how far the alerts topic reaches."""

import threading
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.metrics_feed import CLIENT, MetricsFeed
from vigie_runtime import KafkaSettings, KafkaState
from vigie_schemas import METRICS, Metrics
from vigie_testing.golden import golden_record
from vigie_testing.ports import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def feed_of(hub: Hub) -> Iterator[Callable[[KafkaSettings], MetricsFeed]]:
    """Start feeds that stop with the test."""
    stop, threads = threading.Event(), []

    def start(settings: KafkaSettings) -> MetricsFeed:
        state = KafkaState()
        state.waiting_for = None
        feed = MetricsFeed(settings, hub, state)
        threads.append(threading.Thread(target=feed.run, args=(stop,)))
        threads[-1].start()
        return feed

    yield start
    stop.set()
    for thread in threads:
        thread.join(15)
        assert not thread.is_alive()


def write(kafka: KafkaSettings, *payloads: bytes) -> None:
    producer = Producer(kafka.producer_config())
    for payload in payloads:
        producer.produce(kafka.topic_name(METRICS), payload)
    assert producer.flush(10) == 0


def test_shows_what_was_before_and_what_comes_and_passes_over_what_it_cannot_read(
    kafka: KafkaSettings,
    hub: Hub,
    feed_of: Callable[[KafkaSettings], MetricsFeed],
    raise_alerts: Callable[..., None],
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    golden = Metrics.model_validate(golden_record("metrics", "second.json"))
    later = golden.model_copy(update={"at_ms": golden.at_ms + 1000})
    write(kafka, b"{", golden.model_dump_json().encode())
    raise_alerts("t1", "t2", "t3")

    feed = feed_of(kafka)
    eventually(lambda: hub.latest_metrics() == golden)
    write(kafka, b"not json", later.model_dump_json().encode())
    raise_alerts("t4")

    eventually(lambda: hub.latest_metrics() == later)
    eventually(lambda: feed.state.reachable and feed.state.alerts == {0: (0, 4)})
    partition = TopicPartition(kafka.topic_name(METRICS), 0)
    consumer = Consumer(kafka.consumer_config(CLIENT))
    (place,) = consumer.committed([partition], 10)
    consumer.close()
    assert place.offset < 0, "the next start shows the latest again"


def test_without_kafka_nothing_is_known(hub: Hub, feed_of: Callable[[KafkaSettings], MetricsFeed]) -> None:
    feed = feed_of(KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}"))

    assert (feed.state.reachable, feed.state.alerts, hub.latest_metrics()) == (False, None, None)
