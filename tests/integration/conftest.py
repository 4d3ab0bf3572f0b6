"""What integration tests share: a registry, a browser, and transactions to send."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from mlflow import MlflowClient

from alert_webhook.screenshot import open_browser
from vigie_local.ports import free_port
from vigie_local.process import ManagedProcess
from vigie_local.system import answers
from vigie_schemas import MODEL_NAME

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPOSITORY = Path(__file__).parents[2]
HANDBOOK = REPOSITORY.parent / "shared" / "data" / "handbook.parquet"
SAMPLE = REPOSITORY / "services" / "generator" / "sample" / "transactions.parquet"


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One browser for the whole session: Playwright takes no second one beside it."""
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def labelled() -> pd.DataFrame:
    """50,000 transactions that nobody here made where they are at hand, else the repository's own sample."""
    if not HANDBOOK.exists():
        print(f"{HANDBOOK.name} is not at hand: using the repository's own sample of {SAMPLE.name} instead")  # noqa: T201
        return pd.read_parquet(SAMPLE)
    return pd.read_parquet(HANDBOOK).head(50_000)


@contextmanager
def a_registry(folder: Path, *, seconds: float = 90, **variables: str) -> Iterator[str]:
    """A real registry on a free port, with its data in the folder; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {"VIGIE_MLFLOW_PORT": str(port), "VIGIE_DATA_DIR": str(folder), **variables}
    command = [sys.executable, "-m", "mlflow_server"]
    server = ManagedProcess("mlflow-server", command, log=folder / "server.log", environment=environment)
    server.start()
    try:
        server.wait_ready(lambda: answers(f"{address}/health"), seconds=seconds)
        yield address
    finally:
        server.stop()


@pytest.fixture(scope="session")
def start_registry() -> Callable[..., AbstractContextManager[str]]:
    """Start a registry of the test's own, with variables of its own."""
    return a_registry


@pytest.fixture(scope="session")
def registry_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One real registry for the whole session."""
    with a_registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def tracking_uri(registry_server: str) -> str:
    """The registry without any model: versions start at 1 again."""
    client = MlflowClient(tracking_uri=registry_server, registry_uri=registry_server)
    if client.search_registered_models(f"name = '{MODEL_NAME}'"):
        client.delete_registered_model(MODEL_NAME)
    return registry_server
