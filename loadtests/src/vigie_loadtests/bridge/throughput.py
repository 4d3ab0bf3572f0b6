"""How many records the bridge converts with one core, by format, beside passing them on unchanged."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import httpx2
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # pyright: ignore[reportPrivateImportUsage]
from rich.console import Console

from vigie_loadtests.bridge.records import MAPPING, Row, as_debezium, as_json, avro_writer, rows
from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import free_port
from vigie_local.process import ManagedProcess
from vigie_runtime import KafkaSettings, UnavailableError, ensure_topics
from vigie_schemas import TOPICS
from vigie_testing.schema_registry import LocalSchemaRegistry, schema_registry_binary

FOLDER: Final = Path("build/bench-bridge")
TIMEOUT_SECONDS: Final = 600.0
MIN_PER_CORE: Final[Mapping[str, float]] = {"json": 20_000, "debezium": 20_000, "avro": 10_000}


@dataclass(frozen=True)
class Rate:
    """Records converted by one process that has one core."""

    what: str
    records: int
    per_second: float
    per_core: float
    """Per second of processor time, with the client's threads."""

    def missed(self) -> list[str]:
        """One sentence where the budget was not kept."""
        budget = MIN_PER_CORE.get(self.what, 0)
        if self.per_core >= budget:
            return []
        return [f"{self.what}: {self.per_core:,.0f} records a second of one core, fewer than {budget:,.0f}."]


class BoundProcess:
    """A process bound to one core that says how much it has done."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        port = free_port()
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=5, trust_env=False)
        self.process = ManagedProcess(
            name, command, log=FOLDER / f"{name}.log", environment=environment | {"VIGIE_STATUS_PORT": str(port)}
        )

    def rate(self, what: str, records: int) -> Rate:
        """Run it from its first batch to its last; the start is not measured."""
        self.process.start()
        try:
            if self.process.pid is not None:
                os.sched_setaffinity(self.process.pid, {max(os.sched_getaffinity(0))})
            first = self._wait_for(1)
            begun, cpu = time.monotonic(), self._cpu_seconds()
            last = self._wait_for(records)
            wall, cpu = time.monotonic() - begun, self._cpu_seconds() - cpu
        finally:
            self.process.stop()
        return Rate(what, last - first, (last - first) / wall, (last - first) / cpu)

    def _wait_for(self, count: int) -> int:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (done := self._done()) < count:
            if time.monotonic() > deadline or self.process.exit_code is not None:
                raise UnavailableError(f"It stopped at {done} of {count} records: see {self.process.log}.")
            time.sleep(0.02)
        return done

    def _done(self) -> int:
        try:
            return int(self._client.get("/status").json().get("transactions_total", 0))
        except httpx2.HTTPError:
            return 0

    def _cpu_seconds(self) -> float:
        """Processor time so far, its threads together (proc(5), stat: utime and stime)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(records: int, console: Console) -> Iterator[Rate]:
    """Each format once, and each format's bytes passed on unchanged right after it."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    broker = EmbeddedKafka(FOLDER / "kafka", port=free_port())
    broker.start()
    try:
        broker.wait_ready()
        kafka = KafkaSettings(kafka_bootstrap_servers=broker.bootstrap_servers)  # pyright: ignore[reportCallIssue]
        ensure_topics(kafka, TOPICS)
        with _schema_registry(console) as address:
            formats: dict[str, tuple[Callable[[Row], bytes], str, dict[str, str]]] = {
                "json": (as_json, "", {}),
                "debezium": (as_debezium, "after.", {}),
            }
            if address:
                registry = {"VIGIE_BRIDGE_FORMAT": "avro", "SCHEMA_REGISTRY_URL": address}
                formats["avro"] = (avro_writer(address), "", registry)
            for name, (write, prefix, variables) in formats.items():
                console.print(f"Writing {records:,} records as {name} …")
                _write(kafka, name, write, records)
                yield from _measured(kafka, name, prefix, variables, records)
    finally:
        broker.stop()


def _measured(kafka: KafkaSettings, name: str, prefix: str, variables: dict[str, str], records: int) -> Iterator[Rate]:
    servers = {"KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers, "VIGIE_DATA_DIR": str(FOLDER)}
    environment = servers | variables
    environment |= {"VIGIE_BRIDGE_TOPIC": name, "VIGIE_BRIDGE_MAPPING_TEXT": MAPPING.format(prefix=prefix)}
    yield BoundProcess(name, [sys.executable, "-m", "bridge"], environment).rate(name, records)
    command = [sys.executable, "-m", "vigie_loadtests.bridge.pass_through", name]
    yield BoundProcess(f"{name}-passed-on", command, servers).rate(f"{name}, passed on", records)


def _write(kafka: KafkaSettings, topic: str, write: Callable[[Row], bytes], records: int) -> None:
    admin = AdminClient(kafka.client_config())
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result()
    values = [(row["account"], write(row)) for row in rows()]
    producer = Producer(kafka.producer_config())
    for key, value in islice(cycle(values), records):
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush(60)


@contextmanager
def _schema_registry(console: Console) -> Iterator[str | None]:
    given = os.environ.get("VIGIE_TEST_SCHEMA_REGISTRY_URL")
    if given or not schema_registry_binary().exists():
        if not given:
            console.print("Avro is left out: there is no schema registry, see CONTRIBUTING.md.")
        yield given
        return
    server = LocalSchemaRegistry(FOLDER, port=free_port())
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
