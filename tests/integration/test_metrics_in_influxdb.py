"""The sink between a real broker and a real InfluxDB: what stands there is the truth, whatever is killed meanwhile."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Producer
from influxdb_client import InfluxDBClient

from metrics_sink.figures.latencies import merged
from metrics_sink.influx.downsampling import span_flux, task_flux, task_name
from metrics_sink.influx.setup import set_up
from metrics_sink.storage.outbox import OutboxReader
from metrics_sink.storage.store import FILE
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, DEAD_LETTERS, DELIVERY, LABELS, SCORED, TRANSACTIONS, Topic, minute_bucket
from vigie_testing.golden import golden_record
from vigie_testing.influxdb import InfluxAccess, LocalInfluxDB, influxd_binary
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 60


class Stream:
    """Writes what the other services write, each record once or, as after a crash, again."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._producer = Producer(kafka.producer_config())
        self._transactions = 0

    def write(self, topic: Topic, record: dict[str, object], *, partition: int = 0) -> None:
        self._producer.produce(self._kafka.topic_name(topic), json.dumps(record).encode(), partition=partition)

    def send_transaction(self) -> dict[str, object]:
        """A transaction, so that the topic is as long as what was scored of it; its place."""
        number = self._transactions
        self._transactions += 1
        self.write(TRANSACTIONS, {}, partition=number % 2)
        return {"partition": number % 2, "offset": number // 2}

    def score(self, count: int, *, flagged: int = 0) -> list[dict[str, object]]:
        """Scored records of new transactions; the first `flagged` of them alert and turn out to be fraud."""
        records = []
        for number in range(count):
            is_anomaly = number < flagged
            place = self.send_transaction()
            record = golden_record("scored", "scored.json") | {
                "transaction_id": f"t{self._transactions}",
                "account_id": "acc-1",
                **place,
                "sent_at_us": time.time_ns() // 1000 - 30_000,
                "score": 0.9 if is_anomaly else 0.4,
                "threshold": 0.6,
                "is_anomaly": is_anomaly,
            }
            records.append(record)
        self.flush()  # a record is scored only when Kafka holds it
        self.repeat(records)
        return records

    def repeat(self, records: list[dict[str, object]]) -> None:
        for record in records:
            self.write(SCORED, record, partition=int(str(record["offset"])) % 2)
            if record["is_anomaly"]:
                name = record["transaction_id"]
                transaction = golden_record("transaction", "full.json") | {"transaction_id": name}
                alert = golden_record("alert", "alert.json") | {"alert_id": f"alert:{name}", "transaction": transaction}
                self.write(ALERTS, alert | {"amount_eur": 100.0, "severity": "high"})
            label = golden_record("label", "generator.json") | {"transaction_id": record["transaction_id"]}
            self.write(LABELS, label | {"is_fraud": record["is_anomaly"], "scenario": "card_testing"})
        assert self._producer.flush(10) == 0

    def flush(self) -> None:
        assert self._producer.flush(10) == 0


class Points:
    """Reads what stands in InfluxDB."""

    def __init__(self, access: InfluxAccess) -> None:
        self._client = InfluxDBClient(access.url, access.token, org=access.org)
        self.bucket = access.bucket

    def __enter__(self) -> "Points":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def rows(self, measurement: str, field: str, *, bucket: str | None = None) -> list[dict[str, object]]:
        flux = f'from(bucket: "{bucket or self.bucket}") |> range(start: -1h)'
        flux += f' |> filter(fn: (r) => r._measurement == "{measurement}" and r._field == "{field}")'
        found = [record.values for table in self._client.query_api().query(flux) for record in table.records]
        return sorted(found, key=lambda row: str(row["_time"]))

    def sum(self, measurement: str, field: str) -> float:
        return sum(float(str(row["_value"])) for row in self.rows(measurement, field))

    def last(self, measurement: str, field: str) -> object:
        return self.rows(measurement, field)[-1]["_value"]


class SinkProcess:
    """`python -m metrics_sink` with a folder of its own, killed and started again at will."""

    def __init__(self, kafka: KafkaSettings, access: InfluxAccess, folder: Path) -> None:
        self._environment = (
            os.environ
            | access.environment()
            | {
                "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
                "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
                "VIGIE_DATA_DIR": str(folder),
                "VIGIE_STATUS_PORT": "0",
                "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
            }
        )
        self._log = folder / "sink.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "metrics_sink"], env=self._environment, stdout=log, stderr=log
            )

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)

    def has_said(self, words: str) -> bool:
        return self.times_said(words) > 0

    def times_said(self, words: str) -> int:
        return self._log.read_text().count(words) if self._log.exists() else 0


@pytest.fixture
def stream(kafka: KafkaSettings) -> Stream:
    return Stream(kafka)


@pytest.fixture
def sink(kafka: KafkaSettings, influx: InfluxAccess, tmp_path: Path) -> Iterator[SinkProcess]:
    process = SinkProcess(kafka, influx, tmp_path)
    process.start()
    wait_until(lambda: process.has_said("influxdb available"), what="the first write", timeout_seconds=DEADLINE_SECONDS)
    yield process
    process.end()


@pytest.fixture
def written(influx: InfluxAccess) -> Iterator[Points]:
    with Points(influx) as points:
        yield points


def seconds_between(points: Points) -> list[float]:
    times = [row["_time"] for row in points.rows("throughput", "transactions")]
    return [(after - before).total_seconds() for before, after in itertools.pairwise(times)]  # pyright: ignore


def test_everything_that_is_listed_arrives(
    stream: Stream, sink: SinkProcess, written: Points, kafka: KafkaSettings
) -> None:
    stream.score(40, flagged=4)
    letter = golden_record("dead_letter", "invalid-amount.json")
    stream.write(DEAD_LETTERS, letter | {"topic": kafka.topic_name(TRANSACTIONS), **stream.send_transaction()})
    stream.write(DELIVERY, golden_record("delivery", "two-receivers.json") | {"at_ms": time.time_ns() // 1_000_000})
    canary = golden_record("scored", "scored.json") | {"account_id": "canary-1", **stream.send_transaction()}
    stream.write(SCORED, canary)
    stream.flush()

    wait_until(
        lambda: written.sum("throughput", "transactions") == 42,
        what="all to be counted",
        timeout_seconds=DEADLINE_SECONDS,
    )
    wait_until(
        lambda: written.sum("fraud", "caught") == 4, what="all labels to be counted", timeout_seconds=DEADLINE_SECONDS
    )
    wait_until(lambda: bool(written.rows("delivery", "delivered")), what="deliveries", timeout_seconds=DEADLINE_SECONDS)

    assert written.sum("alerts", "money_eur") == 400
    assert len({row["_value"] for row in written.rows("alert", "alert_id")}) == 4
    assert len(written.rows("alert", "alert_id")) == 4, "alerts of one millisecond must not overwrite each other"
    assert written.last("quality", "precision") == 1.0
    assert written.last("quality", "recall") == 1.0
    assert {row["segment"] for row in written.rows("threshold", "threshold")} == {"established_account"}
    assert written.sum("dead_letters", "count") == 1
    assert {row["receiver"] for row in written.rows("delivery", "waiting")} == {"slack", "case-management"}
    assert written.sum("suppressed", "count") == 1
    assert written.rows("canary", "flagged_age_s")
    assert {row["partition"] for row in written.rows("lag", "waiting")} == {"0", "1"}
    histogram = merged([str(row["_value"]) for row in written.rows("latency", "histogram")])
    assert histogram.count == written.sum("latency", "count") == 41
    assert set(seconds_between(written)) == {1.0}


def test_kills_and_repeats_change_no_figure(stream: Stream, sink: SinkProcess, written: Points) -> None:
    """Four times the sink is killed while it counts, each time at another moment, and the detector repeats itself."""
    chance = random.Random(7)
    records = stream.score(300, flagged=6)

    for starts in range(1, 5):
        wait_until(
            lambda starts=starts: sink.times_said('"event": "counting"') == starts,
            what="the sink to count",
            timeout_seconds=DEADLINE_SECONDS,
        )
        until = time.monotonic() + chance.uniform(0.5, 2.5)
        while time.monotonic() < until:
            records += stream.score(chance.randrange(20, 60), flagged=chance.randrange(3))
            stream.repeat(records[-30:])
        sink.end(signal.SIGKILL)
        records += stream.score(200, flagged=3)  # while the sink is stopped
        sink.start()
    records += stream.score(10, flagged=1)

    flagged = sum(bool(record["is_anomaly"]) for record in records)
    wait_until(
        lambda: written.sum("throughput", "transactions") >= len(records),
        what="all to be counted",
        timeout_seconds=DEADLINE_SECONDS,
    )
    wait_until(
        lambda: written.last("quality", "labelled") == len(records),
        what=f"{len(records)} labels",
        timeout_seconds=DEADLINE_SECONDS,
        seen=lambda: written.last("quality", "labelled"),
    )
    assert written.sum("throughput", "transactions") == len(records)
    assert written.sum("throughput", "alerts") == flagged
    assert written.sum("alerts", "money_eur") == 100 * flagged
    assert written.sum("fraud", "caught") == flagged
    assert len(written.rows("alert", "alert_id")) == flagged
    assert written.sum("latency", "count") == len(records)
    assert written.last("quality", "precision") == 1.0
    assert set(seconds_between(written)) == {1.0}


def test_nothing_is_missing_after_influxdb_was_away(kafka: KafkaSettings, stream: Stream, tmp_path: Path) -> None:
    if not influxd_binary().exists():
        pytest.skip("no InfluxDB that may be stopped: build a server, see CONTRIBUTING.md")
    server = LocalInfluxDB(tmp_path / "influxdb", port=free_port())
    server.start()
    sink = SinkProcess(kafka, server.access, tmp_path)
    try:
        sink.start()
        wait_until(
            lambda: sink.has_said("influxdb available"), what="the first write", timeout_seconds=DEADLINE_SECONDS
        )
        with Points(server.access) as written:
            count = len(stream.score(50))
            server.stop()
            wait_until(
                lambda: sink.has_said("influxdb unavailable"),
                what="the outage to be noticed",
                timeout_seconds=DEADLINE_SECONDS,
            )
            count += len(stream.score(50, flagged=5))
            wait_until(
                lambda: failures_on_disk(tmp_path), what="failures to be counted", timeout_seconds=DEADLINE_SECONDS
            )
            sink.end(signal.SIGKILL)  # and the sink does not survive the outage either
            sink.start()
            count += len(stream.score(50))
            server.start()

            wait_until(
                lambda: written.sum("throughput", "transactions") >= count,
                what="all to arrive",
                timeout_seconds=DEADLINE_SECONDS,
            )
            assert written.sum("throughput", "transactions") == count
            assert written.sum("throughput", "alerts") == 5
            assert set(seconds_between(written)) == {1.0}
            assert written.sum("sink", "write_failures") > 0
    finally:
        sink.end()
        server.stop()


def failures_on_disk(folder: Path) -> bool:
    """Whether a second that tells of failed writes waits on the sink's disk."""
    with closing(OutboxReader(folder / FILE)) as outbox:
        lines = [text for block in outbox.after(0, 10**6) for text in block.lines.split(b"\n")]
    return any(text.startswith(b"sink ") and b"write_failures=0.0" not in text for text in lines)


@contextmanager
def client_of(access: InfluxAccess) -> Iterator[InfluxDBClient]:
    client = InfluxDBClient(access.url, access.token, org=access.org)
    try:
        yield client
    finally:
        client.close()


def test_buckets_and_task_are_set_up_once_and_mended(influx: InfluxAccess) -> None:
    with client_of(influx) as client:
        for days in (7, 7, 3):
            set_up(client, influx.org, influx.bucket, seconds_kept_days=days, minutes_kept_days=400)
            tasks = client.tasks_api().find_tasks(name=task_name(influx.bucket))
            tasks[0].status = "inactive"
            client.tasks_api().update_task(tasks[0])
        assert len(tasks) == 1
        set_up(client, influx.org, influx.bucket, seconds_kept_days=3, minutes_kept_days=400)

        tasks = client.tasks_api().find_tasks(name=task_name(influx.bucket))
        buckets = {bucket.name: bucket for bucket in client.buckets_api().find_buckets(limit=100).buckets}
        kept = {
            name: buckets[name].retention_rules[0].every_seconds
            for name in (influx.bucket, minute_bucket(influx.bucket))
        }
        assert [(task.status, task.flux) for task in tasks] == [("active", task_flux(influx.bucket))]
        assert kept == {influx.bucket: 3 * 86_400, minute_bucket(influx.bucket): 400 * 86_400}


def test_seconds_become_minutes_and_alerts_stay_as_they_are(influx: InfluxAccess) -> None:
    minute_s = int(time.time()) // 60 * 60 - 180
    with client_of(influx) as client, Points(influx) as written:
        set_up(client, influx.org, influx.bucket, seconds_kept_days=7, minutes_kept_days=400)
        lines = [f"throughput transactions={second} {minute_s + second}000000000" for second in range(60)]
        lines += [f"latency p50_ms={second},p99_ms={second} {minute_s + second}000000000" for second in range(60)]
        lines += ['alert,severity=high,segment=s alert_id="alert:1",score=0.9 ' + f"{minute_s}000000001"]
        lines += [f"lag,partition=1 waiting={second} {minute_s + second}000000000" for second in range(60)]
        with client.write_api() as api:
            api.write(bucket=influx.bucket, record="\n".join(lines))

        client.query_api().query_raw(span_flux(influx.bucket, minute_s, minute_s + 60)).read()

        minutes = minute_bucket(influx.bucket)
        (throughput,) = written.rows("throughput", "transactions", bucket=minutes)
        assert (throughput["_value"], throughput["_time"].timestamp()) == (sum(range(60)), minute_s)  # pyright: ignore
        assert written.rows("latency", "p50_ms", bucket=minutes)[0]["_value"] == pytest.approx(29.5)
        assert written.rows("latency", "p99_ms", bucket=minutes)[0]["_value"] == 59
        assert written.rows("lag", "waiting", bucket=minutes)[0]["partition"] == "1"
        assert written.rows("alert", "alert_id", bucket=minutes)[0]["_value"] == "alert:1"
