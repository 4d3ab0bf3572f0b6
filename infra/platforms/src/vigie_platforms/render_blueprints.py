"""The Blueprint whose services run images by digest, written from render.yaml, whose services Render builds itself."""

from pathlib import Path
from typing import Any

import yaml

from vigie_platforms.deployables import SERVICES

BLUEPRINT = Path("render.yaml")
BY_DIGEST = Path("infra/render/by-digest.yaml")
OWN_IMAGES = "ghcr.io/your-github-name/vigie"
"""Where the workflows push; a fork puts its own name here (docs/deployment.md)."""
REFERENCE_IMAGE = "/spark-detector:main"
"""From this one the prefix is read."""
BUILD_KEYS = ("dockerfilePath", "dockerContext", "buildFilter", "autoDeployTrigger")
HEADER = """\
# Written from render.yaml by `make platforms`: change that instead. The same system, but Render builds nothing: the
# workflows deploy the image that was tested, by its digest (docs/deployment.md). Put your own name into the images'
# addresses with `make platforms IMAGES=ghcr.io/YOU/vigie`.
# yaml-language-server: $schema=https://render.com/schema/render.yaml.json
"""


class _Indented(yaml.SafeDumper):
    """Lists are indented below their key, as in the other files."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def by_digest(blueprint: dict[str, Any], images: str) -> str:
    """Text of the Blueprint by digest."""
    services = [_by_digest(service, images) for service in blueprint["services"]]
    content = yaml.dump(
        {**blueprint, "services": services}, Dumper=_Indented, sort_keys=False, width=120, allow_unicode=True
    )
    return HEADER + content


def images_prefix(text: str) -> str | None:
    """The prefix that a Blueprint by digest has now, so that writing it again keeps a fork's name."""
    for service in yaml.safe_load(text)["services"]:
        url = service.get("image", {}).get("url", "")
        if url.endswith(REFERENCE_IMAGE):
            return str(url.removesuffix(REFERENCE_IMAGE))
    return None


def _by_digest(service: dict[str, Any], images: str) -> dict[str, Any]:
    if service.get("runtime") != "docker":
        return service
    folder = service["dockerfilePath"].removeprefix(f"./{SERVICES}/").partition("/")[0]
    url = f"{images}/{folder}:main"  # what the first deployment runs; each later one is by digest
    kept = {key: value for key, value in service.items() if key not in BUILD_KEYS}
    return kept | {"runtime": "image", "image": {"url": url}}
