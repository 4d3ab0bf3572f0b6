"""The service's own life: without Kafka, and at its end."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings

pytestmark = pytest.mark.integration


def test_is_alive_but_not_ready_without_kafka_and_stops_all_the_same(tmp_path: Path) -> None:
    nowhere = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")
    service = AlertWebhookProcess(nowhere, tmp_path)

    service.start(answering="healthz")

    assert service.status_of("readyz") == 503
    service.process.stop()
    assert service.process.exit_code == 0


def test_stops_within_seconds_and_closes_open_streams(service_of: Callable[..., AlertWebhookProcess]) -> None:
    service = service_of()
    service.start()
    with httpx.stream("GET", f"{service.address}/events", timeout=10) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: snapshot"
        service.process.stop()
        for _ in lines:  # ends without an error once the service closed it
            pass
    assert service.process.exit_code == 0
