"""Workflows call words that are there, use pinned actions, and ask for no more rights than they need."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from vigie_platforms.declared import of_railway, of_render, read_yaml
from vigie_platforms.railway_files import NAMELESS, railway_graph

REPOSITORY = Path(__file__).parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github/workflows").glob("*.yml"))
FILES = [*WORKFLOWS, *sorted((REPOSITORY / ".github/actions").glob("*/action.yml"))]
MAY_WRITE = {"packages"}
"""Images are pushed; nothing else is written by any workflow."""
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
each_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)


def jobs(file: Path) -> dict[str, Any]:
    return read_yaml(file)["jobs"]


def steps(file: Path) -> list[dict[str, Any]]:
    content = read_yaml(file)
    found = [content["runs"]] if "runs" in content else content["jobs"].values()
    return [step for job in found for step in job.get("steps", [])]


def words() -> set[str]:
    return set(re.findall(r"^([a-z][a-z0-9-]*):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))


@each_file
def test_each_word_is_in_the_makefile(file: Path) -> None:
    text = "\n".join(step.get("run", "") for step in steps(file))
    used = set(re.findall(r"\bmake (?:--no-print-directory )?([a-z][a-z0-9-]*)", text))

    assert used - words() == set()


@pytest.mark.parametrize("name", ["checks.yml", "scans.yml"])
def test_each_word_of_a_matrix_is_in_the_makefile(name: str) -> None:
    file = REPOSITORY / ".github/workflows" / name
    used = {word for job in jobs(file).values() for word in job["strategy"]["matrix"]["word"]}

    assert used
    assert used - words() == set()


def test_each_floor_is_in_the_makefile() -> None:
    floors = jobs(REPOSITORY / ".github/workflows/tests.yml")["test"]["strategy"]["matrix"]["floor"]

    assert {f"test-{floor}" for floor in floors} <= words()


@each_file
def test_actions_are_pinned_and_say_their_version(file: Path) -> None:
    for line in file.read_text().splitlines():
        found = re.search(r"uses: (\S+)(.*)", line)
        if found and not found[1].startswith("./"):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", found[1]), line
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", found[2]), line


def test_an_action_has_one_version_everywhere() -> None:
    pinned: dict[str, set[str]] = {}
    for file in FILES:
        for step in steps(file):
            name, _, commit = step.get("uses", "./").partition("@")
            pinned.setdefault(name, set()).add(commit)

    assert {name: found for name, found in pinned.items() if len(found) > 1} == {}


@each_workflow
def test_rights_are_given_job_by_job(file: Path) -> None:
    assert read_yaml(file)["permissions"] == {}
    for name, job in jobs(file).items():
        written = {right for right, level in job["permissions"].items() if level == "write"}
        assert written <= MAY_WRITE, name


@each_workflow
def test_no_job_runs_forever(file: Path) -> None:
    assert [name for name, job in jobs(file).items() if "uses" not in job and "timeout-minutes" not in job] == []


@each_workflow
def test_no_expression_enters_a_shell(file: Path) -> None:
    assert [step["run"] for step in steps(file) if "${{" in step.get("run", "")] == []


@each_workflow
def test_called_workflows_are_there(file: Path) -> None:
    called = [job["uses"] for job in jobs(file).values() if "uses" in job]

    assert [path for path in called if not (REPOSITORY / path).exists()] == []


def test_the_last_gate_waits_for_everything_but_the_deployment() -> None:
    found = jobs(REPOSITORY / ".github/workflows/ci.yml")

    assert set(found["ok"]["needs"]) == set(found) - {"ok", "deploy"}
    assert found["ok"]["if"] == "always()"
    assert "ok" in found["deploy"]["needs"]


def test_dependabot_looks_where_something_is() -> None:
    updates = yaml.safe_load((REPOSITORY / ".github/dependabot.yml").read_text())["updates"]
    directories = [path for update in updates for path in update.get("directories", [update.get("directory")])]

    assert [path for path in directories if path != "/" and not list(REPOSITORY.glob(path.removeprefix("/")))] == []


@pytest.mark.parametrize("platform", ["render", "railway"])
def test_grafana_is_given_what_its_start_asks_for(platform: str) -> None:
    start = (REPOSITORY / "services/grafana-provisioning/entrypoint.sh").read_text()
    asked_for = set(re.findall(r"\$\{([A-Z_]+):\?", start))
    known = asked_for | set(re.findall(r"\$\{([A-Z_]+):?-", start))
    services = (
        of_render(read_yaml(REPOSITORY / "render.yaml"))
        if platform == "render"
        else of_railway(railway_graph(REPOSITORY, NAMELESS))
    )
    grafana = next(service for service in services if service.folder == "grafana-provisioning")
    declared = set(grafana.variables)

    assert asked_for - declared == set()
    assert {name for name in declared - known if not name.startswith("GF_")} <= {"PORT"}
    assert grafana.variables.get("GF_SERVER_HTTP_PORT") == grafana.variables.get("PORT", "10000")
