"""`.env.example` documents every variable of every service, and no other."""

import re
from pathlib import Path

import pytest
from pydantic import AliasChoices

from alert_webhook.settings import AlertWebhookSettings
from bridge.settings import BridgeSettings
from gateway.settings import GatewaySettings
from generator.settings import GeneratorSettings
from grafana_provisioning.settings import GrafanaProvisioningSettings
from metrics_sink.settings import MetricsSinkSettings
from mlflow_server.settings import MlflowServerSettings
from spark_detector.settings import DetectorSettings
from trainer.settings import TrainerSettings
from vigie_loadtests.gateway.settings import GatewayLoadSettings
from vigie_loadtests.latency.settings import LoadSettings
from vigie_local.settings import LocalSettings
from vigie_platforms.settings import DeploymentSettings
from vigie_runtime import ServiceSettings
from vigie_runtime.settings import PREFIX

REPOSITORY = Path(__file__).parents[2]
SETTINGS: tuple[type[ServiceSettings], ...] = (
    AlertWebhookSettings,
    BridgeSettings,
    DeploymentSettings,
    DetectorSettings,
    GatewayLoadSettings,
    GatewaySettings,
    GeneratorSettings,
    GrafanaProvisioningSettings,
    LoadSettings,
    LocalSettings,
    MetricsSinkSettings,
    MlflowServerSettings,
    TrainerSettings,
)
# Read where no settings object is at hand yet, or by tools of ours; MLflow's own are documented by MLflow.
OTHERS = {
    "VIGIE_CACHE_DIR",
    "VIGIE_CHROMIUM",
    "VIGIE_HANDBOOK",
    "VIGIE_TEST_DATA",
    "VIGIE_TEST_INFLUXDB_URL",
    "VIGIE_TEST_SCHEMA_REGISTRY_URL",
    "JAVA_HOME",
}
OF_GRAFANA = set(
    re.findall(
        r"\$\{?((?:GRAFANA|INFLUXDB|SLACK|VIGIE)_[A-Z_]+)",
        "".join(
            path.read_text()
            for path in (REPOSITORY / "services" / "grafana-provisioning").rglob("*")
            if path.name == "entrypoint.sh" or path.suffix in (".json", ".yaml")
        ),
    )
) - {"VIGIE_GENERATED", "VIGIE_GRAFANA_COMMAND"}  # where a test puts what the image holds
OTHERS |= {"MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"}
# Of compose itself, as ${NAME:-default}.
COMPOSE = (REPOSITORY / "infra" / "compose" / "compose.yaml").read_text()
OTHERS |= set(re.findall(r"\$\{([A-Z_]+):-[^}]+\}", COMPOSE))


def documented() -> set[str]:
    return set(lines_of_variables())


def lines_of_variables() -> list[str]:
    lines = (REPOSITORY / ".env.example").read_text().splitlines()
    return [line.split("=", 1)[0] for line in lines if line and not line.startswith("#")]


def variables(kind: type[ServiceSettings]) -> set[str]:
    """Names a settings class reads; of several for one field, the first."""
    found = set()
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        if isinstance(alias, AliasChoices):
            alias = alias.choices[0]
        found.add(str(alias) if alias else PREFIX + name.upper())
    return found


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_every_variable_is_documented(kind: type[ServiceSettings]) -> None:
    assert variables(kind) - documented() == set()


def test_no_unknown_variable_is_documented() -> None:
    known = set().union(*(variables(kind) for kind in SETTINGS)) | OTHERS | OF_GRAFANA
    assert documented() - known == set()


def test_a_variable_is_documented_once() -> None:
    names = lines_of_variables()

    assert [name for name in sorted(set(names)) if names.count(name) > 1] == []


def test_every_variable_of_grafanas_container_is_documented() -> None:
    assert len(OF_GRAFANA) > 5
    assert OF_GRAFANA - documented() == set()


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_every_setting_says_what_it_is(kind: type[ServiceSettings]) -> None:
    silent = [name for name, field in kind.model_fields.items() if not field.description]
    assert silent == []
