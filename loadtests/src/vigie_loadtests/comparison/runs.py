"""Runs of `make load` on the services of the checkout at hand and of another commit beside it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vigie_loadtests.comparison.comparing import Figures
from vigie_runtime import InputError, UnavailableError

FOLDER = Path("build/load-comparison")
REPORT = Path("build/load/report.json")
WARM_UP_SECONDS = 20


@contextmanager
def checkout_of(commit: str, repository: Path) -> Iterator[Path]:
    """A checkout of the commit with everything installed; removed in the end."""
    folder = (repository / FOLDER / "base").absolute()
    _remove(folder, repository)
    _git(repository, "worktree", "add", "--detach", "--quiet", str(folder), commit)
    try:
        done = subprocess.run(["make", "setup"], cwd=folder, check=False)
        if done.returncode != 0:
            raise UnavailableError(f"`make setup` failed in a checkout of {commit}: see above.")
        yield folder
    finally:
        _remove(folder, repository)


def load_once(checkout: Path, here: Path, rate: int, seconds: int, *, with_crash: bool) -> Figures:
    """Figures of one run of a checkout's services under the load of the one that is `here`.

    Raises UnavailableError where it gave none. Budgets do not matter here.
    """
    report = here / REPORT
    report.unlink(missing_ok=True)
    command = [
        str(here / ".venv/bin/python"),
        "-m",
        "vigie_loadtests",
        "--checkout",
        str(checkout),
        "--rate",
        str(rate),
    ]
    command += ["--duration", str(seconds), "--warm-up", str(WARM_UP_SECONDS), *(["--crash"] if with_crash else [])]
    subprocess.run(command, cwd=here, check=False)
    if not report.exists():
        raise UnavailableError(f"The load run in {checkout} gave no figures: see its output above.")
    return dict(json.loads(report.read_text()))


def commit_of(name: str, repository: Path) -> str:
    """Full hash of a commit; raise InputError where git does not know it."""
    return _git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()


def _remove(folder: Path, repository: Path) -> None:
    if folder.exists():
        _git(repository, "worktree", "remove", "--force", str(folder))
    _git(repository, "worktree", "prune")


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(f"git {' '.join(arguments)} failed: {done.stderr.strip() or 'unknown commit'}")
    return done.stdout
