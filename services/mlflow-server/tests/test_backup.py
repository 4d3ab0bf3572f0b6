"""A registry out of SQLite and into PostgreSQL: what comes back is what went in, and life goes on there."""

import math
import os
import subprocess
from pathlib import Path

import pytest
from mlflow import MlflowClient

pytestmark = pytest.mark.integration


@pytest.fixture
def filled(start_server, tmp_path: Path):
    """A server on SQLite with a run, its metrics and files, a version and the alias."""
    server = start_server()
    client = MlflowClient(server.url, server.url)
    run = client.create_run(client.create_experiment("vigie")).info.run_id
    client.log_param(run, "trees", 150)
    client.log_metric(run, "recall", 0.5)
    client.log_metric(run, "not-a-number", math.nan)
    (tmp_path / "forest.txt").write_text("an élm")
    client.log_artifact(run, str(tmp_path / "forest.txt"), "champion")
    client.create_registered_model("vigie-detector", description="Überwacht")
    client.create_model_version("vigie-detector", f"runs:/{run}/champion", run)
    client.set_registered_model_alias("vigie-detector", "champion", "1")
    return server, run


def described(client: MlflowClient, run: str, folder: Path) -> list[object]:
    """All of the registry that matters, as the client sees it."""
    data, version = client.get_run(run).data, client.get_model_version_by_alias("vigie-detector", "champion")
    file = Path(client.download_artifacts(run, "champion/forest.txt", str(folder)) or "")
    metrics = {name: "nan" if math.isnan(value) else value for name, value in data.metrics.items()}
    model = client.get_registered_model("vigie-detector")
    return [data.params, metrics, version.version, version.run_id, model.description, file.read_text()]


def succeeded(done: subprocess.CompletedProcess[str]) -> bool:
    assert done.returncode == 0, done.stderr
    return True


@pytest.mark.nightly
def test_a_registry_moves_from_sqlite_to_postgresql(start_server, filled, database: str, tmp_path: Path) -> None:
    server, run = filled
    before = described(MlflowClient(server.url, server.url), run, tmp_path)
    file = str(tmp_path / "registry.tar.gz")

    assert succeeded(server.run("backup", file))
    elsewhere = start_server(VIGIE_MLFLOW_BACKEND_STORE=database)
    assert succeeded(elsewhere.run("restore", file))

    client = MlflowClient(elsewhere.url, elsewhere.url)
    (tmp_path / "again").mkdir()
    assert described(client, run, tmp_path / "again") == before
    assert client.create_model_version("vigie-detector", f"runs:/{run}/champion", run).version == "2"
    client.create_run(client.create_experiment("another"))

    again = elsewhere.run("restore", file)
    assert again.returncode == 2
    assert "already holds runs" in again.stderr


def test_what_is_no_backup_is_refused_by_name(run_command, tmp_path: Path) -> None:
    (tmp_path / "some.tar.gz").write_bytes(b"no archive")

    refused = run_command(os.environ | {"VIGIE_DATA_DIR": str(tmp_path)}, "restore", str(tmp_path / "some.tar.gz"))

    assert refused.returncode == 2
    assert "cannot be read as a backup" in refused.stderr
