"""A new champion in the real registry reaches the detector's hook, signed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from spark_detector.registry_hook import PATH, RegistryHook
from vigie_runtime import StatusServer
from vigie_schemas import CHAMPION_ALIAS, MODEL_NAME, THRESHOLD_VERSION_TAG

SECONDS = 60

pytestmark = pytest.mark.integration


@pytest.fixture
def early() -> threading.Event:
    return threading.Event()


@pytest.fixture
def registry(
    start_registry: Callable[..., AbstractContextManager[str]], tmp_path: Path, early: threading.Event
) -> Iterator[MlflowClient]:
    """A registry that knows the hook of a status server."""
    status = StatusServer(0, dict, hooks={PATH: RegistryHook("shared-secret", early.set)})
    status.start()
    variables = {
        "VIGIE_MLFLOW_WEBHOOK_URL": f"http://127.0.0.1:{status.port}{PATH}",
        "VIGIE_MLFLOW_WEBHOOK_SECRET": "shared-secret",
    }
    with closing(status), start_registry(tmp_path, ready_timeout_seconds=240, **variables) as address:
        yield MlflowClient(address, address)


def test_a_new_champion_and_new_thresholds_are_announced_at_once(
    registry: MlflowClient, early: threading.Event
) -> None:
    registry.create_registered_model(MODEL_NAME)
    run = registry.create_run(registry.create_experiment("vigie")).info.run_id
    registry.create_model_version(MODEL_NAME, f"runs:/{run}/champion", run)
    before = early.is_set()

    registry.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, "1")
    of_champion = early.wait(SECONDS)
    early.clear()
    registry.set_model_version_tag(MODEL_NAME, "1", THRESHOLD_VERSION_TAG, "2")
    of_thresholds = early.wait(SECONDS)

    assert (before, of_champion, of_thresholds) == (False, True, True)
