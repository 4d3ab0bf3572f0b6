"""The snapshots of the commit that a change is compared with: there nothing can be rewritten."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigie_schemas.compatibility.alternatives import JsonSchema

MAIN_BRANCHES: Final = ("origin/main", "main")
SUFFIX: Final = ".schema.json"


class BaseUnknownError(Exception):
    """The commit that was asked for is not in this clone; the text says what to do."""


@dataclass(frozen=True)
class Base:
    """Schemas by contract name like `Alert.v1`, of each commit to compare with."""

    description: str
    schemas: tuple[Mapping[str, JsonSchema], ...] = ()


def find_base(snapshots: Path, environment: Mapping[str, str]) -> Base:
    """What the contracts in the working tree are compared with.

    BASE, or GITHUB_BASE_REF of a pull request, names the branch or commit from which this one goes off; without them
    it is main. On main itself, HEAD and the commit before it. Without git or main there is no base, which the
    description says. Raises BaseUnknownError where BASE or GITHUB_BASE_REF is not in this clone.
    """
    folder = snapshots.parent
    if _git(folder, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        return Base("no commit, because this is no git repository: compared with the snapshots on disk only")
    branch = environment.get("GITHUB_BASE_REF")
    commit_asked = environment.get("BASE", "")
    has_zeros_only = not commit_asked.strip("0")  # GitHub's word for "no commit", as on a new branch
    asked = (f"origin/{branch}" if branch else "") if has_zeros_only else commit_asked
    if asked:
        commit = _git(folder, "merge-base", "HEAD", asked)
        if commit is None:
            raise BaseUnknownError(
                f"{asked} is not in this clone, or has nothing in common with HEAD: fetch it (actions/checkout with "
                "fetch-depth: 0), or set BASE to a commit that is here."
            )
    else:
        commit = _nearest(
            folder, [found for name in MAIN_BRANCHES if (found := _git(folder, "merge-base", "HEAD", name))]
        )
        if commit is None:
            return Base("no commit, because there is no branch main: compared with the snapshots on disk only")
    commits = [commit]
    if commit == _git(folder, "rev-parse", "HEAD"):
        before = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD~1")
        commits += [before] if before else []
    schemas = tuple(_schemas_of(snapshots, found) for found in commits)
    return Base(" and ".join(found[:12] for found in commits), schemas)


def schemas_in(snapshots: Path) -> dict[str, JsonSchema]:
    """Schemas on disk by contract name like `Alert.v1`."""
    return {
        path.name.removesuffix(SUFFIX): json.loads(path.read_text()) for path in sorted(snapshots.glob(f"*{SUFFIX}"))
    }


def _nearest(folder: Path, commits: list[str]) -> str | None:
    """The commit with the fewest commits from it to HEAD."""
    return min(
        commits, key=lambda commit: int(_git(folder, "rev-list", "--count", f"{commit}..HEAD") or 0), default=None
    )


def _schemas_of(snapshots: Path, commit: str) -> dict[str, JsonSchema]:
    """Schemas as a commit has them; none where it has no such folder."""
    listed = _git(snapshots.parent, "ls-tree", "--name-only", commit, f"{snapshots.name}/") or ""
    return {
        Path(name).name.removesuffix(SUFFIX): json.loads(_git(snapshots.parent, "show", f"{commit}:./{name}") or "{}")
        for name in listed.splitlines()
        if name.endswith(SUFFIX)
    }


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers in the folder; None where it fails or is not installed."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
