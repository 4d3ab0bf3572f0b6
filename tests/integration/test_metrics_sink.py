"""The metrics sink on a real broker: known records in, their figures out, repeats without effect."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import httpx2
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from metrics_sink.settings import MetricsSinkSettings
from metrics_sink.sink import MetricsSink
from metrics_sink.storage.store import FILE
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, DEAD_LETTERS, METRICS, SCORED, TRANSACTIONS, VERDICTS, Metrics, Topic
from vigie_testing.golden import golden_record
from vigie_testing.ports import free_port

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 30


def an_alert(name: str) -> dict[str, object]:
    return golden_record("alert", "alert.json", alert_id=f"alert:{name}")


class Stream:
    """Writes what the generator and the detector write, reads what the sink publishes."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._producer = Producer(kafka.producer_config())
        self._consumer = Consumer(kafka.consumer_config("test"))
        self._consumer.assign([TopicPartition(kafka.topic_name(METRICS), 0, 0)])
        self.published: list[Metrics] = []

    def write(self, topic: Topic, *records: dict[str, object], partition: int = 0) -> None:
        for record in records:
            self._producer.produce(self._kafka.topic_name(topic), json.dumps(record).encode(), partition=partition)
        assert self._producer.flush(10) == 0

    def scored(self, *offsets: int, partition: int = 0, score: float | None = 0.5, version: int = 3) -> None:
        is_scored = score is not None
        record = {
            "schema_version": 1,
            "account_id": "a",
            "amount_eur": 10.0,
            "segment": "established_account",
            "features": {},
            "timestamp_ms": int(time.time() * 1000),
            "sent_at_us": time.time_ns() // 1000 - 50_000,
            "partition": partition,
            "status": "scored" if is_scored else "learning",
            "score": score,
            "threshold": 0.6 if is_scored else None,
            "is_anomaly": is_scored and score >= 0.6,
            "model_version": version if is_scored else None,
            "threshold_version": version if is_scored else None,
        }
        named = ({**record, "offset": offset, "transaction_id": f"t{partition}-{offset}"} for offset in offsets)
        self.write(SCORED, *named, partition=partition)

    def alerts(self, *names: str) -> None:
        self.write(ALERTS, *(an_alert(name) for name in names))

    def dead_letter(self, offset: int, reason: str, *, partition: int = 0) -> None:
        topic = self._kafka.topic_name(TRANSACTIONS)
        self.write(DEAD_LETTERS, {"topic": topic, "partition": partition, "offset": offset, "reason": reason})

    def verdict(self, name: str, *, partition: int = 0, example: str = "model.json", **changes: object) -> None:
        """What the gateway writes; it writes a call's verdicts to one partition."""
        record = golden_record("verdict", example, transaction_id=name, **changes)
        self.write(VERDICTS, record, partition=partition)

    def wait_for(
        self, *, transactions: int, alerts: int, missing: int = 0, lag: dict[str, int] | None = None
    ) -> Metrics:
        """The first published record with these totals, and this lag if one is given: Kafka tells it a moment later."""

        def has_them(metrics: Metrics) -> bool:
            totals = (metrics.transactions_total, metrics.alerts_total, metrics.missing_total)
            return totals == (transactions, alerts, missing) and lag in (None, metrics.lag)

        return self.wait_until(has_them)

    def wait_until(self, is_awaited: Callable[[Metrics], bool]) -> Metrics:
        """The first published record that is awaited."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            for message in self._consumer.consume(num_messages=10, timeout=0.1):
                assert message.error() is None
                metrics = Metrics.model_validate_json(message.value() or b"")
                self.published.append(metrics)
                if is_awaited(metrics):
                    return metrics
        raise AssertionError(f"not published; last record: {self.published[-1:]}")

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def stream(kafka: KafkaSettings) -> Iterator[Stream]:
    stream = Stream(kafka)
    yield stream
    stream.close()


@pytest.fixture
def sink_settings(kafka: KafkaSettings) -> MetricsSinkSettings:
    return MetricsSinkSettings(**kafka.model_dump(), status_port=0)


@pytest.fixture
def run_sink(sink_settings: MetricsSinkSettings, stream: Stream) -> Iterator[None]:
    """A running sink that started after three scored transactions and an alert."""
    stream.write(TRANSACTIONS, *({} for _ in range(12)))
    stream.write(TRANSACTIONS, *({} for _ in range(5)), partition=1)
    stream.scored(0, 1, 2)
    stream.alerts("before")
    with a_running_sink(sink_settings):
        stream.wait_for(transactions=0, alerts=0)
        yield


@contextmanager
def a_running_sink(settings: MetricsSinkSettings) -> Iterator[None]:
    """Runs in a thread of its own, and ends as a signal would end it."""
    stop = threading.Event()
    sink = MetricsSink(settings, chance=random.Random(1), clock=time.time)
    thread = threading.Thread(target=sink.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
    assert not thread.is_alive()


@pytest.mark.usefixtures("run_sink")
def test_counts_each_record_once(stream: Stream) -> None:
    for _ in range(2):  # the second time is what a detector writes that restarted from its checkpoint
        stream.scored(2, 4, 3)
        stream.scored(5, score=None)
        stream.scored(0, 1, partition=1, score=0.7, version=4)
        stream.dead_letter(6, "invalid_amount")
        stream.dead_letter(2, "tombstone", partition=1)
        stream.alerts("before", "t0")
    # each partition of each topic ends in a record of its own: once these count, the repeats have passed
    stream.scored(7)
    stream.scored(3, partition=1, version=5)
    stream.dead_letter(8, "tombstone")
    stream.alerts("last")
    metrics = stream.wait_for(transactions=10, alerts=2)
    stream.wait_for(transactions=10, alerts=2, lag={"0": 12 - 9, "1": 5 - 4})

    assert sum(second.scored for second in stream.published) == 6
    assert sum(second.learning for second in stream.published) == 1
    assert sum(second.alerts for second in stream.published) == 2
    rejected = [second.dead_letters for second in stream.published]
    assert sum(reasons.get("tombstone", 0) for reasons in rejected) == 2
    assert sum(reasons.get("invalid_amount", 0) for reasons in rejected) == 1
    assert sum(point.is_anomaly for second in stream.published for point in second.score_points) == 2
    assert metrics.score_quantiles == {"p50": 0.5, "p90": 0.7, "p99": 0.7}
    assert (metrics.model_version, metrics.threshold_version) == (5, 5)
    assert metrics.latency is not None
    assert metrics.latency.count == 6  # the one that was only learned from is not among them
    assert 50 <= metrics.latency.p50_ms <= metrics.latency.max_ms < DEADLINE_SECONDS * 1000


def test_transactions_that_kafka_deleted_unread_are_missing(
    kafka: KafkaSettings, stream: Stream, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metrics_sink.sink.PARTITIONS_INTERVAL_SECONDS", 0.2)
    request.getfixturevalue("run_sink")
    admin = AdminClient(kafka.client_config())
    (deleted,) = admin.delete_records([TopicPartition(kafka.topic_name(TRANSACTIONS), 0, 10)]).values()
    deleted.result(10)

    metrics = stream.wait_for(transactions=0, alerts=0, missing=7)  # 0, 1 and 2 were scored
    stream.scored(10)
    stream.wait_for(transactions=1, alerts=0, missing=7)

    assert metrics.transactions_total == 0


@pytest.mark.usefixtures("run_sink")
def test_counts_each_verdict_once(stream: Stream) -> None:
    for _ in range(2):  # the second time is what a gateway writes that does not know whether Kafka took it
        stream.verdict("v1")
        stream.verdict("v2", example="fallback.json", partition=1)
        stream.verdict("v2", example="late.json", partition=1)
        stream.verdict("v3", account_id="canary-7")
    # each partition ends in a record of its own: once these count, the repeats have passed
    stream.verdict("last-0")
    stream.verdict("last-1", partition=1)

    metrics = stream.wait_until(lambda metrics: metrics.gateway is not None and metrics.gateway.recent_calls == 4)

    gateways = [second.gateway for second in stream.published if second.gateway is not None]
    assert sum(one.calls for one in gateways) == 4
    assert sum(one.late for one in gateways) == 1
    assert sum(one.fallbacks.get("deadline", 0) for one in gateways) == 1
    assert sum(one.verdicts.get("decline", 0) for one in gateways) == 3
    assert metrics.gateway is not None
    assert metrics.gateway.fallback_share == 0.25
    assert metrics.gateway.latency is not None
    assert metrics.gateway.latency.max_ms == pytest.approx(150.3, rel=0.002)
    assert metrics.transactions_total == 0


def test_a_sink_of_before_the_gateway_counts_verdicts_from_its_next_start_on(
    sink_settings: MetricsSinkSettings, stream: Stream
) -> None:
    stream.write(TRANSACTIONS, *({} for _ in range(6)))
    stream.scored(0, 1, 2)
    with a_running_sink(sink_settings):
        stream.wait_for(transactions=0, alerts=0)
    with closing(sqlite3.connect(sink_settings.data_dir / FILE, isolation_level=None)) as file:
        forget_topic(file, sink_settings.topic_name(VERDICTS))
    for partition in range(VERDICTS.partitions):
        stream.verdict(f"before-{partition}", partition=partition)
    stream.scored(3)

    with a_running_sink(sink_settings):
        stream.wait_for(transactions=1, alerts=0)
        stream.verdict("before-0")
        stream.verdict("after")
        metrics = stream.wait_until(lambda metrics: metrics.gateway is not None and metrics.gateway.recent_calls > 0)

    assert metrics.gateway is not None
    assert metrics.gateway.recent_calls == 1
    assert metrics.transactions_total == 1, "what the other topics got meanwhile is counted"


def forget_topic(file: sqlite3.Connection, topic: str) -> None:
    """Make the sink's file one of a version that did not read this topic."""
    (body,) = file.execute("SELECT body FROM part WHERE name = 'offsets'").fetchone()
    offsets = json.loads(body)
    others = [place for place in offsets if place[0] != topic]
    assert len(others) == len(offsets) - VERDICTS.partitions
    file.execute("UPDATE part SET body = ? WHERE name = 'offsets'", (json.dumps(others).encode(),))


@pytest.mark.usefixtures("run_sink")
def test_unreadable_records_do_not_stop_it(stream: Stream) -> None:
    stream.write(SCORED, {"status": "scored", "offset": "seven"})
    stream.write(DEAD_LETTERS, {})
    stream.write(ALERTS, {"alert_id": 5})
    stream.write(VERDICTS, {"verdict": "allow"})
    stream.scored(3)
    stream.alerts("t3")
    assert stream.wait_for(transactions=1, alerts=1).transactions_total == 1


def test_runs_as_a_process_and_stops_on_sigterm(kafka: KafkaSettings, stream: Stream) -> None:
    port = free_port()
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "VIGIE_STATUS_PORT": str(port),
        "VIGIE_DATA_DIR": str(kafka.data_dir),
    }
    stream.write(TRANSACTIONS, *({} for _ in range(6)))
    stream.scored(0, 1, 2)
    with subprocess.Popen([sys.executable, "-m", "metrics_sink"], env=environment) as process:
        try:
            stream.wait_for(transactions=0, alerts=0)
            stream.scored(3)
            stream.wait_for(transactions=1, alerts=0, lag={"0": 2, "1": 0})
            ready = httpx2.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).raise_for_status()
            assert ready.json()["transactions_total"] == 1
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
