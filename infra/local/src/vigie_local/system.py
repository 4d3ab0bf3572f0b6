"""The local system: broker and services as child processes, started in order and stopped in reverse."""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Self

import httpx2

from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import HOST, free_port
from vigie_local.process import ManagedProcess
from vigie_local.services import ALERT_WEBHOOK, CALLERS, GATEWAY, MLFLOW, SERVICES, Service
from vigie_local.settings import LocalSettings
from vigie_runtime import ConfigurationError, KafkaSettings, ensure_topics
from vigie_schemas import TOPICS

Report = Callable[[str, str], None]
"""Called with a part's name and what happens to it: `starting`, `ready`, `stopped` or a sentence."""


class LocalSystem:
    """Use as a context manager: leaving it stops everything in reverse order."""

    def __init__(
        self,
        settings: LocalSettings,
        *,
        services: Sequence[Service] = SERVICES,
        environment: Mapping[str, str] | None = None,
        report: Report = lambda name, event: None,
        python: Path | None = None,
    ) -> None:
        """`python`: the interpreter of another checkout, where its services are to run; else this one."""
        self._python = str(python or sys.executable)
        self._settings = settings
        self._services = services
        self._environment = dict(environment or {})
        self._report = report
        self._stack = ExitStack()
        self.directory = settings.data_dir.absolute()
        self.broker: EmbeddedKafka | None = None
        self.processes: dict[str, ManagedProcess] = {}
        self.ports: dict[str, int] = {}

    @property
    def bootstrap_servers(self) -> str:
        """Where Kafka listens."""
        return f"{HOST}:{self._settings.kafka_port}"

    def address(self, service: Service) -> str:
        """Base URL of a service that was started."""
        return f"http://{HOST}:{self.ports[service.name]}"

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._stack.close)
            self._stack.enter_context(hold_folder(self.directory))
            self._settings = self._settings.with_claimed_ports()
            # The registry needs no Kafka and takes longest: it starts while the broker does
            for service in self._services:
                if service.needs_kafka:
                    self._start_broker()
                for earlier in self._services:
                    if earlier.name == service.starts_after:
                        self._wait_ready(earlier)
                self._start(service)
            for service in self._services:
                self._wait_ready(service)
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def environment_of(self, service: Service) -> dict[str, str]:
        """Variables that a service of this system is started with, beside those that are inherited."""
        return {
            "VIGIE_LOG_FORMAT": "text",
            **{name: value for name, value in service.environment.items() if name not in os.environ},
            **self._environment,
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "MLFLOW_TRACKING_URI": f"http://{HOST}:{self._settings.mlflow_port}",
            "VIGIE_DATA_DIR": str(self.directory / service.name),
            **self._gateway_url(service),
            **service.fixed,
            service.port_variable: str(self.ports[service.name]),
        }

    def status(self, service: Service, path: str = "/status") -> dict[str, object]:
        """What a service says of itself; empty while it does not answer."""
        try:
            return _client().get(self.address(service) + path, timeout=2).raise_for_status().json()
        except (httpx2.HTTPError, ValueError):
            return {}

    def ended(self) -> list[str]:
        """Names of parts that ended by themselves."""
        return [name for name, process in self.processes.items() if process.exit_code is not None]

    def _start_broker(self) -> None:
        if self.broker:
            return
        self._report("kafka", "starting")
        self.broker = EmbeddedKafka(self.directory / "kafka", port=self._settings.kafka_port)
        self.processes["kafka"] = self.broker.process
        self._stack.callback(self._stop, "kafka", self.broker.process)
        self.broker.start()
        self.broker.wait_ready()
        ensure_topics(KafkaSettings(kafka_bootstrap_servers=self.bootstrap_servers), TOPICS)
        self._report("kafka", "ready")

    def _start(self, service: Service) -> None:
        self._report(service.name, "starting")
        self.ports[service.name] = self._port(service)
        process = ManagedProcess(
            service.name,
            [self._python, "-m", service.module],
            log=self.directory / "logs" / f"{service.name}.log",
            environment=self.environment_of(service),
        )
        self.processes[service.name] = process
        self._stack.callback(self._stop, service.name, process)
        process.start()

    def _stop(self, name: str, process: ManagedProcess) -> None:
        self._report(name, "stopping")
        process.stop()
        self._report(name, "stopped")

    def _gateway_url(self, service: Service) -> dict[str, str]:
        """Where page and generator find the gateway; nothing where none is started here."""
        if service not in CALLERS or GATEWAY not in self._services:
            return {}
        return {"VIGIE_GATEWAY_URL": f"http://{HOST}:{self._settings.gateway_port}"}

    def _port(self, service: Service) -> int:
        fixed = {
            MLFLOW.name: self._settings.mlflow_port,
            ALERT_WEBHOOK.name: self._settings.page_port,
            GATEWAY.name: self._settings.gateway_port,
        }
        return fixed.get(service.name) or free_port()

    def _wait_ready(self, service: Service) -> None:
        url = self.address(service) + service.ready_path
        self.processes[service.name].wait_ready(lambda: answers(url), seconds=service.ready_seconds)
        self._report(service.name, "ready")


@contextmanager
def hold_folder(directory: Path) -> Iterator[None]:
    """Hold the folder's lock: two systems on one folder would destroy each other's data."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"Vigie already runs from {directory}. Stop it with Ctrl-C where it runs, "
                "or choose another folder with VIGIE_DATA_DIR."
            ) from None
        yield


def answers(url: str) -> bool:
    """Whether an address of this machine answers with 200."""
    try:
        return _client().get(url, timeout=1).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


@cache
def _client() -> httpx2.Client:
    """One client, because each new one reads the system's certificates.

    It asks no proxy of the environment, which would lead away from here, and keeps no connection to what may end.
    """
    return httpx2.Client(trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0))
