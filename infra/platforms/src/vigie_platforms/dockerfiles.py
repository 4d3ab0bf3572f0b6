"""Dockerfiles, written from one template and what each service's pyproject.toml says of its image."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from pydantic import BaseModel, ConfigDict, ValidationError

from vigie_runtime import InputError

TEMPLATE: Final = "templates/Dockerfile.j2"
TABLE: Final = "[tool.vigie.image]"


class Image(BaseModel):
    """What one image has of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: int | None = None
    """Where it answers; None: it serves nothing."""
    port_variable: str = "VIGIE_STATUS_PORT"
    """By which another port is set."""
    health_path: str = "/healthz"
    start_seconds: int = 60
    """How long it may be unhealthy after its start."""
    command: tuple[str, ...] = ()
    """None: the service's module."""
    environment: dict[str, str] = {}
    apt_packages: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    """Optional dependencies of the package that are installed."""
    left_out: tuple[str, ...] = ()
    """Packages that are not installed though something depends on them."""
    jar_bundles: tuple[str, ...] = ()
    """Constants of vigie_runtime.jars: fetched by the build, so that a start downloads nothing."""
    prepared_by: tuple[str, ...] = ()
    """Modules that the build runs when everything is installed."""
    unused_spark_jars: tuple[str, ...] = ()
    """First words of the names of jars that are deleted."""


def dockerfiles(repository: Path) -> dict[str, str]:
    """Text of each Dockerfile by its path; raise InputError where a pyproject.toml says what the template lacks."""
    environment = Environment(  # noqa: S701 - no HTML
        trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    template = environment.from_string((files("vigie_platforms") / TEMPLATE).read_text())
    return {
        f"{folder}/Dockerfile": template.render(
            folder=folder,
            package=project["name"],
            module=project["name"].replace("-", "_"),
            description=project["description"],
            workspace=built_from(repository, folder),
            image=image,
        )
        for folder, project, image in _images(repository)
    }


def built_from(repository: Path, folder: str) -> tuple[str, ...]:
    """Folders of the workspace whose packages the one in the folder needs, without those for tests; itself last."""
    projects = {member: _pyproject(repository / member)["project"] for member in _members(repository)}
    members = {project["name"]: member for member, project in projects.items()}
    found: dict[str, None] = {}

    def add(member: str, extras: Iterable[str] = ()) -> None:
        optional = projects[member].get("optional-dependencies", {})
        wanted = [*projects[member].get("dependencies", []), *(name for extra in extras for name in optional[extra])]
        for name, its_extras in map(_name_and_extras, wanted):
            if name in members:
                add(members[name], its_extras)
        found.setdefault(member)

    add(folder)
    return tuple(found)


def _name_and_extras(requirement: str) -> tuple[str, list[str]]:
    name, extras = re.match(r"([\w.-]+)(?:\[([^\]]*)\])?", requirement).groups("")  # pyright: ignore[reportOptionalMemberAccess]
    return name, re.findall(r"[\w.-]+", extras)


def _images(repository: Path) -> Iterator[tuple[str, dict[str, Any], Image]]:
    for member in _members(repository):
        content = _pyproject(repository / member)
        table = content.get("tool", {}).get("vigie", {}).get("image")
        if table is not None:
            yield member, content["project"], _image(member, table)


def _image(member: str, table: dict[str, Any]) -> Image:
    try:
        return Image.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{member}/pyproject.toml, {TABLE} {where}: {first['msg']}.") from None


def _members(repository: Path) -> list[str]:
    patterns = _pyproject(repository)["tool"]["uv"]["workspace"]["members"]
    found = (path for pattern in patterns for path in repository.glob(f"{pattern}/pyproject.toml"))
    return sorted(str(path.parent.relative_to(repository)) for path in found)


def _pyproject(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text())
