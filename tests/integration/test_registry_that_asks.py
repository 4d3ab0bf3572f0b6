"""A registry that asks for a log-in gives the page and the sink what they look up, and no other client."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from mlflow import MlflowClient
from pydantic import SecretStr

from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.registry_watch import RegistryWatch
from metrics_sink.training_span import TrainingSpanWatch
from vigie_registry import RegistryReader
from vigie_schemas import CHAMPION_ALIAS, CHAMPION_ARTIFACTS, MODEL_NAME

pytestmark = pytest.mark.integration

CALIBRATION = Path(__file__).parents[2] / "shared" / "schemas" / "examples" / "calibration" / "valid" / "with-bins.json"
PASSWORDS = {"trainer": "a-trainers-password", "reader": "a-readers-password"}


@pytest.fixture(scope="module")
def address(
    start_registry: Callable[..., AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A registry with users, and a champion in it that its trainer has put there."""
    folder = tmp_path_factory.mktemp("registry")
    variables = {
        "VIGIE_MLFLOW_ADMIN_PASSWORD": "an-admins-password",
        "VIGIE_MLFLOW_USERS": ",".join(f"{name}:{password}" for name, password in PASSWORDS.items()),
    }
    with start_registry(folder, ready_timeout_seconds=240, **variables) as address:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MLFLOW_TRACKING_USERNAME", "trainer")
            patch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORDS["trainer"])
            register(MlflowClient(address, address), folder)
        yield address


def register(client: MlflowClient, folder: Path) -> None:
    run_id = client.create_run(client.create_experiment("vigie")).info.run_id
    (folder / "calibration.json").write_text(CALIBRATION.read_text())
    client.log_artifact(run_id, str(folder / "calibration.json"), CHAMPION_ARTIFACTS)
    client.create_registered_model(MODEL_NAME)
    client.create_model_version(MODEL_NAME, f"runs:/{run_id}/{CHAMPION_ARTIFACTS}", run_id)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, "1")


def seen_by_the_sink(address: str, password: str) -> tuple[int | None, int | None]:
    with RegistryReader(address, username="reader", password=SecretStr(password)) as registry:
        watch = TrainingSpanWatch(registry, lambda: 1)
        watch.look()
    return watch.champion_version, watch.span.version if watch.span else None


def seen_by_the_page(address: str, password: str) -> tuple[bool | None, int | None]:
    hub = Hub()
    with RegistryReader(address, username="reader", password=SecretStr(password)) as registry:
        RegistryWatch(registry, hub).look()
    subscription = hub.subscribe(1)
    assert subscription is not None
    registry = json.loads(next(iter(subscription)).split("data: ")[1])["registry"]
    return registry["reachable"], registry["champion_version"]


def test_a_reader_with_its_password_sees_the_champion(address: str) -> None:
    assert seen_by_the_sink(address, PASSWORDS["reader"]) == (1, 1)
    assert seen_by_the_page(address, PASSWORDS["reader"]) == (True, 1)


def test_a_wrong_password_shows_nothing(address: str) -> None:
    assert seen_by_the_sink(address, "a-wrong-password") == (None, None)
    assert seen_by_the_page(address, "a-wrong-password") == (False, None)
