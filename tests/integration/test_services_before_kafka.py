"""Each service starts before Kafka: it waits and says for what, goes on when Kafka is there, and ends on a signal."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from vigie_local.broker import EmbeddedKafka
from vigie_local.process import ManagedProcess
from vigie_local.services import ALERT_WEBHOOK, DETECTOR, GENERATOR, METRICS_SINK, TRAINER, Service
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.nightly]  # its bounds in seconds are for a machine of its own

START_SECONDS = 120
STOP_SECONDS = 10.0
"""Platforms give a service ten seconds to end."""
SERVICES = pytest.mark.parametrize(
    "service", [GENERATOR, METRICS_SINK, TRAINER, ALERT_WEBHOOK, DETECTOR], ids=lambda service: service.name
)


@pytest.fixture(scope="module")
def absent_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A broker that each test finds stopped."""
    broker = EmbeddedKafka(tmp_path_factory.mktemp("kafka"), port=free_port())
    yield broker
    broker.stop()


class Started:
    """A service as its own process, as its platform would run it."""

    def __init__(self, service: Service, kafka: str, folder: Path, **variables: str) -> None:
        self._port = free_port()
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "VIGIE_DATA_DIR": str(folder),
            "VIGIE_HISTORY_DAYS": "1",
            service.port_variable: str(self._port),
            **variables,
        }
        command = [sys.executable, "-m", service.module]
        self.process = ManagedProcess(service.name, command, log=folder / "service.log", environment=environment)
        self.process.start()

    def readiness(self) -> tuple[int, dict[str, object]]:
        """HTTP status and body of /readyz; 0 while it does not answer."""
        try:
            answer = httpx2.get(f"http://127.0.0.1:{self._port}/readyz", trust_env=False)
        except httpx2.HTTPError:
            return 0, {}
        return answer.status_code, answer.json()

    def waits_for(self, what: str) -> bool:
        """Whether it is up, not ready, and says that it waits for this."""
        assert self.process.exit_code is None, self.process.log_end()
        code, status = self.readiness()
        return code == 503 and what in str(status.get("waiting_for"))

    def is_ready(self) -> bool:
        """Whether it can do its work and waits for nothing."""
        assert self.process.exit_code is None, self.process.log_end()
        code, status = self.readiness()
        return code == 200 and status["waiting_for"] is None

    def log(self) -> str:
        return self.process.log.read_text(errors="replace")


@SERVICES
def test_a_service_waits_for_kafka_and_goes_on_when_it_is_there(
    service: Service, absent_kafka: EmbeddedKafka, tracking_uri: str, tmp_path: Path
) -> None:
    servers = absent_kafka.bootstrap_servers
    started = Started(service, servers, tmp_path, MLFLOW_TRACKING_URI=tracking_uri)
    try:
        wait_until(
            lambda: started.waits_for(f"Kafka does not answer at {servers}"),
            what="the wait",
            timeout_seconds=START_SECONDS,
        )

        absent_kafka.start()
        absent_kafka.wait_ready()
        wait_until(started.is_ready, what="the service to be ready", timeout_seconds=START_SECONDS)

        absent_kafka.process.kill()
        wait_until(lambda: started.waits_for("Kafka"), what="the outage to be noticed", timeout_seconds=START_SECONDS)

        absent_kafka.start()
        absent_kafka.wait_ready()
        wait_until(started.is_ready, what="the service to be ready again", timeout_seconds=START_SECONDS)
    finally:
        absent_kafka.stop()
        started.process.stop()

    assert started.process.exit_code == 0, started.process.log_end()
    log = started.log()
    assert "waiting for kafka" in log
    assert "kafka available again" in log
    assert "Traceback" not in log, log
    assert "KafkaException" not in log


@SERVICES
def test_a_service_that_waits_for_kafka_ends_on_a_signal(service: Service, tmp_path: Path) -> None:
    started = Started(service, f"127.0.0.1:{free_port()}", tmp_path)
    try:
        wait_until(lambda: started.waits_for("Kafka does not answer"), what="the wait", timeout_seconds=START_SECONDS)
        asked_at = time.monotonic()
        started.process.stop(grace_seconds=3 * STOP_SECONDS)
    finally:
        started.process.kill()

    assert started.process.exit_code == 0, started.process.log_end()
    assert time.monotonic() - asked_at < STOP_SECONDS
    assert "Traceback" not in started.log()
