"""The real server: it starts, answers, refuses strangers and ends on a signal."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, method: str, path: str, body: str | None = None, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/health") == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    folder = tmp_path_factory.mktemp("data")
    port = free_port()
    environment = {**os.environ, "VIGIE_MLFLOW_PORT": str(port), "VIGIE_DATA_DIR": str(folder)}
    process = subprocess.Popen([sys.executable, "-m", "mlflow_server"], env=environment)
    deadline = time.monotonic() + START_SECONDS
    while not answers(port):
        assert process.poll() is None, "the server ended while starting"
        assert time.monotonic() < deadline, "the server did not answer in time"
        time.sleep(0.1)
    try:
        yield process, port, folder
    finally:
        process.kill()
        process.wait()


SEARCH = "/api/2.0/mlflow/experiments/search"


@pytest.mark.integration
def test_it_answers_local_names_refuses_strangers_and_ends_on_a_signal(
    server: tuple[subprocess.Popen[bytes], int, Path],
) -> None:
    process, port, folder = server
    search = '{"max_results": 1}'

    assert (folder / "mlflow" / "mlflow.db").is_file()
    assert ask(port, "POST", SEARCH, search) == 200
    assert ask(port, "POST", SEARCH, search, Host=f"localhost:{port}") == 200
    assert ask(port, "POST", SEARCH, search, Origin="http://localhost:8000") == 200
    assert ask(port, "POST", SEARCH, search, Host="elsewhere.example") == 403
    assert ask(port, "POST", SEARCH, search, Origin="https://elsewhere.example") == 403

    second = subprocess.run(
        [sys.executable, "-m", "mlflow_server"],
        env={**os.environ, "VIGIE_MLFLOW_PORT": str(port), "VIGIE_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert "set VIGIE_MLFLOW_PORT" in second.stderr

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert not answers(port)
