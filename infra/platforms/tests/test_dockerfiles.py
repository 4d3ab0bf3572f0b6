"""Dockerfiles are written from one template and what each service's pyproject.toml says of its image."""

import re
from pathlib import Path

import pytest

from vigie_platforms.dockerfiles import built_from, dockerfiles
from vigie_runtime import InputError

REPOSITORY = Path(__file__).parents[3]
FROM_GRAFANA = "services/grafana-provisioning"

PYPROJECT = """
[project]
name = "{name}"
description = "What it does"
dependencies = [{dependencies}]
[dependency-groups]
dev = ["for-tests"]
[tool.vigie.image]
port = 8000
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A service that depends on a shared package, which depends on two others, one by an extra."""
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["shared/*", "services/*"]\n')
    dependencies = {
        "services/page": '"upper[extra]>=1", "flask"',
        "shared/extra": "",
        "shared/upper": '"lower"',
        "shared/lower": "",
        "shared/for-tests": '"lower"',
    }
    for folder, names in dependencies.items():
        (tmp_path / folder).mkdir(parents=True)
        text = PYPROJECT.format(name=Path(folder).name, dependencies=names)
        kept = text if folder.startswith("services") else text.partition("[tool.vigie")[0]
        if folder == "shared/upper":
            kept += '[project.optional-dependencies]\nextra = ["extra"]\nother = ["for-tests"]\n'
        (tmp_path / folder / "pyproject.toml").write_text(kept)
    return tmp_path


def test_what_a_service_needs_of_the_workspace_is_copied_and_no_more(workspace: Path) -> None:
    written = dockerfiles(workspace)["services/page/Dockerfile"]

    assert built_from(workspace, "services/page") == ("shared/lower", "shared/extra", "shared/upper", "services/page")
    assert re.findall(r"^COPY (shared\S+|services\S+) ", written, re.MULTILINE) == [
        "shared/lower/pyproject.toml",
        "shared/extra/pyproject.toml",
        "shared/upper/pyproject.toml",
        "services/page/pyproject.toml",
        "shared/lower",
        "shared/extra",
        "shared/upper",
        "services/page",
    ]


def test_a_word_that_the_template_does_not_know_is_refused(workspace: Path) -> None:
    file = workspace / "services/page/pyproject.toml"
    file.write_text(file.read_text() + "healthpath = '/'\n")

    with pytest.raises(InputError, match=r"services/page/pyproject.toml, \[tool.vigie.image\] healthpath"):
        dockerfiles(workspace)


def test_every_image_of_ours_is_written_and_says_so() -> None:
    files = {str(file.relative_to(REPOSITORY)) for file in REPOSITORY.glob("services/*/Dockerfile")}
    written = dockerfiles(REPOSITORY)

    assert set(written) == files - {f"{FROM_GRAFANA}/Dockerfile"} | {"loadtests/Dockerfile"}
    for text in written.values():
        assert text.startswith("# Written by `make platforms`")


def test_what_a_service_fetches_at_its_start_is_in_its_image() -> None:
    """Each bundle of jars that a service's code asks for, so that a container downloads nothing."""
    for path, text in dockerfiles(REPOSITORY).items():
        source = "".join(file.read_text() for file in (REPOSITORY / path).parent.glob("src/**/*.py"))

        assert set(re.findall(r"jars_of\(\w+\)", source)) == set(re.findall(r"jars_of\(\w+\)", text)), path


def test_nothing_for_tests_is_in_a_service() -> None:
    for path, text in dockerfiles(REPOSITORY).items():
        if path.startswith("services/"):
            assert "shared/testing" not in text, path
