"""The real server as a process, and a real PostgreSQL where there is one."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg
import pytest

START_SECONDS = 240
POSTGRES = Path("/usr/lib/postgresql/15/bin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running `python -m mlflow_server`."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: str | None = None, address: str = "127.0.0.1", **headers: str) -> int:
        url = f"http://{f'[{address}]' if ':' in address else address}:{self.port}{path}"
        sent = {"Content-Type": "application/json", **headers}
        return httpx2.request(method, url, content=body, headers=sent, timeout=10, trust_env=False).status_code

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/health") == 200
        except httpx2.HTTPError:
            return False

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_to_its_end(self.environment, *arguments)


def run_to_its_end(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m mlflow_server` with arguments, to its end."""
    command = [sys.executable, "-m", "mlflow_server", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def run_command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `python -m mlflow_server` with an environment and arguments, to its end."""
    return run_to_its_end


StartServer = Callable[..., Server]


@pytest.fixture(scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start servers on free ports and folders of their own; all end with the module."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**variables: str) -> Server:
        folder, port = tmp_path_factory.mktemp("data"), free_port()
        environment = {
            **os.environ,
            "VIGIE_MLFLOW_PORT": str(port),
            "VIGIE_DATA_DIR": str(folder),
            "MLFLOW_WEBHOOK_CACHE_TTL": "0",
            **variables,
        }
        process = subprocess.Popen([sys.executable, "-m", "mlflow_server"], env=environment)
        started.append(process)
        server = Server(process, port, folder, environment)
        deadline = time.monotonic() + START_SECONDS
        while not server.answers():
            assert process.poll() is None, "the server ended while starting"
            assert time.monotonic() < deadline, "the server did not answer in time"
            time.sleep(0.1)
        return server

    yield start
    for process in started:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server, without a database's name, in which databases may be made."""
    given = os.environ.get("VIGIE_TEST_DATABASE_URL")
    if given:
        yield given.rpartition("/")[0]
        return
    if not (POSTGRES / "initdb").exists():
        pytest.skip("no PostgreSQL on this machine: install postgresql-15 or set VIGIE_TEST_DATABASE_URL")
    user = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="vigie-postgres-"))
    if user:
        shutil.chown(folder, user)
    port, data = free_port(), str(folder / "data")
    initdb = [str(POSTGRES / "initdb"), "-D", data, "-U", "vigie", "-A", "trust", "-E", "UTF8"]
    subprocess.run(initdb, check=True, capture_output=True, user=user)
    command = [str(POSTGRES / "postgres"), "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
    process = subprocess.Popen([*command, "-c", "fsync=off"], stderr=subprocess.DEVNULL, user=user)
    address = f"postgresql://vigie@127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    try:
        while not _is_up(f"{address}/postgres"):
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGINT)  # its fast shutdown, which waits for no client
        process.wait(60)
        shutil.rmtree(folder)


def _is_up(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """An empty database of the test's own."""
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        name = f"mlflow_{time.time_ns()}"
        connection.execute(f"CREATE DATABASE {name}")  # pyright: ignore[reportArgumentType]
        yield f"{postgres}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # pyright: ignore[reportArgumentType]
