"""Delivery on a real broker to a real receiver: each alert once and in order, whatever fails between."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Producer

from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, Alert, Reason, Transaction

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 30
STOP_SECONDS = 10


class Receiver:
    """An HTTP server that gives the planned answers, then accepts."""

    def __init__(self) -> None:
        self.planned: list[tuple[int, dict[str, str]]] = []
        self.attempts: list[tuple[float, str, int]] = []
        self.bodies: dict[str, dict[str, object]] = {}
        self.refuses_all = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @property
    def accepted(self) -> list[str]:
        return [alert_id for _, alert_id, status in self.attempts if status == 200]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, headers = 503 if receiver.refuses_all else 200, {}
                if receiver.planned:
                    status, headers = receiver.planned.pop(0)
                alert_id = self.headers["webhook-id"]
                receiver.bodies[alert_id] = body
                receiver.attempts.append((time.monotonic(), alert_id, status))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@contextmanager
def running(
    kafka: KafkaSettings, data_dir: Path, webhook_url: str = "", *, ready: bool = True
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The service as a process, with its address; it ends with the block if it has not before."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "VIGIE_DATA_DIR": str(data_dir),
        "VIGIE_PORT": str(port),
        "VIGIE_WEBHOOK_URL": webhook_url,
        "VIGIE_FIRST_RETRY_SECONDS": "0.05",
        "VIGIE_LONGEST_RETRY_SECONDS": "0.2",
    }
    with subprocess.Popen([sys.executable, "-m", "alert_webhook"], env=environment) as process:
        try:
            eventually(lambda: status_of(f"{address}/{'readyz' if ready else 'healthz'}") == 200)
            yield process, address
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(STOP_SECONDS)


def status_of(url: str) -> int | None:
    with suppress(httpx.HTTPError):
        return httpx.get(url, timeout=5).status_code
    return None


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        threading.Event().wait(0.05)


def an_alert(name: str) -> Alert:
    transaction = Transaction(
        schema_version=1,
        transaction_id=name,
        account_id="acc-1",
        timestamp_ms=1_780_000_000_000,
        amount=612.4,
        currency="EUR",
    )
    return Alert(
        schema_version=1,
        alert_id=f"alert:{name}",
        transaction=transaction,
        amount_eur=612.4,
        segment="established_account",
        severity="high",
        score=0.71,
        threshold=0.62,
        quantile=0.995,
        model_version=3,
        threshold_version=4,
        reasons=[Reason(feature="amount_over_usual", value=2.4, usual=55.0, share=0.6, text="11 times the usual")],
    )


def raise_alerts(kafka: KafkaSettings, *names: str) -> None:
    write(kafka, *(an_alert(name).model_dump_json().encode() for name in names))


def write(kafka: KafkaSettings, *payloads: bytes) -> None:
    producer = Producer(kafka.producer_config())
    for payload in payloads:
        producer.produce(kafka.topic_name(ALERTS), payload)
    assert producer.flush(10) == 0


def test_each_alert_once_and_in_order_though_the_receiver_fails(
    kafka: KafkaSettings, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.planned = [(500, {}), (429, {"Retry-After": "1"}), (302, {"Location": "/elsewhere"})]
    raise_alerts(kafka, "t1", "t2", "t1", "t3", "t2", "t4")
    with running(kafka, tmp_path, receiver.url):
        eventually(lambda: len(receiver.accepted) >= 4)
    assert receiver.accepted == ["alert:t1", "alert:t2", "alert:t3", "alert:t4"]
    assert [status for _, alert_id, status in receiver.attempts if alert_id == "alert:t1"] == [500, 429, 302, 200]
    waited = receiver.attempts[2][0] - receiver.attempts[1][0]
    assert waited >= 1, "Retry-After must be obeyed"
    assert receiver.bodies["alert:t3"] == an_alert("t3").model_dump(mode="json")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_each_alert_once_after_a_restart(
    kafka: KafkaSettings, receiver: Receiver, tmp_path: Path, end: signal.Signals
) -> None:
    raise_alerts(kafka, "t1", "t2")
    with running(kafka, tmp_path, receiver.url) as (process, _):
        eventually(lambda: receiver.accepted == ["alert:t1", "alert:t2"])
        receiver.refuses_all = True
        raise_alerts(kafka, "t3")
        eventually(lambda: receiver.attempts[-1][1] == "alert:t3")
        process.send_signal(end)
        process.wait(STOP_SECONDS)
    raise_alerts(kafka, "t1", "t3", "t4")
    receiver.refuses_all = False
    with running(kafka, tmp_path, receiver.url):
        eventually(lambda: len(receiver.accepted) >= 4)
    assert receiver.accepted == ["alert:t1", "alert:t2", "alert:t3", "alert:t4"]


def test_a_receiver_that_is_down_does_not_stop_the_page(
    kafka: KafkaSettings, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.refuses_all = True
    with running(kafka, tmp_path, receiver.url) as (_, address):
        raise_alerts(kafka, "t1", "t2", "t3")
        eventually(lambda: len(receiver.attempts) >= 2)
        eventually(lambda: len(httpx.get(f"{address}/api/alerts").json()) == 3)
        assert httpx.get(f"{address}/readyz").json()["webhook_problem"] == "it answers 503"
        assert {alert_id for _, alert_id, _ in receiver.attempts} == {"alert:t1"}


def test_an_unreadable_alert_does_not_hold_up_the_others(
    kafka: KafkaSettings, receiver: Receiver, tmp_path: Path
) -> None:
    write(kafka, b"{", b"", an_alert("t1").model_dump_json().encode())
    with running(kafka, tmp_path, receiver.url) as (_, address):
        eventually(lambda: receiver.accepted == ["alert:t1"])
        eventually(lambda: len(httpx.get(f"{address}/api/alerts").json()) == 1)


def test_stops_within_seconds_and_closes_open_streams(kafka: KafkaSettings, tmp_path: Path) -> None:
    with running(kafka, tmp_path) as (process, address), httpx.stream("GET", f"{address}/events", timeout=10) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: snapshot"
        process.send_signal(signal.SIGTERM)
        for _ in lines:  # ends without an error once the service closed it
            pass
        assert process.wait(STOP_SECONDS) == 0


def test_is_alive_but_not_ready_without_kafka(tmp_path: Path) -> None:
    nowhere = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")
    with running(nowhere, tmp_path, ready=False) as (_, address):
        assert status_of(f"{address}/") == 200
        assert httpx.get(f"{address}/readyz").json()["kafka_reachable"] is False
        assert status_of(f"{address}/readyz") == 503
