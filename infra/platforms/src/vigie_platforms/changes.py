"""What a commit changes: which services' tests and images it concerns, and what an image is made of."""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vigie_platforms.deployables import SERVICES, Deployable, deployables
from vigie_runtime import InputError

TESTED_ALONE = ("infra", "loadtests", "backtest")
"""Folders with tests of their own beside the services; nothing that is deployed imports them."""
CROSSING_TESTS = "tests"
TEXTS = ("docs/", "notebooks/")
EVERYTHING = ("shared/", "pyproject.toml", "uv.lock", "Makefile", ".ci/", ".github/", ".dockerignore")
"""A change of these concerns every test: what all import, what is installed, and how tests are run."""


@dataclass(frozen=True)
class Changes:
    """What is to be tested and built because of a set of changed files."""

    services: tuple[str, ...]
    """Whose image is another one now."""
    test_paths: tuple[str, ...]
    """What pytest is to run; none: only texts were changed."""

    def outputs(self) -> str:
        """Lines for GITHUB_OUTPUT."""
        lines = (
            f"services={json.dumps(self.services)}",
            f"tests={' '.join(self.test_paths)}",
            f"code={json.dumps(bool(self.test_paths))}",
        )
        return "\n".join(lines) + "\n"


def changes_of(paths: Iterable[str], services: Sequence[Deployable]) -> Changes:
    """Tests and images that changed files concern; a file of no known kind concerns all tests."""
    changed = {path for path in paths if not (path.endswith(".md") or path.startswith(TEXTS))}
    built = tuple(service.name for service in services if any(map(service.is_built_from, changed)))
    if not changed:
        return Changes(built, ())
    folders: set[str] = set()
    for path in changed:
        top, *rest = path.split("/")
        if top == SERVICES and rest:
            folders.add(f"{SERVICES}/{rest[0]}")
        elif top in TESTED_ALONE:
            folders.add(top)
        elif top != CROSSING_TESTS:
            return Changes(built, everything(services).test_paths)
    return Changes(built, (CROSSING_TESTS, *sorted(folders)))


def everything(services: Sequence[Deployable]) -> Changes:
    """As if each file had changed."""
    return Changes(
        tuple(service.name for service in services), (CROSSING_TESTS, "shared", SERVICES, *sorted(TESTED_ALONE))
    )


def changes_since(repository: Path, base: str) -> Changes:
    """What the commits since `base` concern; everything where git does not know it, as after a forced push."""
    services = deployables(repository)
    if not base.strip("0"):
        return everything(services)
    try:
        listed = _git(repository, "diff", "--name-only", "--no-renames", f"{base}...HEAD")
    except InputError:
        return everything(services)
    return changes_of(listed.splitlines(), services)


def fingerprint(repository: Path, service: Deployable) -> str:
    """Hash of all committed files that go into the image: equal hash, equal image, whatever the commit."""
    listed = _git(repository, "ls-tree", "-r", "HEAD").splitlines()
    entries = [line for line in listed if service.is_built_from(line.partition("\t")[2])]
    return hashlib.sha256("\n".join([service.name, *entries]).encode()).hexdigest()[:20]


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(f"git {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.stdout
