"""A gateway on a port of its own, and a caller of it."""

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from gateway.server import gateway_server
from gateway.settings import GatewaySettings
from vigie_runtime import KafkaSettings
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

_numbers = itertools.count()


def settings_of(kafka: KafkaSettings, **changes: Any) -> GatewaySettings:
    """Of a gateway on a free port, in the test's own topics and folder."""
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "topic_prefix": kafka.topic_prefix,
        "data_dir": kafka.data_dir / "gateway",
        "VIGIE_GATEWAY_PORT": free_port(),
        "gateway_canary_seconds": 0,
    }
    return GatewaySettings(**(values | changes))


@contextmanager
def running(settings: GatewaySettings) -> Iterator["GatewayCaller"]:
    """The gateway in threads of this process, until the block ends."""
    server = gateway_server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        with GatewayCaller(settings.gateway_port) as caller:
            wait_until(lambda: server.started, what="the gateway to listen")
            yield caller
    finally:
        server.should_exit = True
        thread.join(30)
        if thread.is_alive():
            raise AssertionError("the gateway did not stop within 30 s")


@contextmanager
def gateway_process(settings: GatewaySettings) -> Iterator[tuple[subprocess.Popen[bytes], "GatewayCaller"]]:
    """The gateway as a process that can be killed."""
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": settings.topic_prefix,
        "VIGIE_DATA_DIR": str(settings.data_dir),
        "VIGIE_GATEWAY_PORT": str(settings.gateway_port),
        "VIGIE_GATEWAY_CANARY_SECONDS": "0",
    }
    process = subprocess.Popen([sys.executable, "-m", "gateway"], env=environment)
    try:
        with GatewayCaller(settings.gateway_port) as caller:
            wait_until(
                lambda: caller.http.get("/readyz").status_code == 200, what="readiness", not_yet=(httpx2.HTTPError,)
            )
            yield process, caller
    finally:
        process.terminate()
        process.wait(30)


class GatewayCaller:
    """Calls one gateway."""

    def __init__(self, port: int, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.address = f"http://127.0.0.1:{port}"
        self.http = httpx2.Client(base_url=self.address, headers=headers, trust_env=False, timeout=30)

    def __enter__(self) -> "GatewayCaller":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def wait_ready(self) -> None:
        """Until it would be sent traffic."""
        wait_until(lambda: self.http.get("/readyz").status_code == 200, what="readiness", seen=self.status)

    def status(self) -> dict[str, Any]:
        """What /status answers."""
        return self.http.get("/status").json()

    def send(self, *, deadline_ms: float = 10_000, **changes: Any) -> httpx2.Response:
        """Send a payment with these fields."""
        headers = {"Vigie-Deadline-Ms": f"{deadline_ms:.0f}"}
        return self.http.post("/v1/transactions", json=payment(**changes), headers=headers)

    def verdict(self, **changes: Any) -> dict[str, Any]:
        """The verdict on a payment with these fields; raises AssertionError where there is none."""
        answer = self.send(**changes)
        if answer.status_code != 200:
            raise AssertionError(answer.text)
        return answer.json()

    def later(self, transaction_id: str) -> dict[str, Any] | None:
        """The true verdict after a fallback; None while it is not known."""
        return self.http.get(f"/v1/transactions/{transaction_id}").json()["later"]


def payment(**changes: Any) -> dict[str, Any]:
    """Of an account, under an id of its own."""
    number = next(_numbers)
    fields = {
        "transaction_id": f"pay-{number}",
        "account_id": f"acct-{number % 20}",
        "timestamp_ms": 1_772_359_200_000 + number,
        "amount": 42.0,
        "currency": "EUR",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}
