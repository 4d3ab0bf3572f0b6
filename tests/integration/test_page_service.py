"""The page's service as it runs: several workers over one outbox, a real broker and a real registry."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Producer
from mlflow import MlflowClient

from alert_webhook.outbox.alerts import add_alert
from alert_webhook.outbox.database import open_database
from alert_webhook.outbox.lock import FILE_NAME as LOCK
from alert_webhook.page.hub import Hub
from alert_webhook.page.registry_watch import RegistryWatch
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.views import RegistryView
from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, CHAMPION_ALIAS, MODEL_NAME, THRESHOLD_VERSION_TAG, Alert

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 30
STOP_SECONDS = 15
GOLDEN = Path(__file__).parents[2] / "shared" / "schemas" / "examples" / "alert" / "valid" / "alert.json"
WORKERS = 3


@contextmanager
def running(
    kafka: KafkaSettings, data_dir: Path, *, ready: bool = True, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The service as a process, with its address; it ends with the block if it has not before."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "MLFLOW_TRACKING_URI": "",
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "VIGIE_DATA_DIR": str(data_dir),
        "VIGIE_PORT": str(port),
        **settings,
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


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        threading.Event().wait(0.05)


def an_alert(name: str) -> Alert:
    golden = Alert.model_validate_json(GOLDEN.read_text())
    transaction = golden.transaction.model_copy(update={"transaction_id": name})
    return golden.model_copy(update={"alert_id": f"alert:{name}", "transaction": transaction})


def raise_alerts(kafka: KafkaSettings, *names: str) -> None:
    producer = Producer(kafka.producer_config())
    for name in names:
        producer.produce(kafka.topic_name(ALERTS), an_alert(name).model_dump_json().encode())
    assert producer.flush(10) == 0


def children_of(process: subprocess.Popen[bytes]) -> set[int]:
    """Its workers."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return {int(pid) for pid in listed.split()}


def couriers(data_dir: Path) -> set[int]:
    """The processes that hold the courier's lock, as the kernel says."""
    number = (data_dir / LOCK).stat().st_ino
    locks = re.findall(r"FLOCK\s+ADVISORY\s+WRITE\s+(\d+)\s+\S+:(\d+)\s", Path("/proc/locks").read_text())
    return {int(pid) for pid, inode in locks if int(inode) == number}


def test_one_of_many_workers_delivers_and_another_takes_over_when_it_is_killed(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    with running(kafka, tmp_path, VIGIE_PAGE_WORKERS=str(WORKERS)) as (process, address):
        eventually(lambda: len(children_of(process)) == WORKERS and len(couriers(tmp_path)) == 1)
        first = couriers(tmp_path)
        assert first < children_of(process)

        os.kill(*first, signal.SIGKILL)

        eventually(lambda: len(couriers(tmp_path) - first) == 1)
        eventually(lambda: len(children_of(process) - first) == WORKERS)
        assert couriers(tmp_path) < children_of(process)
        eventually(lambda: status_of(f"{address}/readyz") == 200)
        assert process.poll() is None


def test_an_alert_in_the_outbox_reaches_the_pages_of_every_worker(kafka: KafkaSettings, tmp_path: Path) -> None:
    with running(kafka, tmp_path, VIGIE_PAGE_WORKERS=str(WORKERS)) as (_, address), httpx.Client() as client:
        streams = [client.send(client.build_request("GET", f"{address}/events"), stream=True) for _ in range(9)]
        told = [events(stream) for stream in streams]
        for page in told:
            assert next(page)[0] == "snapshot"

        database = open_database(None, tmp_path)
        with database.writing() as connection:
            add_alert(
                connection,
                an_alert("t1"),
                received_at_ms=1,
                written_at_ms=1,
                partition=0,
                offset=0,
                handling="message",
                cause=None,
                episode_id=None,
            )
        database.close()

        for page in told:
            views = (fields for name, fields in page if name == "alert")
            assert next(views)["alert"] == an_alert("t1").model_dump(mode="json")
        for stream in streams:
            stream.close()


def events(stream: httpx.Response) -> Iterator[tuple[str, dict]]:
    name = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


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

        eventually(lambda: httpx.get(f"{address}/readyz").json()["outbox_reachable"])

        answer = httpx.get(f"{address}/readyz")
        assert (answer.status_code, answer.json()["kafka_reachable"], answer.json()["intake_lag"]) == (503, False, None)
        assert httpx.get(f"{address}/api/alerts").json() == {"alerts": [], "next": None}


def test_a_database_that_does_not_answer_is_told_in_one_sentence(tmp_path: Path) -> None:
    url = f"postgresql://vigie:secret@127.0.0.1:{free_port()}/vigie"
    environment = os.environ | {"DATABASE_URL": url, "VIGIE_DATA_DIR": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-m", "alert_webhook"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )

    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr + ended.stdout


@pytest.fixture
def registry_said(tracking_uri: str) -> Iterator[Callable[[], RegistryView]]:
    """What the page is told when it asks now."""
    hub = Hub()

    def look() -> RegistryView:
        watch.look()
        subscription = hub.subscribe(1)
        assert subscription is not None
        with closing(subscription):
            return RegistryView(**json.loads(next(iter(subscription)).split("data: ")[1])["registry"])

    with closing(RegistryWatch(AlertWebhookSettings(), tracking_uri, hub)) as watch:
        yield look


def test_tells_what_the_registry_names(tracking_uri: str, registry_said: Callable[[], RegistryView]) -> None:
    client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)

    assert registry_said() == RegistryView(reachable=True), "no such model yet"
    client.create_registered_model(MODEL_NAME)
    assert registry_said() == RegistryView(reachable=True), "no champion yet"
    for _ in range(2):
        run = client.create_run("0").info
        client.create_model_version(MODEL_NAME, source=f"{run.artifact_uri}/forest", run_id=run.run_id)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, "2")
    assert registry_said() == RegistryView(reachable=True, champion_version=2, threshold_version=1)
    client.set_model_version_tag(MODEL_NAME, "2", THRESHOLD_VERSION_TAG, "6")
    assert registry_said() == RegistryView(reachable=True, champion_version=2, threshold_version=6)
