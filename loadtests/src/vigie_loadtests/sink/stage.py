"""Broker, InfluxDB and the sink as processes of their own, and what the kernel says of the sink."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import free_port
from vigie_local.process import ManagedProcess
from vigie_runtime import KafkaSettings, UnavailableError, ensure_topics
from vigie_schemas import TOPICS
from vigie_testing.influxdb import LocalInfluxDB

FOLDER = Path("build/bench-sink")
TIMEOUT_SECONDS = 600.0


class SinkUnderLoad:
    """The sink's process, bound to one core."""

    def __init__(self, kafka: KafkaSettings, influx: LocalInfluxDB, folder: Path) -> None:
        port = free_port()
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=5, trust_env=False)
        environment = {
            **influx.access.environment(),
            "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",  # no registry there: drift waits
            "VIGIE_DATA_DIR": str(folder),
            "VIGIE_STATUS_PORT": str(port),
        }
        command = [sys.executable, "-m", "metrics_sink"]
        self.process = ManagedProcess("metrics-sink", command, log=folder / "sink.log", environment=environment)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process.start()
        os.sched_setaffinity(self._pid, {min(os.sched_getaffinity(0))})
        self.process.wait_ready(lambda: bool(self.status()), seconds=60)

    def status(self) -> dict[str, int]:
        """What it says of itself; empty while it does not answer."""
        try:
            return self._client.get("/status").json()
        except httpx2.HTTPError:
            return {}

    def cpu_seconds(self) -> float:
        """Processor time so far, its threads together (proc(5), stat: utime and stime)."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Memory in use."""
        pages = int(Path(f"/proc/{self._pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def _pid(self) -> int:
        if self.process.pid is None:
            raise UnavailableError("The sink was not started.")
        return self.process.pid


@contextmanager
def stage() -> Iterator[tuple[KafkaSettings, LocalInfluxDB, SinkUnderLoad]]:
    """All three, running; what they wrote is removed before and kept afterwards."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    influx = LocalInfluxDB(FOLDER.absolute() / "influxdb", port=free_port())
    broker = EmbeddedKafka(FOLDER / "kafka", port=free_port())
    kafka = KafkaSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    sink = SinkUnderLoad(kafka, influx, FOLDER / "sink")
    try:
        broker.start()
        influx.start()
        broker.wait_ready()
        ensure_topics(kafka, TOPICS)
        sink.start()
        wait_until(lambda: sink.status().get("published_at_ms", 0) > 0, "the sink published nothing")
        yield kafka, influx, sink
    finally:
        sink.process.stop()
        influx.stop()
        broker.stop()


def wait_until(is_so: Callable[[], bool], otherwise: str, *, each_seconds: float = 0.2) -> None:
    """Poll; raise UnavailableError after TIMEOUT_SECONDS."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise UnavailableError(f"After {TIMEOUT_SECONDS:.0f} s {otherwise}; see {FOLDER / 'sink' / 'sink.log'}.")
        time.sleep(each_seconds)
