"""The alert webhook as a process that can be ended, also as by a crash, and started again."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx2

from vigie_local.ports import free_port
from vigie_local.process import ManagedProcess
from vigie_runtime import KafkaSettings
from vigie_testing.inbox import SECRET

READY_SECONDS: Final = 30.0


class AlertWebhookProcess:
    """Delivers alerts of one Kafka from one data folder to the receivers at `urls`."""

    def __init__(
        self,
        kafka: KafkaSettings,
        folder: Path,
        *,
        urls: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = ManagedProcess(
            "alert-webhook",
            [sys.executable, "-m", "alert_webhook"],
            log=folder / f"alert-webhook-{self.port}.log",
            environment={
                "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
                "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
                "VIGIE_DATA_DIR": str(folder),
                "VIGIE_PORT": str(self.port),
                "VIGIE_WEBHOOK_URLS": ",".join(urls),
                "VIGIE_WEBHOOK_SECRET": SECRET,
                "VIGIE_WEBHOOK_PRIVATE": "true",
                **(environment or {}),
            },
        )

    def start(self, *, answering: str = "readyz") -> None:
        """Start it and wait until it answers there; raise UnavailableError when it does not."""
        self.process.start()
        self.process.wait_ready(lambda: self.status_of(answering) == 200, seconds=READY_SECONDS)

    def status_of(self, path: str) -> int | None:
        """HTTP status of a page, None without an answer."""
        with suppress(httpx2.HTTPError):
            return httpx2.get(f"{self.address}/{path}", timeout=5).status_code
        return None
