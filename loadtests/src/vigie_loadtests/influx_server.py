"""A real InfluxDB for tests and measurements: the one named in the environment, else a built one started here."""

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import httpx

from vigie_local.ports import HOST, free_port
from vigie_local.process import ManagedProcess
from vigie_local.system import answers
from vigie_runtime import UnavailableError
from vigie_runtime.jars import cache_directory

ORGANISATION: Final = "vigie"
LINES_A_WRITE: Final = 20_000
HOW_TO_GET_ONE: Final = (
    "no InfluxDB 2 at hand: set VIGIE_TEST_INFLUXDB_URL and VIGIE_TEST_INFLUXDB_TOKEN to one that may be written to, "
    "or put its program influxd into the bin folder of Vigie's cache"
)


@dataclass(frozen=True)
class Influx:
    """Address, token and a bucket."""

    url: str
    token: str
    bucket: str = ""

    def with_new_bucket(self) -> "Influx":
        """The same server with an empty bucket of its own."""
        return self.with_bucket(f"b{uuid.uuid4().hex[:8]}")

    def with_bucket(self, bucket: str) -> "Influx":
        """The same server with this bucket, made now."""
        with self._client() as client:
            found = client.get("/api/v2/orgs", params={"org": ORGANISATION}).raise_for_status().json()
            organisation = found["orgs"][0]["id"]
            client.post("/api/v2/buckets", json={"orgID": organisation, "name": bucket}).raise_for_status()
        return replace(self, bucket=bucket)

    def write(self, lines: Iterable[str]) -> int:
        """Write line protocol with nanoseconds; how many lines it was."""
        remaining, written = iter(lines), 0
        with self._client() as client:
            while part := list(islice(remaining, LINES_A_WRITE)):
                where = {"org": ORGANISATION, "bucket": self.bucket, "precision": "ns"}
                client.post("/api/v2/write", params=where, content="\n".join(part)).raise_for_status()
                written += len(part)
        return written

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Token {self.token}"}, timeout=60)


@contextmanager
def influx_server(folder: Path) -> Iterator[Influx]:
    """A server while it is needed; raise UnavailableError that says how to get one."""
    named = os.environ.get("VIGIE_TEST_INFLUXDB_URL")
    if named:
        yield Influx(named, os.environ.get("VIGIE_TEST_INFLUXDB_TOKEN", ""))
        return
    program = cache_directory() / "bin" / "influxd"
    if not program.exists():
        raise UnavailableError(HOW_TO_GET_ONE)
    port = free_port()
    command = [
        str(program), "--bolt-path", str(folder / "influxd.bolt"), "--engine-path", str(folder / "engine"),
        "--sqlite-path", str(folder / "influxd.sqlite"), "--http-bind-address", f"{HOST}:{port}",
        "--reporting-disabled", "--log-level", "warn",
    ]  # fmt: skip
    server = ManagedProcess("influxd", command, log=folder / "influxd.log")
    server.start()
    try:
        url = f"http://{HOST}:{port}"
        server.wait_ready(lambda: answers(f"{url}/health"), seconds=60)
        yield Influx(url, _set_up(url))
    finally:
        server.stop()


def _set_up(url: str) -> str:
    token = uuid.uuid4().hex
    first = {
        "username": "vigie", "password": uuid.uuid4().hex, "org": ORGANISATION, "bucket": "unused", "token": token
    }  # fmt: skip
    httpx.post(f"{url}/api/v2/setup", json=first, timeout=30).raise_for_status()
    return token
