"""What the figures were measured on: versions, processor, and how fast Kafka alone is there."""

import json
import os
import platform
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition, libversion
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_runtime.percentiles import value_at_percentile

SECONDS: Final = 10
TOPIC: Final = "kafka-alone"
RECORD_BYTES: Final = 300
"""About what a transaction has."""
READ_TIMEOUT_SECONDS: Final = 30.0
PACKAGES: Final = ("pyspark", "confluent-kafka", "scikit-learn", "mlflow")


@dataclass(frozen=True)
class Machine:
    """Printed beside the figures."""

    system: str
    processor: str
    cores: int
    memory_gib: float
    commit: str
    versions: dict[str, str]
    kafka_alone_p50_ms: float
    kafka_alone_p99_ms: float
    kafka_alone_max_ms: float


def look_at_machine(python: Path, rate: int) -> Machine:
    """Describe the machine; Kafka alone is measured at the rate of the load, before anything else is started."""
    latencies = sorted(kafka_alone(rate))
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=_processor(),
        cores=os.cpu_count() or 0,
        memory_gib=round(psutil.virtual_memory().total / (1 << 30), 1),
        commit=_said(["git", "-C", str(python.parents[2]), "describe", "--always", "--dirty"]),
        versions=_versions(python),
        kafka_alone_p50_ms=round(value_at_percentile(latencies, 50), 2),
        kafka_alone_p99_ms=round(value_at_percentile(latencies, 99), 2),
        kafka_alone_max_ms=round(latencies[-1], 2),
    )


def kafka_alone(rate: int, seconds: int = SECONDS) -> list[float]:
    """Milliseconds from the moment each record was due until it was read, through a broker of its own."""
    with tempfile.TemporaryDirectory(prefix="vigie-kafka-alone-") as folder:
        broker = EmbeddedKafka(Path(folder), port=free_port())
        broker.start()
        try:
            broker.wait_ready()
            return _through(KafkaSettings(kafka_bootstrap_servers=broker.bootstrap_servers), rate, rate * seconds)
        finally:
            broker.stop()


def _through(kafka: KafkaSettings, rate: int, count: int) -> list[float]:
    admin = AdminClient(kafka.client_config())
    admin.create_topics([NewTopic(TOPIC, 2, 1)])[TOPIC].result(READ_TIMEOUT_SECONDS)
    consumer = Consumer(kafka.consumer_config(TOPIC) | {"fetch.wait.max.ms": 5})
    consumer.assign([TopicPartition(TOPIC, number, 0) for number in range(2)])
    sender = threading.Thread(target=_send, args=(kafka, rate, count), daemon=True)
    sender.start()
    latencies: list[float] = []
    deadline = time.monotonic() + count / rate + READ_TIMEOUT_SECONDS
    while len(latencies) < count and time.monotonic() < deadline:
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            latencies.append((time.time_ns() - int((message.value() or b"")[:20])) / 1e6)
    consumer.close()
    if len(latencies) < count:
        raise UnavailableError(f"Kafka alone returned {len(latencies)} of {count} records: is the disk full?")
    return latencies[rate:]  # without the first second


def _send(kafka: KafkaSettings, rate: int, count: int) -> None:
    producer = Producer(kafka.producer_config(linger_ms=0) | {"log_level": 0})  # the broker may still load
    begun = time.time_ns()
    for number in range(count):
        due = begun + number * 1_000_000_000 // rate
        while (wait_ns := due - time.time_ns()) > 0:
            producer.poll(0)
            time.sleep(wait_ns / 1e9)
        producer.produce(TOPIC, key=str(number), value=f"{due:020}".ljust(RECORD_BYTES))
    producer.flush(READ_TIMEOUT_SECONDS)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def _versions(python: Path) -> dict[str, str]:
    code = (
        "import json, platform, importlib.metadata as m; "
        f"print(json.dumps({{'Python': platform.python_version(), **{{n: m.version(n) for n in {PACKAGES!r}}}}}))"
    )
    found: dict[str, str] = json.loads(_said([str(python), "-c", code]))
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr.splitlines()
    return found | {"Java": java[0].split('"')[1] if java else "unknown", "librdkafka": libversion()[0]}


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
