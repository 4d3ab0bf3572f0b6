"""The page of the real service on a real broker: from the topic to the screen, and a click back to a topic."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from confluent_kafka import Consumer, Producer

from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, LABELS, METRICS, Alert, Label, Metrics
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 30
TIMEOUT_MS = 20_000

MetricsAt = Callable[..., Metrics]


@contextmanager
def running(kafka: KafkaSettings, data_dir: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The service as a process; it ends with the block if it has not before."""
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "VIGIE_DATA_DIR": str(data_dir),
        "VIGIE_PORT": str(port),
    }
    with subprocess.Popen([sys.executable, "-m", "alert_webhook"], env=environment) as process:
        try:
            wait_ready(port)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(DEADLINE_SECONDS)


def wait_ready(port: int) -> None:
    wait_until(
        lambda: httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200,
        what="the service to be ready",
        timeout_seconds=DEADLINE_SECONDS,
        not_yet=(httpx2.HTTPError,),
    )


@contextmanager
def publishing(kafka: KafkaSettings, metrics_at: MetricsAt, **fields: object) -> Iterator[None]:
    """Metrics twice a second, as long as the block lasts."""
    producer = Producer(kafka.producer_config())
    stop = threading.Event()

    def publish() -> None:
        while not stop.is_set():
            record = metrics_at(int(time.time() * 1000), **fields).model_dump_json()
            producer.produce(kafka.topic_name(METRICS), record.encode())
            producer.flush(5)
            stop.wait(0.5)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def raise_alerts(kafka: KafkaSettings, *alerts: Alert) -> None:
    producer = Producer(kafka.producer_config())
    for alert in alerts:
        producer.produce(kafka.topic_name(ALERTS), alert.model_dump_json().encode(), key=alert.account_id)
    assert producer.flush(10) == 0


def wait_text(page: "Page", selector: str, *texts: str) -> None:
    """Wait until the elements' texts are exactly these."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(list(texts), timeout=TIMEOUT_MS)


def test_alerts_and_figures_arrive_and_again_after_a_restart(
    kafka: KafkaSettings, page: "Page", tmp_path: Path, an_alert: Callable[..., Alert], metrics_at: MetricsAt
) -> None:
    port = free_port()
    raise_alerts(kafka, an_alert("t1", account="first"))
    with publishing(kafka, metrics_at):
        with running(kafka, tmp_path, port) as process:
            page.goto(f"http://127.0.0.1:{port}")
            wait_text(page, "#state", "Live")
            wait_text(page, "#throughput", "1,234")
            wait_text(page, ".row-account", "first")

            raise_alerts(kafka, an_alert("t2", account="second"), an_alert("t1", account="first"))
            wait_text(page, ".row-account", "second", "first")  # a new one is pushed, a repeat is not

            process.terminate()
            wait_text(page, "#state", "Disconnected")
            assert process.wait(DEADLINE_SECONDS) == 0
            wait_text(page, ".row-account", "second", "first")  # what was known stays to be read

        raise_alerts(kafka, an_alert("t3", account="third"))
        with running(kafka, tmp_path, port):
            wait_text(page, "#state", "Live")
            wait_text(page, ".row-account", "third", "second", "first")


def test_a_click_becomes_a_label(
    kafka: KafkaSettings, page: "Page", tmp_path: Path, an_alert: Callable[..., Alert]
) -> None:
    port = free_port()
    raise_alerts(kafka, an_alert("t1"))
    with running(kafka, tmp_path, port):
        page.goto(f"http://127.0.0.1:{port}")
        page.locator(".row-link").click()

        page.click("#answer-fraud")

        page.locator(".delivery").filter(has_text="Accepted").filter(has_text="the label, for training").wait_for()
    label = Label.model_validate_json(first_record(kafka))
    assert (label.transaction_id, label.is_fraud, label.source) == ("t1", True, "analyst")


def first_record(kafka: KafkaSettings) -> bytes:
    """What the labels topic begins with."""
    consumer = Consumer(kafka.consumer_config("test-of-the-page", from_start=True))
    try:
        consumer.subscribe([kafka.topic_name(LABELS)])
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                return message.value() or b""
    finally:
        consumer.close()
    raise AssertionError("no label arrives")


def test_it_is_honest_when_there_is_nothing_yet(
    kafka: KafkaSettings, page: "Page", tmp_path: Path, metrics_at: MetricsAt
) -> None:
    port = free_port()
    learning = {"scored": 0, "learning": 1234, "score_points": [], "model_version": None, "threshold_version": None}
    with running(kafka, tmp_path, port):
        page.goto(f"http://127.0.0.1:{port}")
        wait_text(page, "#state-detail", "No figures yet: the metrics sink has sent none.")
        wait_text(page, "#state", "Waiting")
        wait_text(page, "#alerts-empty", "No alert yet")
        with publishing(kafka, metrics_at, **learning):
            wait_text(page, "#state", "Learning")
            wait_text(page, "#state-detail", "No model yet, 56,789 transactions seen.")
            wait_text(page, "#model", "none yet")
            wait_text(page, "#alerts-empty", "No alert yet: alerts begin with the first model")
            assert page.locator("#scores-empty").is_visible()
        wait_text(page, "#state-detail", "No new figures: the metrics sink sends none.")
