"""Buckets of their own on a real InfluxDB, filled with line protocol."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Final

import httpx2

from vigie_testing.influxdb import InfluxAccess

LINES_A_WRITE: Final = 20_000


def new_bucket(server: InfluxAccess, name: str | None = None) -> InfluxAccess:
    """The same server with an empty bucket, named by chance if not said how."""
    bucket = name or f"b{uuid.uuid4().hex[:8]}"
    with _client(server) as client:
        found = client.get("/api/v2/orgs", params={"org": server.org}).raise_for_status().json()
        body = {"orgID": found["orgs"][0]["id"], "name": bucket}
        client.post("/api/v2/buckets", json=body).raise_for_status()
    return replace(server, bucket=bucket)


def write(influx: InfluxAccess, lines: Iterable[str]) -> int:
    """Write line protocol with nanoseconds; how many lines it was."""
    remaining, written = iter(lines), 0
    where = {"org": influx.org, "bucket": influx.bucket, "precision": "ns"}
    with _client(influx) as client:
        while part := list(islice(remaining, LINES_A_WRITE)):
            client.post("/api/v2/write", params=where, content="\n".join(part)).raise_for_status()
            written += len(part)
    return written


def _client(influx: InfluxAccess) -> httpx2.Client:
    return httpx2.Client(base_url=influx.url, headers={"Authorization": f"Token {influx.token}"}, timeout=60)
