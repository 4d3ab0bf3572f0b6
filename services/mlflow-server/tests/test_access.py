"""Log-in on the real server: who may do what, and that passwords follow their variables."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

pytestmark = pytest.mark.integration

USERS = "trainer:a-trainers-password,detector:a-detectors-password"


@contextmanager
def logged_in(name: str, password: str) -> Iterator[None]:
    """MLflow's client takes name and password from the environment."""
    os.environ |= {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": password}
    try:
        yield
    finally:
        del os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"]


def register(client: MlflowClient, folder: Path) -> str:
    """What the trainer does: a run with a file, a version, the alias; return the run."""
    run = client.create_run(client.create_experiment("vigie"))
    (folder / "calibration.json").write_text("{}")
    client.log_artifact(run.info.run_id, str(folder / "calibration.json"), "champion")
    client.create_registered_model("vigie-detector")
    client.create_model_version("vigie-detector", f"runs:/{run.info.run_id}/champion", run.info.run_id)
    client.set_registered_model_alias("vigie-detector", "champion", "1")
    return run.info.run_id


def test_the_trainer_writes_the_detector_reads_and_strangers_do_neither(start_server, tmp_path: Path) -> None:
    server = start_server(VIGIE_MLFLOW_ADMIN_PASSWORD="an-admins-password", VIGIE_MLFLOW_USERS=USERS)
    client = MlflowClient(server.url, server.url)

    with logged_in("trainer", "a-trainers-password"):
        run = register(client, tmp_path)
    with logged_in("detector", "a-detectors-password"):
        version = client.get_model_version_by_alias("vigie-detector", "champion").version
        fetched = Path(client.download_artifacts(run, "champion", str(tmp_path / "fetched")) or "")
        with pytest.raises(MlflowException, match="Permission denied"):
            client.set_registered_model_alias("vigie-detector", "champion", "1")
    with logged_in("detector", "a-wrong-password"), pytest.raises(MlflowException, match="not authenticated"):
        client.get_model_version_by_alias("vigie-detector", "champion")

    assert version == "1"
    assert (fetched / "calibration.json").read_text() == "{}"
    assert server.ask("GET", "/health") == 200
    assert server.ask("GET", "/") == 401
    assert server.ask("POST", "/api/2.0/mlflow/experiments/search", '{"max_results": 1}') == 401

    server.environment["VIGIE_MLFLOW_USERS"] = "detector:a-changed-password"
    assert server.run("migrate").returncode == 0
    with logged_in("detector", "a-changed-password"):
        assert client.get_model_version_by_alias("vigie-detector", "champion").version == "1"
