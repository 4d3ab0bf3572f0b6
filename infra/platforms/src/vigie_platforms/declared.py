"""What a platform's file says of each service, in one shape whichever platform it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from vigie_platforms.deployables import SERVICES


@dataclass(frozen=True)
class DeclaredService:
    """A service as a platform is to run it."""

    name: str
    folder: str | None
    """Below services/; None: another's image."""
    variables: Mapping[str, str | None]
    """What it finds in its environment; None where the platform or a person fills it in."""
    health_path: str | None = None
    mounts: tuple[str, ...] = ()
    """Folders that survive a deployment."""
    build_inputs: tuple[str, ...] = ()
    """Patterns of files whose change builds it again."""
    is_reachable: bool = True
    """Whether others can call it."""
    references: tuple[tuple[str, str | None], ...] = field(default=())
    """Services whose host (None) or variable is filled in here."""
    memory_mb: int | None = None
    """What its plan or limit allows."""


RENDER_MEMORY_MB = {"free": 512, "starter": 512, "standard": 2048, "pro": 4096, "pro plus": 8192}


def of_render(blueprint: Mapping[str, Any]) -> list[DeclaredService]:
    """Services of a Render Blueprint."""
    return [_of_render(service) for service in blueprint["services"]]


def _of_render(service: Mapping[str, Any]) -> DeclaredService:
    variables = {entry["key"]: entry.get("value") for entry in service.get("envVars", [])}
    sources = [entry["fromService"] for entry in service.get("envVars", []) if "fromService" in entry]
    build_filter = service.get("buildFilter", {})
    if service.get("runtime") == "docker":
        folder = _folder(service["dockerfilePath"])
    else:
        url = service["image"]["url"]
        folder = url.rpartition("/")[2].removesuffix(":main") if url.endswith(":main") else None
    return DeclaredService(
        name=service["name"],
        folder=folder,
        variables=variables,
        health_path=service.get("healthCheckPath"),
        mounts=(service["disk"]["mountPath"],) if "disk" in service else (),
        build_inputs=(*build_filter.get("paths", ()), *(f"!{path}" for path in build_filter.get("ignoredPaths", ()))),
        is_reachable=service["type"] in ("web", "pserv"),
        references=tuple((source["name"], source.get("envVarKey")) for source in sources),
        memory_mb=RENDER_MEMORY_MB[service["plan"]],
    )


def of_railway(graph: Mapping[str, Any]) -> list[DeclaredService]:
    """Services of Railway's graph; databases and volumes are left out."""
    return [_of_railway(node) for node in graph["resources"] if node["type"] == "service"]


def _of_railway(node: Mapping[str, Any]) -> DeclaredService:
    literal = {key: value.get("value") for key, value in node.get("variables", {}).items()}
    build = node.get("build", {})
    return DeclaredService(
        name=node["name"],
        folder=_folder(build["dockerfilePath"]) if "dockerfilePath" in build else None,
        variables=literal,
        health_path=node.get("deploy", {}).get("healthcheckPath"),
        mounts=tuple(attached["mountPath"] for attached in node.get("volumeAttachments", {}).values()),
        build_inputs=tuple(pattern.removeprefix("/") for pattern in build.get("watchPatterns", ())),
        references=tuple(_references(literal.values())),
    )


def _references(values: Any) -> list[tuple[str, str | None]]:
    """Other services in ${{service.VARIABLE}}; what Railway itself sets counts as the service alone."""
    found: list[tuple[str, str | None]] = []
    for value in values:
        for part in (value or "").split("${{")[1:]:
            service, dot, variable = part.partition("}}")[0].strip().partition(".")
            if dot:
                found.append((service, None if variable.startswith("RAILWAY_") else variable))
    return found


def of_compose(compose: Mapping[str, Any]) -> list[DeclaredService]:
    """Services of a compose file."""
    return [_of_compose(name, service) for name, service in compose["services"].items()]


def _of_compose(name: str, service: Mapping[str, Any]) -> DeclaredService:
    environment = service.get("environment", {})
    if isinstance(environment, Sequence):
        environment = dict(entry.partition("=")[::2] for entry in environment)
    build = service.get("build")
    dockerfile = build.get("dockerfile", "") if isinstance(build, Mapping) else ""
    limit = service.get("mem_limit") or service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory")
    return DeclaredService(
        name=name,
        folder=_folder(dockerfile) if f"{SERVICES}/" in dockerfile else None,
        variables={key: None if value is None else str(value) for key, value in environment.items()},
        mounts=tuple(mount.split(":")[1] for mount in service.get("volumes", ()) if isinstance(mount, str)),
        memory_mb=_megabytes(str(limit)) if limit else None,
    )


def _megabytes(limit: str) -> int:
    units = {"m": 1, "g": 1024}
    number = limit.lower().removesuffix("b").removesuffix("i")
    return int(float(number[:-1]) * units[number[-1]])


def _folder(dockerfile: str) -> str:
    return dockerfile.partition(f"{SERVICES}/")[2].partition("/")[0]


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top is a mapping."""
    return dict(yaml.safe_load(path.read_text()))
