"""Asks a service for its health from inside its container. On its own, because importing vigie_runtime costs 0.4 s."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException  # noqa: TID251 - the standard library alone starts quickest (docs/adr/0019)

# the second where a service listens on IPv6 only
ADDRESSES = ("127.0.0.1", "::1")


def port_of(environment: Mapping[str, str], variable: str, default: int) -> int:
    """Port a service listens on: its own variable, else the platform's PORT, else its default."""
    return int(environment.get(variable) or environment.get("PORT") or default)


def is_healthy(port: int, path: str, *, timeout_seconds: float = 4) -> bool:
    """Whether the path answers 200 on this machine."""
    return any(_status(address, port, path, timeout_seconds) == 200 for address in ADDRESSES)


def _status(address: str, port: int, path: str, timeout_seconds: float) -> int | None:
    connection = HTTPConnection(address, port, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
