"""The real server as a process, and databases on a real PostgreSQL where there is one."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg
import pytest

from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

START_TIMEOUT_SECONDS = 240


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
        wait_until(
            lambda: server.answers() or process.poll() is not None,
            what="the server to answer",
            timeout_seconds=START_TIMEOUT_SECONDS,
        )
        assert process.poll() is None, "the server ended while starting"
        return server

    yield start
    for process in started:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """An empty database of the test's own."""
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        name = f"mlflow_{time.time_ns()}"
        connection.execute(f"CREATE DATABASE {name}")  # pyright: ignore[reportArgumentType]
        yield f"{postgres}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # pyright: ignore[reportArgumentType]
