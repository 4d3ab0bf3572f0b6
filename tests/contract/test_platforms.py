"""What render.yaml, .railway/railway.py and compose say of each service is what the service reads and serves.

A variable that no settings class knows, one that is missing, a port or path that differs: each fails by its name.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import AliasChoices

from alert_webhook.settings import AlertWebhookSettings
from bridge.settings import BridgeSettings
from gateway.settings import GatewaySettings
from generator.settings import GeneratorSettings
from metrics_sink.settings import MetricsSinkSettings
from mlflow_server.settings import MlflowServerSettings
from spark_detector.settings import DetectorSettings
from trainer.settings import TrainerSettings
from vigie_platforms.declared import DeclaredService, of_compose, of_railway, of_render, read_yaml
from vigie_platforms.deployables import IGNORED_INPUTS, Deployable, deployables
from vigie_platforms.railway_files import NAMELESS, railway_graph
from vigie_runtime import ServiceSettings
from vigie_runtime.settings import PREFIX

REPOSITORY = Path(__file__).parents[2]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "alert-webhook": AlertWebhookSettings,
    "bridge": BridgeSettings,
    "gateway": GatewaySettings,
    "generator": GeneratorSettings,
    "metrics-sink": MetricsSinkSettings,
    "mlflow-server": MlflowServerSettings,
    "spark-detector": DetectorSettings,
    "trainer": TrainerSettings,
}
COMPOSE = REPOSITORY / "infra/compose/compose.yaml"
ADDED_BY_HAND = {"bridge"}
"""On platforms that know no profiles: it has nothing to do before there is a topic to read (docs/deployment.md)."""
# Read by libraries below our settings, or by the platform itself.
MLFLOW_CLIENT = {"MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"}
PLATFORMS_OWN = {"PORT", "RAILWAY_RUN_UID"}
# Addresses of other servers: every service that can be given one must be.
ADDRESSES = {
    "KAFKA_BOOTSTRAP_SERVERS",
    "MLFLOW_TRACKING_URI",
    "INFLUXDB_URL",
    "INFLUXDB_TOKEN",
    "GRAFANA_URL",
    "VIGIE_GATEWAY_URL",
}
# Empty: kept by hand on the platform, filled in from another service, or generated. Here something of its kind.
SAMPLES = {
    "DATABASE_URL": "postgres://vigie:secret@db-a1:5432/alerts",
    "GRAFANA_URL": "https://grafana-a1.onrender.com",
    "INFLUXDB_URL": "influxdb-a1:8086",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka-a1",
    "MLFLOW_TRACKING_URI": "mlflow-server-a1:10000",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/x",
    "VIGIE_GATEWAY_URL": "gateway-a1:10000",
    "VIGIE_MLFLOW_BACKEND_STORE": "postgres://vigie:secret@db-a1:5432/mlflow",
}
GENERATED = "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80="  # as Render makes them: base64 of 256 bits
REFERENCE = re.compile(r"\$\{\{.+?\}\}")
COMPOSE_DEFAULT = re.compile(r"\$\{\w+(?::-([^}]*)|:\+[^}]*)\}")  # with :+, what an unset variable adds: nothing


def declared() -> Iterator[tuple[str, DeclaredService]]:
    for name in ("render.yaml", "infra/render/by-digest.yaml", "infra/render/free.yaml"):
        yield from ((name, service) for service in of_render(read_yaml(REPOSITORY / name)))
    yield from (("railway", service) for service in of_railway(railway_graph(REPOSITORY, NAMELESS)))
    if COMPOSE.exists():
        yield from (("compose", service) for service in of_compose(read_yaml(COMPOSE)))


DECLARED = list(declared())
OURS = [(file, service) for file, service in DECLARED if service.folder in SETTINGS]
WHOLE_SYSTEMS = sorted({file for file, _ in DECLARED} - {"infra/render/free.yaml"})
each = pytest.mark.parametrize(("file", "service"), OURS, ids=[f"{file}:{service.name}" for file, service in OURS])


def variables(kind: type[ServiceSettings]) -> dict[str, set[str]]:
    """Names by which each field can be set."""
    found = {}
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        names = alias.choices if isinstance(alias, AliasChoices) else [alias or PREFIX + name.upper()]
        found[name] = {str(one) for one in names}
    return found


def dockerfile(folder: str) -> str:
    return (REPOSITORY / Deployable(folder).dockerfile).read_text()


def filled_in(name: str, value: str | None) -> str:
    """A variable's value as the platform fills it in: references, compose's defaults, secrets."""
    if value is None:
        return SAMPLES.get(name, GENERATED)
    return COMPOSE_DEFAULT.sub(r"\1", REFERENCE.sub("a1", value))


def environment(service: DeclaredService) -> dict[str, str]:
    """What the container finds: the image's own variables, then the platform's."""
    of_image = dict(re.findall(r"\b(VIGIE_[A-Z_]+)=(\S+)", dockerfile(service.folder or "")))
    filled = {name: filled_in(name, value) for name, value in service.variables.items()}
    return of_image | {name: value for name, value in filled.items() if value}


NEEDED = {
    "bridge": {"VIGIE_BRIDGE_TOPIC": "payments", "VIGIE_BRIDGE_MAPPING": "mapping.toml"},
    "gateway": {"VIGIE_GATEWAY_TOKENS": "core:send+read:a-token-that-is-long-enough"},
}
"""What an image cannot know, for tests of the image alone."""


def settings_of(service: DeclaredService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    for name in ("PORT", *(name for kind in SETTINGS.values() for names in variables(kind).values() for name in names)):
        monkeypatch.delenv(name, raising=False)
    for name, value in (NEEDED.get(service.folder or "", {}) | environment(service)).items():
        monkeypatch.setenv(name, value)
    return SETTINGS[service.folder or ""]()


@each
def test_every_variable_is_read(file: str, service: DeclaredService) -> None:
    kind = SETTINGS[service.folder or ""]
    known = set().union(*variables(kind).values()) | PLATFORMS_OWN
    if "MLFLOW_TRACKING_URI" in known:
        known |= MLFLOW_CLIENT

    assert sorted(set(service.variables) - known) == []


@pytest.mark.parametrize(
    ("file", "service"),
    [(file, service) for file, service in OURS if file in WHOLE_SYSTEMS],
    ids=[f"{file}:{service.name}" for file, service in OURS if file in WHOLE_SYSTEMS],
)
def test_no_address_is_missing(file: str, service: DeclaredService) -> None:
    known = set().union(*variables(SETTINGS[service.folder or ""]).values())

    assert sorted((known & ADDRESSES) - set(service.variables)) == []


@each
def test_the_values_make_settings(
    file: str, service: DeclaredService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_of(service, monkeypatch, tmp_path)

    for name in ("mlflow_tracking_uri", "influxdb_url", "gateway_url"):
        address = getattr(settings, name, None)
        assert address is None or address.startswith("http://"), f"{name} is {address}"
    if hasattr(settings, "kafka_bootstrap_servers"):
        assert re.search(r":\d+$", settings.kafka_bootstrap_servers)


@each
def test_others_reach_it_at_the_port_it_listens_on(
    file: str, service: DeclaredService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_of(service, monkeypatch, tmp_path)
    host, port = listening(settings)

    if "PORT" in service.variables:
        assert str(port) == service.variables["PORT"]
    if service.is_reachable and port is not None:
        assert host in ("0.0.0.0", "::")
    if file == "railway":
        assert host == "::"


PLACES = (
    ("host", "port"),
    ("gateway_host", "gateway_port"),
    ("mlflow_host", "mlflow_port"),
    ("status_host", "status_port"),
)
"""Settings that say where a service listens."""


def listening(settings: Any) -> tuple[str, int | None]:
    for host, port in PLACES:
        if hasattr(settings, port):
            return getattr(settings, host), getattr(settings, port)
    raise AssertionError(f"{type(settings).__name__} listens nowhere")


@each
def test_it_is_asked_for_its_health_where_its_image_asks(file: str, service: DeclaredService) -> None:
    path = re.search(r'HEALTHCHECK.*?"(/\w+)"\]', dockerfile(service.folder or ""), re.DOTALL)

    assert path is not None
    assert service.health_path in (None, path[1])


@each
def test_what_must_survive_lies_on_a_disk(file: str, service: DeclaredService) -> None:
    of_image = dict(re.findall(r"\b(VIGIE_DATA_DIR)=(\S+)", dockerfile(service.folder or "")))

    assert set(service.mounts) <= {of_image["VIGIE_DATA_DIR"]}


@pytest.mark.parametrize("folder", sorted(SETTINGS))
def test_the_image_exposes_the_default_port(folder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = dockerfile(folder)
    exposed = re.search(r"^EXPOSE (\d+)", text, re.MULTILINE)
    asked = re.search(r'"vigie_healthcheck", "(\w+)", "(\d+)"', text)
    service = DeclaredService(name=folder, folder=folder, variables={})

    settings = settings_of(service, monkeypatch, tmp_path) if folder != "alert-webhook" else None

    assert exposed is not None
    assert asked is not None
    assert exposed[1] == asked[2]
    names = variables(SETTINGS[folder])
    port_field = next(name for _, name in PLACES if name in names)
    assert asked[1] in names[port_field]
    if settings is not None:
        assert listening(settings)[1] in (int(exposed[1]), None)


@pytest.mark.parametrize("deployable", deployables(REPOSITORY), ids=lambda deployable: deployable.name)
def test_a_change_of_what_an_image_copies_builds_it_again(deployable: Deployable) -> None:
    lines = re.findall(r"^COPY (?!--from)(.+)$", dockerfile(deployable.name), re.MULTILINE)
    sources = [word for line in lines for word in line.split()[:-1] if not word.startswith("--")]

    assert sources
    for source in sources:
        inside = f"{source}/any.py" if (REPOSITORY / source).is_dir() else source
        assert deployable.is_built_from(inside), source


@pytest.mark.parametrize(
    ("file", "service"),
    [(file, service) for file, service in DECLARED if service.build_inputs],
    ids=[f"{file}:{service.name}" for file, service in DECLARED if service.build_inputs],
)
def test_platforms_build_again_for_the_same_files(file: str, service: DeclaredService) -> None:
    expected = {*Deployable(service.folder or "").inputs, *(f"!{pattern}" for pattern in IGNORED_INPUTS)}

    assert set(service.build_inputs) == expected


@pytest.mark.parametrize("file", sorted({file for file, _ in DECLARED}))
def test_every_reference_leads_somewhere(file: str) -> None:
    services = {service.name: service for other, service in DECLARED if other == file}
    filled_in = {"RENDER_EXTERNAL_URL"}  # by the platform

    for service in services.values():
        for name, variable in service.references:
            assert name in services, f"{service.name} refers to {name}"
            assert variable is None or variable in {*services[name].variables, *filled_in}, f"{name}.{variable}"


@pytest.mark.parametrize("file", WHOLE_SYSTEMS)
def test_a_whole_system_has_every_service(file: str) -> None:
    folders = {service.folder for other, service in DECLARED if other == file}

    expected = {deployable.name for deployable in deployables(REPOSITORY)}
    assert expected - folders <= (set() if file == "compose" else ADDED_BY_HAND)


@pytest.mark.parametrize("service", [one for file, one in OURS if file == "render.yaml"], ids=lambda one: one.name)
def test_a_plan_has_at_least_the_memory_of_compose(service: DeclaredService) -> None:
    limits = {one.folder: one.memory_mb for file, one in OURS if file == "compose" and one.name == one.folder}
    if not limits:
        pytest.skip("infra/compose/compose.yaml is not there")

    limit = limits[service.folder]

    assert limit is not None
    assert service.memory_mb is not None
    assert service.memory_mb >= limit
