"""GitHub's workflows, run here by act without containers: every `run:` step is real, actions of others are stand-ins.

What belongs to GitHub stays unproved: its caches, registry, environments, and the actions themselves.
"""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from vigie_platforms.declared import read_yaml

pytestmark = [pytest.mark.workflows, pytest.mark.timeout(1800)]

REPOSITORY = Path(__file__).parents[3]
RUN_SECONDS = 1500
NEW = f"ghcr.io/bank/vigie/alert-webhook@sha256:{'b' * 64}"
STAND_INS = {
    "actions/setup-python": "python3 -c 'import sys; assert sys.version_info >= (3, 11)'",
    "actions/cache": "true",
}
QUICK_TESTS = (
    "infra/platforms/tests/test_changes.py services/spark-detector/tests/test_parse.py "
    "tests/integration/test_broker.py "
    "tests/e2e/test_commands_of_the_docs.py::test_each_command_is_typed_somewhere"
)
"""At least one test of each floor."""


@pytest.fixture(scope="module")
def act() -> str:
    found = os.environ.get("ACT") or shutil.which("act")
    if not found:
        pytest.skip("no act: `make test-workflows` builds it where Go is at hand")
    return found


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What is committed."""
    folder = tmp_path / "vigie"
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(folder)], check=True)
    return folder


def pull_request_of_a_text(clone: Path) -> list[str]:
    """Arguments that make act believe in a pull request which adds a sentence to a page."""
    base = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=clone, text=True).strip()
    page = clone / "docs" / "architecture.md"
    page.write_text(page.read_text() + "\nOne more sentence.\n")
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", *author, "commit", "--quiet", "--all", "--message", "A sentence"], cwd=clone, check=True)
    event = clone.parent / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 1, "base": {"sha": base, "ref": "main"}}}))
    return ["pull_request", "--workflows", ".github/workflows/ci.yml", "--eventpath", str(event)]


Run = Callable[..., str]


@pytest.fixture
def run(act: str, clone: Path, tmp_path: Path) -> Run:
    """Run act with arguments in the clone, to an end that is expected; return what it printed."""
    stand_ins = [argument for name in STAND_INS for argument in stand_in(clone, tmp_path, name)]

    def start(*arguments: str, ends_with: int = 0) -> str:
        done = subprocess.run(
            [
                *(act, *arguments, "--concurrent-jobs", "1", "--no-cache-server", "--rm"),
                *("--platform", "ubuntu-24.04=-self-hosted", *stand_ins),
            ],
            cwd=clone,
            env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | {"NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=RUN_SECONDS,
        )
        assert done.returncode == ends_with, done.stdout[-8000:]
        return done.stdout

    return start


def stand_in(clone: Path, folder: Path, name: str) -> list[str]:
    """An action of this name that runs one line, in the place of the pinned one."""
    files = [*clone.glob(".github/workflows/*.yml"), *clone.glob(".github/actions/*/action.yml")]
    (reference,) = {found for file in files for found in re.findall(rf"{name}@[0-9a-f]{{40}}", file.read_text())}
    place = folder / name
    place.mkdir(parents=True)
    steps = [{"shell": "bash", "run": STAND_INS[name]}]
    action = {"name": name, "description": name, "runs": {"using": "composite", "steps": steps}}
    (place / "action.yml").write_text(yaml.safe_dump(action))
    return ["--local-repository", f"{reference}={place}"]


def is_online(host: str) -> bool:
    try:
        socket.create_connection((host, 443), timeout=5).close()
    except OSError:
        return False
    return True


def succeeded(output: str) -> set[str]:
    """Names of the jobs that act reports as succeeded, without workflows before and numbers of a matrix behind."""
    ended = re.findall(r"\[(?:[^\]]*/)?([^\]/]+?)(?:-\d+)? *\] +🏁 +Job succeeded", output)
    return {name.strip() for name in ended}


def test_a_pull_request_that_changes_a_text_is_checked_and_not_tested(run: Run, clone: Path) -> None:
    words = ["check", "scan-secrets"]
    if is_online("render.com"):
        words.append("lint-platforms")
    else:
        print("left out: make lint-platforms, which fetches schemas as CI does")  # noqa: T201
    event = pull_request_of_a_text(clone)

    output = run(*event, *(argument for word in words for argument in ("--matrix", f"word:{word}")))

    assert succeeded(output) == {"what changed", "ok", *words}


@pytest.mark.parametrize(("ends", "passes"), [("exit 1", False), ("true", True)])
def test_the_one_required_job_passes_if_all_before_it_do(run: Run, clone: Path, ends: str, passes: bool) -> None:
    # act stops when a called workflow fails, where GitHub goes on: so the jobs before the gate are plain ones here
    gate = read_yaml(clone / ".github/workflows/ci.yml")["jobs"]["ok"]
    jobs = {name: {"runs-on": "ubuntu-24.04", "steps": [{"run": "true"}]} for name in gate["needs"]}
    jobs["checks"]["steps"] = [{"run": ends}]
    jobs["images"]["if"] = "false"
    gated = {"name": "CI", "on": {"workflow_dispatch": {}}, "jobs": jobs | {"ok": gate}}
    (clone / ".github/workflows/gated.yml").write_text(yaml.safe_dump(gated))

    output = run("workflow_dispatch", "--workflows", ".github/workflows/gated.yml", ends_with=0 if passes else 1)

    assert ("ok" in succeeded(output)) == passes
    assert ("[CI/ok] 🏁  Job failed" in re.sub(" +]", "]", output)) != passes


def test_the_floors_of_the_tests_run_side_by_side(run: Run, clone: Path) -> None:
    called = {
        "on": {"workflow_dispatch": {}},
        "jobs": {"tests": {"uses": "./.github/workflows/tests.yml", "with": {"paths": QUICK_TESTS}}},
    }
    (clone / ".github/workflows/few.yml").write_text(yaml.safe_dump(called))

    output = run("workflow_dispatch", "--workflows", ".github/workflows/few.yml")

    assert succeeded(output) == {f"test-{floor}" for floor in ("fast", "e2e")}


def test_a_tested_image_is_deployed_by_its_digest(run: Run, clone: Path, render_site: Callable[..., Any]) -> None:
    site = render_site()
    deploy = clone / ".github/workflows/deploy.yml"
    workflow = read_yaml(deploy)
    workflow["on"] = workflow.pop(True)  # YAML 1.1 reads `on` as a truth
    workflow["jobs"]["main"]["steps"] = [{"run": "true"}]  # moves a tag in GitHub's registry
    deploy.write_text(yaml.safe_dump(workflow))

    output = run(
        "workflow_dispatch",
        *("--workflows", ".github/workflows/deploy.yml"),
        *("--input", f"images={json.dumps({'alert-webhook': NEW})}"),
        *(
            "--var",
            "DEPLOY_TO_RENDER=true",
            "--secret",
            "RENDER_API_KEY=key",
            "--env",
            f"RENDER_API_URL={site.address}",
        ),
    )

    assert "render alert-webhook" in succeeded(output)
    assert site.live["image"]["sha"] == NEW.partition("@")[2]
