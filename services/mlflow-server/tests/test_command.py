from pathlib import Path

import pytest

from mlflow_server import MlflowServerSettings, server_command, server_environment
from vigie_runtime import ConfigurationError, load_settings


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PORT",
        "VIGIE_MLFLOW_PORT",
        "VIGIE_MLFLOW_HOST",
        "VIGIE_MLFLOW_BACKEND_STORE",
        "VIGIE_MLFLOW_ARTIFACTS",
    ):
        monkeypatch.delenv(name, raising=False)


def test_by_default_everything_lies_in_the_data_folder_and_one_worker_serves_it(tmp_path: Path) -> None:
    command = server_command(MlflowServerSettings(data_dir=tmp_path), "python")

    assert command[:4] == ["python", "-m", "mlflow", "server"]
    assert option(command, "--backend-store-uri") == f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    assert option(command, "--artifacts-destination") == f"{tmp_path}/mlflow/artifacts"
    assert "--serve-artifacts" in command
    assert option(command, "--host") == "127.0.0.1"
    assert option(command, "--port") == "5000"
    assert option(command, "--workers") == "1"


def test_a_relative_data_folder_is_made_absolute() -> None:
    command = server_command(MlflowServerSettings(data_dir=Path("here")), "python")

    assert option(command, "--backend-store-uri") == f"sqlite:///{Path.cwd()}/here/mlflow/mlflow.db"


def test_other_stores_come_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_MLFLOW_BACKEND_STORE", "postgresql+psycopg2://vigie@db/mlflow")
    monkeypatch.setenv("VIGIE_MLFLOW_ARTIFACTS", "s3://models")

    command = server_command(load_settings(MlflowServerSettings), "python")

    assert option(command, "--backend-store-uri") == "postgresql+psycopg2://vigie@db/mlflow"
    assert option(command, "--artifacts-destination") == "s3://models"


def test_a_platforms_port_is_taken_and_our_own_variable_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "10000")
    assert load_settings(MlflowServerSettings).mlflow_port == 10000

    monkeypatch.setenv("VIGIE_MLFLOW_PORT", "5001")
    assert load_settings(MlflowServerSettings).mlflow_port == 5001


def test_a_wrong_port_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_MLFLOW_PORT", "none")

    with pytest.raises(ConfigurationError, match="VIGIE_MLFLOW_PORT"):
        load_settings(MlflowServerSettings)


def test_telemetry_is_off_unless_the_caller_says_otherwise() -> None:
    assert server_environment({"A": "b"})["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert server_environment({"A": "b"})["A"] == "b"
    assert server_environment({"MLFLOW_DISABLE_TELEMETRY": "false"})["MLFLOW_DISABLE_TELEMETRY"] == "false"
