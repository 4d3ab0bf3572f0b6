import os
import socket
import subprocess
import sys

import pytest

from vigie_healthcheck import is_healthy, port_of
from vigie_runtime import StatusServer


@pytest.mark.parametrize(
    ("environment", "port"),
    [({"VIGIE_STATUS_PORT": "8200", "PORT": "10000"}, 8200), ({"PORT": "10000"}, 10000), ({"PORT": ""}, 8101)],
)
def test_the_port_is_found_as_the_service_finds_it(environment: dict[str, str], port: int) -> None:
    assert port_of(environment, "VIGIE_STATUS_PORT", 8101) == port


def test_it_asks_the_running_service() -> None:
    server = StatusServer(0, lambda: {"ready": False})
    server.start()
    command = [sys.executable, "-m", "vigie_healthcheck", "VIGIE_STATUS_PORT", "1"]
    environment = os.environ | {"VIGIE_STATUS_PORT": str(server.port)}

    alive = subprocess.run([*command, "/healthz"], env=environment, timeout=30, check=False)
    not_ready = subprocess.run([*command, "/readyz"], env=environment, capture_output=True, timeout=30, check=False)
    server.close()

    assert alive.returncode == 0
    assert not_ready.returncode == 1
    assert not_ready.stderr.decode() == f"/readyz on port {server.port} did not answer 200\n"


def test_a_port_without_a_server_is_not_healthy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused at once

        assert not is_healthy(taken.getsockname()[1], "/healthz")


def test_a_wrong_call_says_how() -> None:
    done = subprocess.run([sys.executable, "-m", "vigie_healthcheck"], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("usage:")
