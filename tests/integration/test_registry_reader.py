"""The registry's reader on real MLflow servers: champion, thresholds, files; names and stores that do not fit."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2
import pytest
from mlflow import MlflowClient

from vigie_local.process import ManagedProcess
from vigie_local.system import answers
from vigie_registry import Champion, RegistryReader, RegistryUnavailableError, UnusableVersionError
from vigie_schemas import CHAMPION_ALIAS, CHAMPION_ARTIFACTS, MODEL_NAME, THRESHOLD_VERSION_TAG
from vigie_testing.ports import free_port

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[2] / "shared" / "schemas" / "examples"
CALIBRATION = (EXAMPLES / "calibration" / "valid" / "with-bins.json").read_text()
THRESHOLDS = next((EXAMPLES / "thresholds" / "valid").glob("*.json")).read_text()
START_SECONDS = 240


def a_champions_files(folder: Path) -> Path:
    """Files as the trainer logs them, one with a name that needs quoting."""
    files = folder / CHAMPION_ARTIFACTS
    (files / "forest" / "data").mkdir(parents=True)
    (files / "calibration.json").write_text(CALIBRATION)
    (files / "forest" / "data" / "part 0+1.parquet").write_bytes(bytes(range(256)) * 20_000)
    (files / "forest" / "data" / "_SUCCESS").touch()
    return files


def register(address: str, folder: Path, *, experiment: str | None = None) -> Champion:
    """A champion with thresholds 2, written by MLflow's own client."""
    client = MlflowClient(address, address)
    run_id = client.create_run(experiment or "0").info.run_id
    client.log_artifacts(run_id, str(a_champions_files(folder)), CHAMPION_ARTIFACTS)
    client.log_text(run_id, THRESHOLDS, "thresholds/2.json")
    return make_champion(client, run_id)


def make_champion(client: MlflowClient, run_id: str) -> Champion:
    client.create_registered_model(MODEL_NAME)
    made = client.create_model_version(MODEL_NAME, f"runs:/{run_id}/{CHAMPION_ARTIFACTS}", run_id)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, made.version)
    client.set_model_version_tag(MODEL_NAME, made.version, THRESHOLD_VERSION_TAG, "2")
    created_ms = made.creation_timestamp or 0
    return Champion(version=int(made.version), threshold_version=2, run_id=run_id, created_ms=created_ms)


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def require_all_is_read(address: str, champion: Champion, folder: Path) -> None:
    with RegistryReader(address) as reader:
        assert reader.champion() == champion
        assert reader.calibration(champion.version).model_dump_json()
        assert reader.thresholds(champion.version, 2).thresholds
        reader.fetch_champion(champion.version, folder / "fetched")

    assert files_below(folder / "fetched") == files_below(folder / CHAMPION_ARTIFACTS)


def test_champion_thresholds_and_files_are_read(tracking_uri: str, tmp_path: Path) -> None:
    with RegistryReader(tracking_uri) as reader:
        assert reader.champion() is None
        champion = register(tracking_uri, tmp_path)
        with pytest.raises(UnusableVersionError, match=r"no thresholds/3\.json"):
            reader.thresholds(champion.version, 3)
        with pytest.raises(UnusableVersionError, match="holds no version 99"):
            reader.calibration(99)

    require_all_is_read(tracking_uri, champion, tmp_path)


def test_a_model_without_a_champion_is_none(tracking_uri: str) -> None:
    MlflowClient(tracking_uri, tracking_uri).create_registered_model(MODEL_NAME)

    with RegistryReader(tracking_uri) as reader:
        assert reader.champion() is None


def test_a_version_of_somebody_else_is_named(tracking_uri: str, tmp_path: Path) -> None:
    client = MlflowClient(tracking_uri, tracking_uri)
    champion = make_champion(client, client.create_run("0").info.run_id)

    with RegistryReader(tracking_uri) as reader:
        with pytest.raises(UnusableVersionError, match="no files in champion/"):
            reader.fetch_champion(champion.version, tmp_path / "fetched")
        with pytest.raises(UnusableVersionError, match=r"no champion/calibration\.json"):
            reader.calibration(champion.version)

    assert list(tmp_path.iterdir()) == []


def test_a_name_that_the_registry_does_not_know_is_said_and_the_advice_helps(
    start_registry: Callable[..., AbstractContextManager[str]], tracking_uri: str, tmp_path: Path
) -> None:
    another_name = tracking_uri.replace("127.0.0.1", "127.1")  # the same address, written as MLflow does not expect it

    with RegistryReader(another_name) as reader, pytest.raises(RegistryUnavailableError) as refused:
        reader.require_answer()

    assert httpx2.get(f"{another_name}/health", trust_env=False).status_code == 200, "health says yes to every name"
    assert "127.1" in str(refused.value)
    assert "VIGIE_MLFLOW_ALLOWED_HOSTS" in str(refused.value)
    with (
        start_registry(tmp_path, ready_timeout_seconds=START_SECONDS, VIGIE_MLFLOW_ALLOWED_HOSTS="127.1") as address,
        RegistryReader(address.replace("127.0.0.1", "127.1")) as reader,
    ):
        reader.require_answer()


def test_a_bucket_that_the_server_cannot_read_is_the_servers_to_mend(tracking_uri: str) -> None:
    client = MlflowClient(tracking_uri, tracking_uri)
    elsewhere = client.get_experiment_by_name("elsewhere")
    experiment = (
        elsewhere.experiment_id if elsewhere else client.create_experiment("elsewhere", "s3://vigie-nowhere/runs")
    )
    champion = make_champion(client, client.create_run(experiment).info.run_id)

    with RegistryReader(tracking_uri) as reader, pytest.raises(RegistryUnavailableError, match="give the server, not"):
        reader.calibration(champion.version)


@contextmanager
def a_server_that_proxies_nothing(folder: Path) -> Iterator[str]:
    """MLflow without --serve-artifacts: clients write to the store themselves."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    store = ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--no-serve-artifacts"]
    root = ["--default-artifact-root", (folder / "store").as_uri()]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1", *store, *root]
    server = ManagedProcess("mlflow", command, log=folder / "server.log")
    server.start()
    try:
        server.wait_ready(lambda: answers(f"{address}/health"), seconds=START_SECONDS)
        yield address
    finally:
        server.stop()


@pytest.mark.nightly
def test_files_are_read_where_the_server_proxies_nothing(tmp_path: Path) -> None:
    with a_server_that_proxies_nothing(tmp_path) as address:
        require_all_is_read(address, register(address, tmp_path), tmp_path)
