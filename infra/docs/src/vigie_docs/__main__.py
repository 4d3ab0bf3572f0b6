"""`python -m vigie_docs`: the pages that are written from the source, and what the source and the pages may not say."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vigie_docs import class_names, decisions, docstrings, log_events, log_page, words

LOG_EVENTS = "docs/log-events.md"
CHECKS: Final[dict[str, Callable[[Path], list[str]]]] = {
    "words": words.problems,
    "names": class_names.problems,
    "docstrings": docstrings.problems,
}
"""Checks of the source alone, by the word that runs one of them; `check` runs all."""


def main(arguments: list[str], repository: Path) -> int:
    """Return the exit code: 0, 1 where something is wrong with the source or a page, 2 for an unknown word."""
    word = " ".join(arguments)
    if word not in {"write", "check", *CHECKS}:
        sys.stderr.write(f"Say one of: write, check, {', '.join(CHECKS)}.\n")
        return 2
    if not (repository / "docs").is_dir():
        sys.stderr.write("There is no docs folder here: run this from the repository's root.\n")
        return 2
    if word in CHECKS:
        return _complain(CHECKS[word](repository))
    pages, problems = _pages(repository)
    if problems or word == "check":
        of_source = [problem for check in CHECKS.values() for problem in check(repository)]
        return _complain(problems + _stale(repository, pages) + of_source)
    for path, content in pages.items():
        (repository / path).write_text(content)
    return 0


def _pages(repository: Path) -> tuple[dict[str, str], list[str]]:
    calls, broken = log_events.read_repository(repository)
    index, incomplete = decisions.index(repository)
    return {LOG_EVENTS: log_page.page(repository, calls), decisions.INDEX: index}, broken + incomplete


def _stale(repository: Path, pages: dict[str, str]) -> list[str]:
    return [
        f"{path} differs from the source: run `make docs`"
        for path, content in pages.items()
        if not (repository / path).exists() or (repository / path).read_text() != content
    ]


def _complain(sentences: list[str]) -> int:
    sys.stderr.writelines(f"{sentence}\n" for sentence in sentences)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
