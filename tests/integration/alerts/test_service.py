"""The service's own life: without Kafka, and at its end."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from confluent_kafka import Producer

from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_local.broker import EmbeddedKafka
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_schemas import ALERTS, TOPICS, Alert
from vigie_testing.inbox import Answer, Inbox
from vigie_testing.ports import free_port

pytestmark = pytest.mark.integration


def test_is_alive_but_not_ready_without_kafka_and_stops_all_the_same(tmp_path: Path) -> None:
    nowhere = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")
    service = AlertWebhookProcess(nowhere, tmp_path)

    service.start(answering="healthz")

    assert service.status_of("readyz") == 503
    service.process.stop()
    assert service.process.exit_code == 0


def test_a_kafka_that_goes_away_neither_stops_delivery_nor_the_end(
    tmp_path: Path, inbox: Inbox, eventually: Callable[[Callable[[], bool]], None], alert_of: Callable[[str], Alert]
) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=free_port())
    kafka = KafkaSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    inbox.choose = lambda message_id: Answer(503)
    waits = {"VIGIE_FIRST_RETRY_SECONDS": "0.05", "VIGIE_LONGEST_RETRY_SECONDS": "0.2"}
    service = AlertWebhookProcess(kafka, tmp_path, urls=(inbox.url,), environment=waits)

    def raise_alert(name: str) -> None:
        producer = Producer(kafka.producer_config())
        producer.produce(kafka.topic_name(ALERTS), alert_of(name).model_dump_json())
        assert producer.flush(20) == 0

    with ExitStack() as stack:
        stack.callback(service.process.stop)
        stack.callback(broker.stop)
        broker.start()
        broker.wait_ready()
        ensure_topics(kafka, TOPICS)
        service.start()
        raise_alert("t1")
        eventually(lambda: inbox.attempts != [])

        broker.process.kill()
        inbox.choose = lambda message_id: Answer()
        eventually(lambda: inbox.accepted == ["alert:t1"])

        broker.start()
        broker.wait_ready()
        raise_alert("t2")
        eventually(lambda: inbox.accepted == ["alert:t1", "alert:t2"])

        broker.process.kill()
        service.process.stop()
        assert service.process.exit_code == 0


def test_stops_within_seconds_and_closes_open_streams(service_of: Callable[..., AlertWebhookProcess]) -> None:
    service = service_of()
    service.start()
    with httpx2.stream("GET", f"{service.address}/events", timeout=10) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: snapshot"
        service.process.stop()
        for _ in lines:  # ends without an error once the service closed it
            pass
    assert service.process.exit_code == 0
