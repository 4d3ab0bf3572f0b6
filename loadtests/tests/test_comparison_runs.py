"""The whole comparison on a repository of two commits, where `make setup` installs a load run of known figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = "setup:\n\t@mkdir -p .venv/bin && cp load.sh .venv/bin/python && chmod +x .venv/bin/python\n"
LOAD = """#!/bin/sh
# called as: python -m vigie_loadtests --checkout FOLDER ...
. "$4/figures.sh"
mkdir -p build/load
echo $name >> "$ORDER"
cat > build/load/report.json <<END
{"p50_ms": $p50, "p95_ms": 20, "p99_ms": 40, "sent": 10, "scored": $scored, "repeated": 0}
END
exit 1
"""
"""It misses a budget, which does not matter here."""


def git(repository: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)


def commit(repository: Path, name: str, p50: float, scored: int = 10) -> None:
    (repository / "figures.sh").write_text(f"name={name} p50={p50} scored={scored}\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", name)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "load.sh").write_text(LOAD)
    (folder / ".gitignore").write_text("build/\n.venv/\n")
    commit(folder, "base", p50=8)
    return folder


def compare(repository: Path, base: str = "HEAD~1") -> subprocess.CompletedProcess[str]:
    subprocess.run(["make", "--silent", "setup"], cwd=repository, check=True)
    command = [sys.executable, "-m", "vigie_loadtests.comparison", "--base", base, "--duration", "20"]
    environment = {"PATH": "/usr/bin:/bin", "ORDER": str(repository.parent / "order")}
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)


def test_a_slower_commit_fails(repository: Path) -> None:
    commit(repository, "head", p50=16)

    ended = compare(repository)

    assert ended.returncode == 1, ended.stderr
    assert "LOST  p50_ms: 8.0 -> 16.0 ms (+100%, allowed +15%)" in ended.stdout
    report = json.loads((repository / "build/load-comparison/report.json").read_text())
    assert [one["figure"] for one in report["compared"] if one["is_loss"]] == ["p50_ms"]


def test_an_equal_commit_passes_and_the_runs_take_turns(repository: Path) -> None:
    commit(repository, "head", p50=8.5)

    ended = compare(repository)

    assert ended.returncode == 0, ended.stderr
    assert (repository.parent / "order").read_text().split() == ["base", "head", "head", "base"]


def test_lost_transactions_fail_whatever_the_speed(repository: Path) -> None:
    commit(repository, "head", p50=4, scored=9)

    ended = compare(repository)

    assert ended.returncode == 1, ended.stderr
    assert "LOST  a run scored 9 of 10 transactions" in ended.stdout


def test_the_other_checkout_is_removed(repository: Path) -> None:
    commit(repository, "head", p50=8)

    compare(repository)

    listed = subprocess.run(["git", "worktree", "list"], cwd=repository, capture_output=True, text=True, check=True)
    assert len(listed.stdout.splitlines()) == 1
    assert not (repository / "build/load-comparison/base").exists()


def test_the_same_commit_needs_no_runs(repository: Path) -> None:
    ended = compare(repository, base="HEAD")

    assert ended.returncode == 0
    assert "nothing to compare" in ended.stdout


def test_a_commit_that_cannot_be_installed_is_reported(repository: Path) -> None:
    (repository / "Makefile").write_text("setup:\n\t@exit 1\n")
    commit(repository, "broken", p50=8)
    (repository / "Makefile").write_text(MAKEFILE)
    commit(repository, "head", p50=8)

    ended = compare(repository)

    assert ended.returncode == 1
    assert "`make setup` failed in a checkout of" in ended.stderr
