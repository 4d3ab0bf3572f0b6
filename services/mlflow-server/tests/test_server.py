"""The real server: it starts, answers, refuses strangers and ends on a signal."""

import signal
import socket
from pathlib import Path

import pytest

from mlflow_server.migration import connect
from mlflow_server.settings import with_driver
from vigie_runtime import UnavailableError

SEARCH = "/api/2.0/mlflow/experiments/search"
ANY = '{"max_results": 1}'

IPV6 = Path("/proc/net/if_inet6").exists()

pytestmark = pytest.mark.integration


def test_it_answers_local_names_refuses_strangers_and_ends_on_a_signal(start_server) -> None:
    server = start_server()

    assert (server.folder / "mlflow" / "mlflow.db").is_file()
    assert server.ask("POST", SEARCH, ANY) == 200
    assert server.ask("POST", SEARCH, ANY, Host=f"localhost:{server.port}") == 200
    assert server.ask("POST", SEARCH, ANY, Origin="http://localhost:8000") == 200
    assert server.ask("POST", SEARCH, ANY, Host="elsewhere.example") == 403
    assert server.ask("POST", SEARCH, ANY, Origin="https://elsewhere.example") == 403

    second = server.run()
    assert second.returncode == 2
    assert "set VIGIE_MLFLOW_PORT" in second.stderr

    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=30) == 0
    assert not server.answers()


def test_on_every_address_it_answers_both_families_and_its_public_name(start_server) -> None:
    names = {"VIGIE_MLFLOW_ALLOWED_HOSTS": "mlflow-server", "RENDER_EXTERNAL_HOSTNAME": "vigie.example"}
    server = start_server(VIGIE_MLFLOW_HOST="::" if IPV6 else "0.0.0.0", **names)

    assert server.ask("POST", SEARCH, ANY, Host="mlflow-server:5000") == 200
    assert server.ask("POST", SEARCH, ANY, Host="vigie.example", Origin="https://vigie.example") == 200
    assert server.ask("POST", SEARCH, ANY, Host="127.0.0.1:1") == 200
    assert server.ask("POST", SEARCH, ANY, Host="elsewhere.example") == 403
    assert server.ask("GET", "/health", Host="elsewhere.example") == 200
    assert server.ask("GET", "/health", address="::1" if IPV6 else "127.0.0.1") == 200


def test_a_database_that_is_away_is_named_without_its_password() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = with_driver(f"postgres://vigie:secret-word@127.0.0.1:{taken.getsockname()[1]}/mlflow")

        with pytest.raises(UnavailableError, match="VIGIE_MLFLOW_BACKEND_STORE") as refused:
            connect(address, timeout_seconds=0)

    assert "secret-word" not in str(refused.value)
