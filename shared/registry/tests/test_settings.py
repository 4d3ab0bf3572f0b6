import pytest

from vigie_registry import RegistrySettings
from vigie_runtime import ConfigurationError, load_settings


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("http://mlflow-server:5000", "http://mlflow-server:5000"),
        ("https://mlflow.example/registry", "https://mlflow.example/registry"),
        ("mlflow-server-a1:10000", "http://mlflow-server-a1:10000"),
    ],
)
def test_addresses_of_servers_are_taken(monkeypatch: pytest.MonkeyPatch, value: str, taken: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", value)

    assert load_settings(RegistrySettings).mlflow_tracking_uri == taken


@pytest.mark.parametrize(
    "value", ["sqlite:///mlflow.db", "file:mlruns", "./mlruns", "http://", "http://[::1", "databricks"]
)
def test_what_is_no_server_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", value)

    with pytest.raises(
        ConfigurationError, match=r"MLFLOW_TRACKING_URI: .*address of an MLflow server, such as http://"
    ):
        load_settings(RegistrySettings)
