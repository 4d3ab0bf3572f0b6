import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from mlflow_server import MlflowServerSettings, server_command, server_environment
from mlflow_server.secret_key import server_keys
from mlflow_server.start import mark_prepared, must_prepare
from vigie_runtime import ConfigurationError, load_settings


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def stores(settings: MlflowServerSettings) -> str:
    return server_environment(settings, {})["MLFLOW_BACKEND_STORE_URI"]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name == "PORT" or name.startswith("VIGIE_MLFLOW_"):
            monkeypatch.delenv(name)


def test_by_default_everything_lies_in_the_data_folder_and_one_worker_serves_it(tmp_path: Path) -> None:
    command = server_command(MlflowServerSettings(data_dir=tmp_path), "python")

    assert command[:4] == ["python", "-m", "mlflow", "server"]
    assert stores(MlflowServerSettings(data_dir=tmp_path)) == f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    assert option(command, "--artifacts-destination") == f"{tmp_path}/mlflow/artifacts"
    assert "--serve-artifacts" in command
    assert option(command, "--host") == "127.0.0.1"
    assert option(command, "--port") == "5000"
    assert option(command, "--workers") == "1"


def test_a_relative_data_folder_is_made_absolute() -> None:
    assert stores(MlflowServerSettings(data_dir=Path("here"))) == f"sqlite:///{Path.cwd()}/here/mlflow/mlflow.db"


def test_other_stores_come_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_MLFLOW_BACKEND_STORE", "postgresql+psycopg2://vigie:word@db/mlflow")
    monkeypatch.setenv("VIGIE_MLFLOW_ARTIFACTS", "s3://models")

    settings = load_settings(MlflowServerSettings)
    command = server_command(settings, "python")

    assert stores(settings) == "postgresql+psycopg2://vigie:word@db/mlflow"
    assert not any("word" in part for part in command), "whoever lists processes would see the password"
    assert option(command, "--artifacts-destination") == "s3://models"
    assert settings.artifacts_folder is None


@pytest.mark.parametrize("address", ["postgres://u:p@db/mlflow", "postgresql://u:p@db/mlflow"])
def test_a_platforms_address_gets_our_driver(address: str) -> None:
    settings = MlflowServerSettings(mlflow_backend_store=SecretStr(address))

    assert stores(settings) == "postgresql+psycopg://u:p@db/mlflow"


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
    settings = MlflowServerSettings()

    assert server_environment(settings, {"A": "b"})["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert server_environment(settings, {"A": "b"})["A"] == "b"
    assert server_environment(settings, {"MLFLOW_DISABLE_TELEMETRY": "false"})["MLFLOW_DISABLE_TELEMETRY"] == "false"


def test_without_names_mlflows_own_defaults_stay() -> None:
    assert "MLFLOW_SERVER_ALLOWED_HOSTS" not in server_environment(MlflowServerSettings(), {})


def test_names_count_with_and_without_a_port() -> None:
    settings = MlflowServerSettings(mlflow_allowed_hosts=("mlflow-server",))

    environment = server_environment(
        settings, {"RAILWAY_PUBLIC_DOMAIN": "vigie.up.example", "RENDER_EXTERNAL_HOSTNAME": ""}
    )

    hosts = environment["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    assert {"localhost:*", "mlflow-server", "mlflow-server:*", "vigie.up.example"} <= set(hosts)
    assert "" not in hosts
    assert "https://vigie.up.example" in environment["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"].split(",")


def test_log_in_is_on_once_there_is_a_password(tmp_path: Path) -> None:
    settings = MlflowServerSettings(data_dir=tmp_path, mlflow_admin_password=SecretStr("an-admins-password"))

    environment = server_environment(settings, {})

    assert option(server_command(settings, "python"), "--app-name") == "basic-auth"
    assert "--app-name" not in server_command(MlflowServerSettings(), "python")
    assert environment["MLFLOW_AUTH_ADMIN_PASSWORD"] == "an-admins-password"
    assert (
        environment["MLFLOW_FLASK_SERVER_SECRET_KEY"]
        == server_environment(settings, {})["MLFLOW_FLASK_SERVER_SECRET_KEY"]
    )
    assert (tmp_path / "mlflow" / "secret-key").stat().st_mode & 0o077 == 0


def test_two_keys_follow_from_one_secret() -> None:
    def keys(secret: str) -> dict[str, str]:
        return server_keys(MlflowServerSettings(mlflow_secret_key=SecretStr(secret)))

    assert keys("a") == keys("a")
    assert keys("a") != keys("b")
    assert len(set(keys("a").values())) == 2
    assert Fernet(keys("a")["MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"]).encrypt(b"secret")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"VIGIE_MLFLOW_USERS": "detector:long-enough-word"}, "needs VIGIE_MLFLOW_ADMIN_PASSWORD"),
        ({"VIGIE_MLFLOW_ADMIN_PASSWORD": "short"}, "password of admin .* needs 12 characters"),
        (
            {"VIGIE_MLFLOW_ADMIN_PASSWORD": "an-admins-password", "VIGIE_MLFLOW_USERS": "detector:short"},
            "password of detector",
        ),
        (
            {"VIGIE_MLFLOW_ADMIN_PASSWORD": "an-admins-password", "VIGIE_MLFLOW_USERS": "detector:a-long-word,tail"},
            "neither a comma nor white space",
        ),
        ({"VIGIE_MLFLOW_WEBHOOK_URL": "https://detector.example"}, "needs VIGIE_MLFLOW_WEBHOOK_SECRET"),
    ],
)
def test_what_does_not_fit_together_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=says) as refused:
        load_settings(MlflowServerSettings)

    assert "an-admins-password" not in str(refused.value)
    assert "tail" not in str(refused.value)


def test_tables_are_checked_once_for_each_mlflow(tmp_path: Path) -> None:
    settings = MlflowServerSettings(data_dir=tmp_path)
    fresh = must_prepare(settings)
    settings.folder.mkdir()
    settings.sqlite_file.touch()
    older = must_prepare(settings)
    mark_prepared(settings)

    assert (fresh, older, must_prepare(settings)) == (False, True, False)
    assert must_prepare(settings.model_copy(update={"mlflow_backend_store": SecretStr("postgresql://db")}))
