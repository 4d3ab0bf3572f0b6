"""`python -m vigie_platforms`: what the workflows and the Makefile call."""

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vigie_platforms import settings as access
from vigie_platforms.changes import changes_since, everything, fingerprint
from vigie_platforms.declared import DeclaredService, of_railway, of_render, read_yaml
from vigie_platforms.deployables import Deployable, deployables
from vigie_platforms.generated import stale, write
from vigie_platforms.images import image_tag
from vigie_platforms.railway_files import NAMELESS, railway_graph
from vigie_platforms.render_blueprints import BLUEPRINT
from vigie_platforms.roll_out import Patience, Platform, roll_out
from vigie_runtime import InputError, configure_logs, load_settings, run_entry_point

REPOSITORY = Path.cwd()
PREFIX = re.compile(r"[a-z0-9-]+(?:[.:][a-z0-9.:-]+)/[A-Za-z0-9._/-]*[A-Za-z0-9]")
"""Of an image's name: a registry's host, which has a dot or a port, and a path."""
app = typer.Typer(add_completion=False, help="Changes, images, roll-outs and generated platform files.")


class PlatformName(StrEnum):
    """Where one can deploy to."""

    RENDER = "render"
    RAILWAY = "railway"


@app.command()
def changes(base: Annotated[str, typer.Option(help="Commit to compare with; empty: everything.")] = "") -> None:
    """What is to be tested and built, as lines for GITHUB_OUTPUT."""
    services = deployables(REPOSITORY)
    found = changes_since(REPOSITORY, base) if base else everything(services)
    typer.echo(found.outputs(), nl=False)


@app.command()
def tag(service: str) -> None:
    """Tag of a service's image: the same inputs, the same tag."""
    typer.echo(image_tag(fingerprint(REPOSITORY, _known(service))))


@app.command()
def images(prefix: Annotated[str, typer.Option(help="Before the service's name: ghcr.io/owner/name.")]) -> None:
    """Images of this commit by digest and those still to be built, as lines for GITHUB_OUTPUT."""
    registry = access.registry(_prefix(prefix), load_settings(access.DeploymentSettings))
    found = {
        service.name: registry.pinned(service.name, image_tag(fingerprint(REPOSITORY, service)))
        for service in deployables(REPOSITORY)
    }
    typer.echo(f"images={json.dumps({name: image for name, image in found.items() if image})}")
    typer.echo(f"missing={json.dumps([name for name, image in found.items() if not image])}")


@app.command()
def targets(platform: PlatformName, images: str) -> None:
    """Services of a platform with the images they are to run, from a JSON object of images by folder."""
    found = _images_by_folder(images)
    where = [
        {"service": service.name, "image": found[service.folder]}
        for service in _declared(platform)
        if service.folder in found
    ]
    typer.echo(f"targets={json.dumps(where)}")


@app.command()
def running(platform: PlatformName, out: Annotated[Path, typer.Option(help="JSON file to write.")]) -> None:
    """Write down which images a platform runs by digest now, as a JSON object by service."""
    where = _platform(platform, load_settings(access.DeploymentSettings))
    found = {service.name: where.running(service.name) for service in _declared(platform) if service.folder}
    pinned = json.dumps({name: release.image for name, release in found.items() if release and release.image})
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(pinned + "\n")
    typer.echo(pinned)


@app.command()
def deploy(platform: PlatformName, service: str, image: str) -> None:
    """Deploy one service by digest, wait for its health, and put back what ran before if that does not come."""
    settings = load_settings(access.DeploymentSettings)
    configure_logs(settings, "deployment")
    typer.echo(f"{service}: {roll_out(_platform(platform, settings), service, image, Patience())}")


@app.command()
def generate(
    images: Annotated[str, typer.Option(help="ghcr.io/owner/name for the Blueprint by digest; else as it is.")] = "",
) -> None:
    """Write Dockerfiles, railway.json files and Render's Blueprint by digest."""
    for path in write(REPOSITORY, _prefix(images) if images else None):
        typer.echo(path)


@app.command()
def check() -> None:
    """Fail where a generated file is not what it would be written as now."""
    found = stale(REPOSITORY)
    if found:
        raise InputError(f"Not as they would be written now: {', '.join(found)}. Run `make platforms`.")


def _declared(platform: PlatformName) -> list[DeclaredService]:
    if platform is PlatformName.RENDER:
        return of_render(read_yaml(REPOSITORY / BLUEPRINT))
    return of_railway(railway_graph(REPOSITORY, NAMELESS))


def _platform(platform: PlatformName, settings: access.DeploymentSettings) -> Platform:
    return access.render(settings) if platform is PlatformName.RENDER else access.railway(settings)


def _images_by_folder(given: str) -> dict[str, str]:
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(image, str) for image in found.values()):
        raise InputError(
            'Give images as a JSON object by service: {"trainer": "ghcr.io/you/vigie/trainer@sha256:..."}.'
        )
    return found


def _prefix(given: str) -> str:
    if not PREFIX.fullmatch(given):
        raise InputError(
            f"{given!r} names no place in a registry: give what stands before the service, ghcr.io/you/vigie."
        )
    return given


def _known(name: str) -> Deployable:
    for service in deployables(REPOSITORY):
        if service.name == name:
            return service
    raise InputError(f"There is no services/{name}: say one of {', '.join(s.name for s in deployables(REPOSITORY))}.")


if __name__ == "__main__":
    run_entry_point(app)
