"""A real schema registry of Confluent's kind (Apicurio) from jars in the cache, for tests."""

from pathlib import Path
from typing import Final

from vigie_local.ports import HOST
from vigie_local.process import ManagedProcess
from vigie_local.system import answers
from vigie_runtime import UnavailableError
from vigie_runtime.jars import cache_directory

READY_TIMEOUT_SECONDS: Final = 120
CONFLUENT_API: Final = "/apis/ccompat/v7"
JVM_OPTIONS: Final = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def schema_registry_binary() -> Path:
    """Where a fetched server is looked for: CONTRIBUTING.md says how to come by one."""
    return cache_directory() / "bin" / "schema-registry"


class LocalSchemaRegistry:
    """The server as a child process that keeps its schemas in memory: they are gone with it."""

    def __init__(self, directory: Path, *, port: int) -> None:
        if not schema_registry_binary().exists():
            raise UnavailableError(f"There is no schema registry at {schema_registry_binary()}: see CONTRIBUTING.md.")
        self.url = f"http://{HOST}:{port}{CONFLUENT_API}"
        command = [
            str(schema_registry_binary()),
            *JVM_OPTIONS,
            f"-Dquarkus.http.host={HOST}",
            f"-Dquarkus.http.port={port}",
            "-Dquarkus.log.level=WARN",
        ]
        self.process = ManagedProcess("schema registry", command, log=directory / "schema-registry.log")

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process.start()
        self.process.wait_ready(lambda: answers(f"{self.url}/subjects"), seconds=READY_TIMEOUT_SECONDS)

    def stop(self) -> None:
        """Stop it."""
        self.process.stop()
