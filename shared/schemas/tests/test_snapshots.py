"""The commands, in a repository of the test's own: rewriting a snapshot hides no break."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigie_schemas.__main__ import SNAPSHOTS, main
from vigie_schemas.compatibility.base_commit import BaseUnknownError, find_base, schemas_in
from vigie_schemas.compatibility.contracts import CONTRACTS
from vigie_schemas.snapshots import outdated_snapshots, write_snapshots

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """A repository with the contracts as they are now on main, checked out on a branch."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    author = {
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@t",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@t",
    }

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables | author)
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch=main")
    write_snapshots(tmp_path / "snapshots")
    commit(git)
    git("switch", "--quiet", "--create", "branch")
    return git


@pytest.fixture
def snapshots(git: Git, tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


def commit(git: Git) -> None:
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "t")


def edit(snapshots: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """As if the contract had been another one when this snapshot was written."""
    path = snapshots / f"{name}.schema.json"
    schema = json.loads(path.read_text())
    change(schema)
    path.write_text(json.dumps(schema))


def lacks_text(schema: dict[str, Any]) -> None:
    """Before, a reason had no text: that it is required now breaks readers of old records."""
    del schema["$defs"]["Reason"]["properties"]["text"]
    schema["$defs"]["Reason"]["required"].remove("text")


def takes_fewer(schema: dict[str, Any]) -> None:
    schema["properties"]["source"]["enum"] = ["generator"]


def on_main(git: Git, snapshots: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Let main have had another contract, and the branch its present snapshot."""
    git("switch", "--quiet", "main")
    edit(snapshots, name, change)
    commit(git)
    git("switch", "--quiet", "-C", "branch")
    write_snapshots(snapshots)
    commit(git)


def test_the_repositorys_contracts_are_as_their_snapshots() -> None:
    assert outdated_snapshots(SNAPSHOTS) == []


def test_an_unchanged_branch_passes(git: Git, snapshots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"], snapshots=snapshots, environment={}) == 0

    assert capsys.readouterr().out == (f"Contracts compared with {git('rev-parse', 'main')[:12]}.\n")


def test_a_break_fails_though_its_snapshot_was_rewritten_and_committed(
    git: Git, snapshots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_main(git, snapshots, "Alert.v1", lacks_text)

    assert main(["check"], snapshots=snapshots, environment={}) == 1

    said = capsys.readouterr().err
    assert "Alert.v1: new readers refuse old records, in which reasons[].text may be missing." in said
    assert "a class AlertV2" in said


def test_no_snapshot_is_written_over_a_break(git: Git, snapshots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(snapshots, "Alert.v1", lacks_text)
    commit(git)
    git("branch", "--force", "main")
    before = schemas_in(snapshots)

    assert main(["write"], snapshots=snapshots, environment={}) == 1

    assert schemas_in(snapshots) == before
    assert capsys.readouterr().err.endswith("No snapshot was written.\n")


def test_a_change_that_is_safe_in_one_order_passes_and_says_the_order(
    git: Git, snapshots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_main(git, snapshots, "Label.v1", takes_fewer)

    assert main(["check"], snapshots=snapshots, environment={}) == 0

    assert "Label.v1: roll out metrics-sink, trainer before generator, alert-webhook.\n" in capsys.readouterr().out


def test_what_main_has_since_changed_is_not_this_branchs_break(git: Git, snapshots: Path) -> None:
    git("switch", "--quiet", "main")
    edit(snapshots, "Alert.v1", lambda schema: schema["required"].append("recent"))
    commit(git)
    git("switch", "--quiet", "branch")

    assert main(["check"], snapshots=snapshots, environment={}) == 0


def test_on_main_a_break_is_seen_before_and_after_its_commit(git: Git, snapshots: Path) -> None:
    on_main(git, snapshots, "Alert.v1", lacks_text)
    git("switch", "--quiet", "main")
    write_snapshots(snapshots)

    assert main(["check"], snapshots=snapshots, environment={}) == 1
    commit(git)
    assert main(["check"], snapshots=snapshots, environment={}) == 1
    commit(git)
    assert main(["check"], snapshots=snapshots, environment={}) == 0


def test_the_base_of_a_pull_request_or_of_a_push_can_be_named(git: Git, snapshots: Path) -> None:
    on_main(git, snapshots, "Alert.v1", lacks_text)
    git("update-ref", "refs/remotes/origin/release", "main")
    git("branch", "--force", "main", "branch")

    assert main(["check"], snapshots=snapshots, environment={"GITHUB_BASE_REF": "release"}) == 1
    assert main(["check"], snapshots=snapshots, environment={"BASE": git("rev-parse", "main~1")}) == 1
    assert main(["check"], snapshots=snapshots, environment={"BASE": "0" * 40, "GITHUB_BASE_REF": ""}) == 1
    commit(git)
    assert main(["check"], snapshots=snapshots, environment={"BASE": "0" * 40}) == 0, "compared with main"


def test_a_base_that_is_not_here_is_said_with_what_to_do(
    git: Git, snapshots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"], snapshots=snapshots, environment={"GITHUB_BASE_REF": "elsewhere"}) == 2

    assert capsys.readouterr().err.startswith("origin/elsewhere is not in this clone")
    with pytest.raises(BaseUnknownError, match="fetch-depth: 0"):
        find_base(snapshots, {"BASE": "1234567"})


def test_without_git_the_snapshots_on_disk_are_the_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_snapshots(tmp_path / "snapshots")
    edit(tmp_path / "snapshots", "Alert.v1", lacks_text)

    assert main(["write"], snapshots=tmp_path / "snapshots", environment={}) == 1

    said = capsys.readouterr()
    assert "no git repository: compared with the snapshots on disk only" in said.out
    assert "reasons[].text may be missing" in said.err


def test_without_main_the_snapshots_on_disk_are_the_base(git: Git, snapshots: Path) -> None:
    git("branch", "--delete", "--force", "main")

    base = find_base(snapshots, {})

    assert (base.schemas, "no branch main" in base.description) == ((), True)


def test_a_commit_before_there_were_snapshots_has_no_contract(git: Git, snapshots: Path) -> None:
    git("switch", "--quiet", "--orphan", "fresh")
    commit(git)
    git("branch", "--force", "main")
    write_snapshots(snapshots)
    commit(git)

    assert find_base(snapshots, {}).schemas == ({},)
    assert main(["check"], snapshots=snapshots, environment={}) == 0


def test_an_old_snapshot_and_one_of_no_contract_are_named(
    git: Git, snapshots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(snapshots, "Metrics.v1", lambda schema: schema.update(description="Another text."))
    (snapshots / "Label.v1.schema.json").rename(snapshots / "Sign.v1.schema.json")

    assert main(["check"], snapshots=snapshots, environment={}) == 1

    assert capsys.readouterr().err.splitlines() == [
        "Label.v1 has no snapshot: run `make schemas`.",
        "Sign.v1 has a snapshot but no contract: run `make schemas`.",
        "Metrics.v1 differs from its snapshot: run `make schemas`.",
    ]
    assert main(["write"], snapshots=snapshots, environment={}) == 0
    assert {path.name for path in snapshots.iterdir()} == {contract.file_name for contract in CONTRACTS}


@pytest.mark.parametrize("arguments", [[], ["wrong"], ["check", "write"]])
def test_a_wrong_word_is_answered_with_the_right_ones(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2

    assert capsys.readouterr().err == "Say `check` or `write`: python -m vigie_schemas check\n"
