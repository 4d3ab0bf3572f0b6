"""A ruled-out word is found in any case, as a whole word, with file and line; terms are in order."""

from pathlib import Path

import pytest

from vigie_docs.words import problems

GLOSSARY = """# Glossary

- **account**: One.
- **alert**: Another.

| not | but |
|---|---|
| `told`, `is fed` | informed |
| `MOST_` | `MAX_` |
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/glossary.md").write_text(GLOSSARY)
    return tmp_path


@pytest.mark.parametrize(
    "line", ["They were told.", "Told at once.", "the page is fed", "MOST_ROWS = 5", "_MOST_ROWS = 5"]
)
def test_a_ruled_out_word_is_found(repository: Path, line: str) -> None:
    (repository / "README.md").write_text(f"# Vigie\n\n{line}\n")

    (problem,) = problems(repository)

    assert problem.startswith("README.md:3: ")


@pytest.mark.parametrize(
    "line", ["It is untold.", "This fed it.", "VIGIE_MOST_ROWS is public", "MOST_ rows", "at most_rows"]
)
def test_other_words_pass(repository: Path, line: str) -> None:
    (repository / "README.md").write_text(line)

    assert problems(repository) == []


@pytest.mark.parametrize("second", ["- **account**: Again.", "- **a budget**: Before it."])
def test_each_term_stands_once_in_its_place(repository: Path, second: str) -> None:
    (repository / "docs/glossary.md").write_text(GLOSSARY.replace("- **alert**: Another.", second))

    assert len(problems(repository)) == 1
