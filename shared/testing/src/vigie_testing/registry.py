"""A real MLflow registry as a child process."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vigie_local.process import ManagedProcess
from vigie_local.system import answers
from vigie_testing.ports import free_port

READY_TIMEOUT_SECONDS: Final = 90.0


@contextmanager
def running_registry(
    folder: Path, *, ready_timeout_seconds: float = READY_TIMEOUT_SECONDS, **variables: str
) -> Iterator[str]:
    """A registry with its data in the folder and these environment variables; its address.

    Raises UnavailableError with the end of its log when it does not get ready.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {"VIGIE_MLFLOW_PORT": str(port), "VIGIE_DATA_DIR": str(folder), **variables}
    command = [sys.executable, "-m", "mlflow_server"]
    server = ManagedProcess("mlflow-server", command, log=folder / "server.log", environment=environment)
    server.start()
    try:
        server.wait_ready(lambda: answers(f"{address}/health"), seconds=ready_timeout_seconds)
        yield address
    finally:
        server.stop()
