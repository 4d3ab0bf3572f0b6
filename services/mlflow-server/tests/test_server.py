"""The real server: it starts, answers, refuses strangers and ends on a signal."""

import signal
import socket
from pathlib import Path

import pytest

SEARCH = "/api/2.0/mlflow/experiments/search"
ANY = '{"max_results": 1}'

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
    assert second.returncode == 1
    assert "set VIGIE_MLFLOW_PORT" in second.stderr

    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=30) == 0
    assert not server.answers()


def test_a_public_name_is_answered_and_its_page_may_write(start_server) -> None:
    server = start_server(VIGIE_MLFLOW_ALLOWED_HOSTS="mlflow-server", RENDER_EXTERNAL_HOSTNAME="vigie.example")

    assert server.ask("POST", SEARCH, ANY, Host="mlflow-server:5000") == 200
    assert server.ask("POST", SEARCH, ANY, Host="vigie.example", Origin="https://vigie.example") == 200
    assert server.ask("POST", SEARCH, ANY, Host="127.0.0.1:1") == 200
    assert server.ask("POST", SEARCH, ANY, Host="elsewhere.example") == 403
    assert server.ask("GET", "/health", Host="elsewhere.example") == 200


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="no IPv6 on this machine")
def test_every_address_means_both_families(start_server) -> None:
    server = start_server(VIGIE_MLFLOW_HOST="::")

    assert server.ask("GET", "/health", address="127.0.0.1") == 200
    assert server.ask("GET", "/health", address="::1") == 200


def test_a_database_that_is_away_is_named_without_its_password(start_server, tmp_path: Path) -> None:
    server = start_server()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"postgres://vigie:secret-word@127.0.0.1:{taken.getsockname()[1]}/mlflow"
        server.environment |= {"VIGIE_MLFLOW_BACKEND_STORE": nobody, "MLFLOW_SQLALCHEMYSTORE_MAX_RETRIES": "1"}
        server.environment |= {"VIGIE_DATA_DIR": str(tmp_path)}

        migrated = server.run("migrate")

    assert migrated.returncode == 1
    assert "VIGIE_MLFLOW_BACKEND_STORE" in migrated.stderr
    assert "secret-word" not in migrated.stderr
