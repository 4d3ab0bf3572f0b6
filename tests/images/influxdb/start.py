"""Starts influxd; an empty folder is set up from DOCKER_INFLUXDB_INIT_ variables as the official image does."""

import json
import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException  # noqa: TID251 - its image holds nothing but Python (docs/adr/0019)

DATA = "/var/lib/influxdb2"
PORT = 8086


def init(name: str) -> str:
    """One of the official image's variables."""
    return os.environ[f"DOCKER_INFLUXDB_INIT_{name}"]


def set_up() -> None:
    """User, organisation, bucket and token; 422 says that this was done before."""
    wanted = {"username": init("USERNAME"), "password": init("PASSWORD"), "org": init("ORG"), "bucket": init("BUCKET")}
    body = json.dumps(wanted | {"token": init("ADMIN_TOKEN")})
    for _ in range(120):
        if post("/api/v2/setup", body) in (201, 422):
            return
        time.sleep(0.5)
    sys.exit("influxd could not be set up")


def post(path: str, body: str) -> int | None:
    """Status code of the answer, None without one; by the standard library, because the image holds nothing else."""
    connection = HTTPConnection("127.0.0.1", PORT, timeout=10)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def main() -> None:
    """Run influxd and end with it."""
    paths = ["--bolt-path", f"{DATA}/i.bolt", "--engine-path", f"{DATA}/engine", "--sqlite-path", f"{DATA}/i.sqlite"]
    influxd = subprocess.Popen(["influxd", *paths, "--reporting-disabled", "--log-level", "warn"])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: influxd.terminate())
    set_up()
    sys.exit(influxd.wait())


if __name__ == "__main__":
    main()
