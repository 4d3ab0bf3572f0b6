"""Platform files that are written from others, and whether they are as they should be."""

from pathlib import Path

import yaml

from vigie_platforms.dockerfiles import dockerfiles
from vigie_platforms.railway_files import NAMELESS, railway_files, railway_graph
from vigie_platforms.render_blueprints import BLUEPRINT, BY_DIGEST, OWN_IMAGES, by_digest, images_prefix


def generated(repository: Path, images: str | None = None) -> dict[str, str]:
    """Content of each generated file by its path; a fork's name in the image addresses is kept."""
    present = repository / BY_DIGEST
    prefix = images or (images_prefix(present.read_text()) if present.exists() else None) or OWN_IMAGES
    blueprint = yaml.safe_load((repository / BLUEPRINT).read_text())
    graph = railway_graph(repository, NAMELESS)
    return {str(BY_DIGEST): by_digest(blueprint, prefix), **railway_files(graph), **dockerfiles(repository)}


def write(repository: Path, images: str | None = None) -> list[str]:
    """Write them all; returns their paths."""
    files = generated(repository, images)
    for path, content in files.items():
        target = repository / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return sorted(files)


def stale(repository: Path) -> list[str]:
    """Paths that are missing, differ, or are there though nothing writes them any more."""
    files = generated(repository)
    differing = {
        path
        for path, content in files.items()
        if not (repository / path).exists() or (repository / path).read_text() != content
    }
    found = (path for pattern in ("railway.json", "services/*/railway.json") for path in repository.glob(pattern))
    left_over = {str(path.relative_to(repository)) for path in found} - set(files)
    return sorted(differing | left_over)
