"""`python -m vigie_docs` in a small repository: pages are written, checked, and never written over a problem."""

from pathlib import Path

import pytest

from vigie_docs.__main__ import main

DECISION = "# 1. Use a broker\n\n- Status: accepted\n- Date: 2026-11-23\n\n**Decision.** We use a broker.\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    source = tmp_path / "shared/runtime/src/vigie_runtime"
    source.mkdir(parents=True)
    (source / "logs.py").write_text(
        '"""Logs.\n\nLevels: INFO a change of state.\n"""\nget_logger("a").info("stopped")\n'
    )
    (tmp_path / "shared/runtime/pyproject.toml").touch()
    (tmp_path / "docs/adr").mkdir(parents=True)
    (tmp_path / "docs/glossary.md").write_text("# Glossary\n\n| not | but |\n|---|---|\n| `anew` | again |\n")
    (tmp_path / "docs/adr/0001-use-a-broker.md").write_text(DECISION)
    return tmp_path


def test_what_is_written_passes_the_check(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"], repository) == 1
    assert main(["write"], repository) == 0
    capsys.readouterr()

    assert main(["check"], repository) == 0
    assert capsys.readouterr().err == ""
    assert "| stopped | INFO |" in (repository / "docs/log-events.md").read_text()
    assert (
        "| 1 | [Use a broker](0001-use-a-broker.md) | accepted | 2026-11-23 |"
        in (repository / "docs/adr/README.md").read_text()
    )


def test_a_page_that_differs_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["write"], repository)
    (repository / "shared/runtime/src/vigie_runtime/logs.py").write_text('"""L.\n\nLevels: INFO a change.\n"""\n')

    assert main(["check"], repository) == 1
    assert capsys.readouterr().err == "docs/log-events.md differs from the source: run `make docs`\n"


def test_the_check_reads_the_source_too(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["write"], repository)
    (repository / "README.md").write_text("It is made anew.\n")

    assert main(["check"], repository) == 1
    assert capsys.readouterr().err.startswith("README.md:1: 'anew'")


@pytest.mark.parametrize(
    "head",
    [
        DECISION.replace("- Date: 2026-11-23\n", ""),
        DECISION.replace("accepted", "proposed, perhaps"),
        DECISION.replace("# 1.", "# 2."),
    ],
)
def test_a_decision_states_number_status_and_date(repository: Path, head: str) -> None:
    (repository / "docs/adr/0001-use-a-broker.md").write_text(head)

    assert main(["write"], repository) == 1
    assert not (repository / "docs/adr/README.md").exists()


@pytest.mark.parametrize("arguments", [[], ["rewrite"], ["write", "check"]])
def test_an_unknown_word_is_answered_with_the_known_ones(
    repository: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments, repository) == 2
    assert capsys.readouterr().err == "Say one of: write, check, words, names, docstrings.\n"


def test_elsewhere_than_at_the_root_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"], tmp_path) == 2
    assert "run this from the repository's root" in capsys.readouterr().err
