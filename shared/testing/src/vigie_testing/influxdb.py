"""A real InfluxDB 2 server from a binary in the cache, for tests and measurements."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from vigie_local.ports import HOST
from vigie_local.process import ManagedProcess
from vigie_local.system import answers
from vigie_runtime import UnavailableError
from vigie_runtime.jars import cache_directory

READY_TIMEOUT_SECONDS: Final = 60
ORG: Final = "vigie"
BUCKET: Final = "vigie"
TOKEN: Final = "made-for-tests-only"  # noqa: S105


@dataclass(frozen=True)
class InfluxAccess:
    """What somebody needs who writes or reads there."""

    url: str
    token: str
    org: str
    bucket: str

    def environment(self) -> dict[str, str]:
        """The same as a service reads it."""
        return {
            "INFLUXDB_URL": self.url,
            "INFLUXDB_TOKEN": self.token,
            "INFLUXDB_ORG": self.org,
            "INFLUXDB_BUCKET": self.bucket,
        }


def influxd_binary() -> Path:
    """Where a built server is looked for: CONTRIBUTING.md says how to come by one."""
    return cache_directory() / "bin" / "influxd"


class LocalInfluxDB:
    """The server as a child process, set up with an organisation, a bucket and a token."""

    def __init__(self, directory: Path, *, port: int) -> None:
        if not influxd_binary().exists():
            raise UnavailableError(f"There is no InfluxDB server at {influxd_binary()}: see CONTRIBUTING.md.")
        self.url = f"http://{HOST}:{port}"
        self._directory = directory
        command = [
            str(influxd_binary()),
            f"--bolt-path={directory / 'influxd.bolt'}",
            f"--engine-path={directory / 'engine'}",
            f"--sqlite-path={directory / 'influxd.sqlite'}",
            f"--http-bind-address={HOST}:{port}",
            "--reporting-disabled",
            "--log-level=warn",
        ]
        self.process = ManagedProcess("influxdb", command, log=directory / "influxd.log")

    def start(self) -> None:
        """Start it and wait until it answers; the first time it is set up too."""
        is_new = not (self._directory / "influxd.bolt").exists()
        self._directory.mkdir(parents=True, exist_ok=True)
        self.process.start()
        self.process.wait_ready(lambda: answers(f"{self.url}/health"), seconds=READY_TIMEOUT_SECONDS)
        if is_new:
            self._set_up()

    def stop(self) -> None:
        """Stop it; its data stays, and `start` continues with it."""
        self.process.stop()

    @property
    def access(self) -> InfluxAccess:
        """How to write and read."""
        return InfluxAccess(self.url, TOKEN, ORG, BUCKET)

    def _set_up(self) -> None:
        body = {"username": "vigie", "password": "made-for-tests", "org": ORG, "bucket": BUCKET, "token": TOKEN}
        answer = httpx2.post(f"{self.url}/api/v2/setup", json=body, timeout=30, trust_env=False)
        if answer.status_code != httpx2.codes.CREATED:
            raise UnavailableError(f"InfluxDB was not set up: it answered {answer.status_code}.")
