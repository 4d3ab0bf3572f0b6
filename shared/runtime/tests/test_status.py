import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from vigie_runtime import StatusServer


@pytest.fixture
def fields() -> dict[str, object]:
    return {"ready": False, "phase": "starting"}


@pytest.fixture
def server(fields: dict[str, object]) -> Iterator[StatusServer]:
    server = StatusServer(0, lambda: fields)
    server.start()
    yield server
    server.close()


def get(server: StatusServer, path: str) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_alive_before_ready(server: StatusServer) -> None:
    assert get(server, "/healthz")[0] == 200
    assert get(server, "/readyz") == (503, {"ready": False, "phase": "starting"})


def test_ready_follows_the_status(server: StatusServer, fields: dict[str, object]) -> None:
    fields["ready"] = True

    assert get(server, "/readyz")[0] == 200
    assert get(server, "/status")[1]["phase"] == "starting"


def test_other_paths_are_named(server: StatusServer) -> None:
    code, body = get(server, "/secrets")

    assert code == 404
    assert "/healthz" in str(body)
