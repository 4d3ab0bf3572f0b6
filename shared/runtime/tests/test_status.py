import socket
from collections.abc import Iterator, Mapping

import httpx2
import pytest

from vigie_runtime import ConfigurationError, StatusServer


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
    answer = httpx2.get(f"http://127.0.0.1:{server.port}{path}", trust_env=False)
    return answer.status_code, answer.json()


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

    urls = [f"http://{address}:{server.port}/healthz" for address in ("127.0.0.1", "[::1]")]
    codes = [httpx2.get(url, trust_env=False).status_code for url in urls]
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
    """Status code of the answer; written byte by byte, because no HTTP client sends a wrong length."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n".encode() + body)
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


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


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1"], ids=["taken", "not of this machine"])
def test_an_address_that_cannot_be_listened_on_is_said_by_its_variables(host: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(ConfigurationError, match=r"VIGIE_STATUS_HOST, VIGIE_STATUS_PORT: cannot listen on"):
            StatusServer(taken.getsockname()[1], dict, host=host)
