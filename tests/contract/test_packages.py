"""Every package of the workspace is named where imports between packages are limited."""

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
ROOT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
MODULES = {
    folder.name
    for pattern in ROOT["tool"]["uv"]["workspace"]["members"]
    for member in REPOSITORY.glob(pattern)
    for folder in (member / "src").iterdir()
    if (folder / "__init__.py").exists()
}
LIMITS = ROOT["tool"]["importlinter"]


def test_every_package_is_looked_at() -> None:
    assert set(LIMITS["root_packages"]) == MODULES


def test_every_package_has_its_layer() -> None:
    layers = LIMITS["contracts"][0]["layers"]
    placed = [module for layer in layers for module in layer.replace("|", " ").replace(":", " ").split()]

    # the health check, which imports nothing of ours, has a contract of its own
    assert sorted(placed) == sorted(MODULES - {"vigie_healthcheck"})


def test_services_are_apart_from_each_other() -> None:
    services = {path.name for path in REPOSITORY.glob("services/*/src/*")}
    layer = next(layer for layer in LIMITS["contracts"][0]["layers"] if "alert_webhook" in layer)

    assert set(layer.split(" | ")) == services
