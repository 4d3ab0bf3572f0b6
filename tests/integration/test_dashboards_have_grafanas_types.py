"""The generated dashboards against the types Grafana itself is written with, by the TypeScript compiler."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from grafana_provisioning.__main__ import PROVISIONING
from vigie_runtime.jars import cache_directory

pytestmark = pytest.mark.integration

TEMPLATE = Path(__file__).parent / "grafana" / "check-types.template.ts"
PACKAGES = ("@grafana/schema@13.2.2", "typescript@5.9.3")
UNTYPED = {"alertlist"}
"""Panels that @grafana/schema has no types of."""


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Grafana's types and the compiler, fetched once into the cache."""
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine: install Node 20 or newer to check the dashboards against Grafana's types")
    folder = cache_directory() / "npm" / "grafana-types"
    marker = folder / "-".join(PACKAGES).replace("/", "-")
    if not marker.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        fetched = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", *PACKAGES],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if fetched.returncode != 0:
            pytest.skip(f"npm could not fetch {' and '.join(PACKAGES)}: {fetched.stderr.strip()[-300:]}")
        marker.touch()
    return folder / "node_modules"


def board_names() -> list[str]:
    return sorted(path.stem for path in PROVISIONING.glob("dashboards/json/*.json"))


def board(name: str) -> dict[str, Any]:
    return json.loads((PROVISIONING / "dashboards" / "json" / f"{name}.json").read_text())


def statements(board: dict[str, Any]) -> str:
    """The dashboard, and what its panels add to it, as typed constants."""
    lines = [f"export const board: Board = {json.dumps(board)};"]
    for panel in board["panels"]:
        kind, number = panel["type"], panel["id"]
        if kind in UNTYPED:
            continue
        options = json.dumps(panel.get("options", {}))
        lines.append(f'export const options{number}: Some<Json<Options["{kind}"]>> = {options};')
        custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom")
        if custom:
            lines.append(f'export const custom{number}: Some<Json<Custom["{kind}"]>> = {json.dumps(custom)};')
    return "\n".join(lines) + "\n"


def complaints(source: str, node_modules: Path, folder: Path) -> str:
    """What the compiler says about the source; nothing: it has no complaint."""
    (folder / "node_modules").symlink_to(node_modules)
    (folder / "board.ts").write_text(TEMPLATE.read_text() + source)
    compiler = node_modules / ".bin" / "tsc"
    arguments = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext"]
    ended = subprocess.run(
        [str(compiler), *arguments, "--moduleResolution", "bundler", "board.ts"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ended.stdout


@pytest.mark.parametrize("name", board_names())
def test_a_dashboard_has_grafanas_types(name: str, node_modules: Path, tmp_path: Path) -> None:
    found = complaints(statements(board(name)), node_modules, tmp_path)

    assert found == ""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda panel: panel["gridPos"].update(w="half"), "'string' is not assignable to type 'number'"),
        (lambda panel: panel["options"].update(colourMode="background"), "colourMode"),
        (lambda panel: panel["options"].update(colorMode="red"), '"red"'),
        (lambda panel: panel["fieldConfig"]["defaults"]["thresholds"].update(mode="relative"), '"relative"'),
    ],
    ids=["a number as text", "an unknown option", "an unknown value", "an unknown mode"],
)
def test_the_check_finds_a_mistake(change, named: str, node_modules: Path, tmp_path: Path) -> None:
    wrong = board("vigie-delivery")
    wrong["panels"] = wrong["panels"][:1]
    change(wrong["panels"][0])

    found = complaints(statements(wrong), node_modules, tmp_path)

    assert named in found
    assert "error TS" in found
