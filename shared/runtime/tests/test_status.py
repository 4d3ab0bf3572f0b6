import http.client
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping

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


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_every_address_means_both_families(fields: dict[str, object]) -> None:
    server = StatusServer(0, lambda: fields, host="::")
    server.start()

    codes = []
    for address in ("127.0.0.1", "[::1]"):
        with urllib.request.urlopen(f"http://{address}:{server.port}/healthz", timeout=5) as answer:
            codes.append(answer.status)
    server.close()

    assert codes == [200, 200]


class Received:
    """Remembers what was posted."""

    def __init__(self) -> None:
        self.calls: list[tuple[str | None, bytes]] = []

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        self.calls.append((headers.get("x-signature"), body))
        return 202


@pytest.fixture
def hook() -> Received:
    return Received()


@pytest.fixture
def hooked(hook: Received) -> Iterator[StatusServer]:
    server = StatusServer(0, dict, hooks={"/hooks/example": hook})
    server.start()
    yield server
    server.close()


def post(server: StatusServer, path: str, headers: Mapping[str, str], body: bytes = b"") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.putrequest("POST", path)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_hook_gets_headers_and_the_raw_body(hooked: StatusServer, hook: Received) -> None:
    code = post(hooked, "/hooks/example", {"X-Signature": "s", "Content-Length": "3"}, b"\xff{}")

    assert code == 202
    assert hook.calls == [("s", b"\xff{}")]


@pytest.mark.parametrize("length", [{}, {"Content-Length": "-1"}, {"Content-Length": "65537"}, {"Content-Length": "x"}])
def test_a_body_of_unknown_or_great_length_is_refused(
    hooked: StatusServer, hook: Received, length: dict[str, str]
) -> None:
    assert post(hooked, "/hooks/example", length) == 413
    assert hook.calls == []


def test_other_paths_take_no_post(hooked: StatusServer, hook: Received) -> None:
    assert post(hooked, "/healthz", {"Content-Length": "0"}) == 404
    assert hook.calls == []
