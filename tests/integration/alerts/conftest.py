"""The alert webhook as a process, alerts to send, and receivers that verify what they get."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Producer

from alert_webhook.core.outbox.database import Database, open_database
from vigie_loadtests.delivery.inbox import Inbox
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, Alert

GOLDEN = Path(__file__).parents[3] / "shared" / "schemas" / "examples" / "alert" / "valid" / "alert.json"
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # where Debian puts it, by version
DEADLINE_SECONDS = 30
_numbers = itertools.count(1)

AlertOf = Callable[[str], Alert]
RaiseAlerts = Callable[..., None]
ServiceOf = Callable[..., AlertWebhookProcess]
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def eventually() -> Eventually:
    def eventually(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, "did not happen in time"
            threading.Event().wait(0.02)

    return eventually


@pytest.fixture
def alert_of() -> AlertOf:
    golden = Alert.model_validate_json(GOLDEN.read_bytes())

    def build(name: str) -> Alert:
        transaction = golden.transaction.model_copy(update={"transaction_id": name})
        return golden.model_copy(update={"alert_id": f"alert:{name}", "transaction": transaction})

    return build


@pytest.fixture
def raise_alerts(kafka: KafkaSettings, alert_of: AlertOf) -> RaiseAlerts:
    """Write alerts of these names to the topic, or bytes as they are."""
    producer = Producer(kafka.producer_config())

    def raise_alerts(*names: str | bytes) -> None:
        for name in names:
            payload = name if isinstance(name, bytes) else alert_of(name).model_dump_json().encode()
            producer.produce(kafka.topic_name(ALERTS), payload)
        assert producer.flush(10) == 0

    return raise_alerts


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def service_of(kafka: KafkaSettings, tmp_path: Path, outbox_environment: dict[str, str]) -> Iterator[ServiceOf]:
    """Make services that deliver to these receivers with short waits; those that still run are stopped at the end."""
    made: list[AlertWebhookProcess] = []

    def make(*inboxes: Inbox, **environment: str) -> AlertWebhookProcess:
        urls = tuple(inbox.url for inbox in inboxes)
        waits = {"VIGIE_FIRST_RETRY_SECONDS": "0.05", "VIGIE_LONGEST_RETRY_SECONDS": "0.2"}
        made.append(
            AlertWebhookProcess(kafka, tmp_path, urls=urls, environment=waits | outbox_environment | environment)
        )
        return made[-1]

    yield make
    for service in made:
        service.process.stop()


@pytest.fixture
def outbox(tmp_path: Path, outbox_environment: dict[str, str]) -> Iterator[Database]:
    """What the service writes into, to look and to answer as its pages would."""
    with closing(open_database(outbox_environment.get("DATABASE_URL"), tmp_path)) as database:
        yield database


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server in which databases may be made, without a database's name."""
    given = os.environ.get("VIGIE_TEST_DATABASE_URL")
    if given:
        yield given.rpartition("/")[0]
        return
    if not POSTGRES:
        pytest.skip("no PostgreSQL on this machine: install postgresql or set VIGIE_TEST_DATABASE_URL")
    # the server refuses to run as root, so it gets a user and a folder of its own, where that user may go
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="vigie-postgres-"))
    if user:
        shutil.chown(folder, user)
    port = free_port()
    data = str(folder / "data")
    initdb = [str(POSTGRES[-1] / "initdb"), "-D", data, "-U", "vigie", "-A", "trust", "-E", "UTF8"]
    subprocess.run(initdb, check=True, capture_output=True, user=user)
    command = [str(POSTGRES[-1] / "postgres"), "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([*command, "-c", "unix_socket_directories="], stdout=log, stderr=log, user=user)
    address = f"postgresql://vigie@127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # its fast shutdown, which does not wait for clients
        server.wait(DEADLINE_SECONDS)
        shutil.rmtree(folder)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            psycopg.connect(f"{address}/postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "PostgreSQL did not start in time"
            threading.Event().wait(0.1)
        else:
            return


@pytest.fixture
def outbox_environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Variables that choose a new outbox: SQLite's, or another for tests that are run on `each_outbox`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return {}
    address, name = request.getfixturevalue("postgres"), f"vigie_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return {"DATABASE_URL": f"{address}/{name}"}
