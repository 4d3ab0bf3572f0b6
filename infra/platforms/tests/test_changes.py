import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_platforms.changes import changes_of, changes_since, everything, fingerprint
from vigie_platforms.deployables import Deployable, deployables

SERVICES = (Deployable("detector"), Deployable("trainer"))
ALL = everything(SERVICES)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for path in ("services/detector", "services/trainer", "shared/schemas", "docs"):
        (tmp_path / path).mkdir(parents=True)
    for service in ("detector", "trainer"):
        (tmp_path / "services" / service / "pyproject.toml").write_text(f'name = "{service}"\n')
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "config", "user.email", "tests@example.com")
    git(tmp_path, "config", "user.name", "Tests")
    commit(tmp_path, "uv.lock", "locked")
    return tmp_path


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(repository: Path, path: str, content: str) -> str:
    (repository / path).parent.mkdir(parents=True, exist_ok=True)
    (repository / path).write_text(content)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", path)
    return git(repository, "rev-parse", "HEAD")


def test_a_service_concerns_itself_and_what_crosses_services() -> None:
    found = changes_of(["services/trainer/src/trainer/forest.py"], SERVICES)

    assert found.services == ("trainer",)
    assert found.test_paths == ("tests", "services/trainer")


@pytest.mark.parametrize("path", ["shared/schemas/src/vigie_schemas/alert.py", "uv.lock", "pyproject.toml"])
def test_what_is_shared_concerns_all(path: str) -> None:
    assert changes_of([path], SERVICES) == ALL


@pytest.mark.parametrize(
    "path", ["README.md", "docs/adr/0001.md", "services/trainer/README.md", "docs/images/page.png"]
)
def test_texts_concern_nothing(path: str) -> None:
    found = changes_of([path], SERVICES)

    assert (found.services, found.test_paths) == ((), ())


def test_a_test_is_run_but_makes_no_new_image() -> None:
    found = changes_of(["services/trainer/tests/test_forest.py"], SERVICES)

    assert found.services == ()
    assert found.test_paths == ("tests", "services/trainer")


def test_a_file_of_no_known_kind_is_tested_with_everything() -> None:
    assert changes_of(["surprise.cfg"], SERVICES).test_paths == ALL.test_paths


@given(
    st.lists(
        st.from_regex(r"(services/(detector|trainer)|infra|loadtests|tests|shared)/[a-z]{1,8}\.py", fullmatch=True)
    )
)
def test_more_changes_never_concern_less(paths: list[str]) -> None:
    whole = changes_of(paths, SERVICES)

    for path in paths:
        assert set(changes_of([path], SERVICES).services) <= set(whole.services)


def test_outputs_are_lines_for_a_workflow() -> None:
    assert changes_of(["services/trainer/src/trainer/forest.py"], SERVICES).outputs().splitlines() == [
        'services=["trainer"]',
        "tests=tests services/trainer",
        "code=true",
    ]


def test_commits_since_the_base_are_compared(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    commit(repository, "services/detector/src/query.py", "1")

    assert changes_since(repository, base).services == ("detector",)


@pytest.mark.parametrize("base", ["0" * 40, "f" * 40, "no-such-branch"])
def test_without_a_known_base_everything_has_changed(repository: Path, base: str) -> None:
    assert changes_since(repository, base) == everything(deployables(repository))


def test_the_fingerprint_follows_what_goes_into_the_image(repository: Path) -> None:
    trainer = Deployable("trainer")
    first = fingerprint(repository, trainer)

    for path in ("services/detector/src/query.py", "docs/page.md", "services/trainer/tests/test_a.py"):
        commit(repository, path, "2")
        assert fingerprint(repository, trainer) == first
    for path in ("services/trainer/src/forest.py", "shared/schemas/alert.py", "uv.lock"):
        before = fingerprint(repository, trainer)
        commit(repository, path, "3")
        assert fingerprint(repository, trainer) != before


def test_a_commit_that_takes_all_back_has_the_old_fingerprint(repository: Path) -> None:
    detector = Deployable("detector")
    first = fingerprint(repository, detector)
    commit(repository, "services/detector/src/query.py", "1")

    git(repository, "revert", "--no-edit", "HEAD")

    assert fingerprint(repository, detector) == first
