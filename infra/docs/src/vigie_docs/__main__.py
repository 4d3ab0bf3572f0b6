"""`python -m vigie_docs`: the pages that are written from the source, and what the source and the pages may not say."""

import sys
from pathlib import Path

from vigie_docs import decisions, log_events, log_page, words
from vigie_docs.docstrings import shortcomings

LOG_EVENTS = "docs/log-events.md"


def main(arguments: list[str], repository: Path) -> int:
    """Return the exit code: 0, 1 where something is wrong with the source or a page, 2 for an unknown word."""
    if arguments not in (["write"], ["check"], ["words"], ["docstrings"]):
        sys.stderr.write("Say `write`, `check`, `words` or `docstrings`.\n")
        return 2
    if not (repository / "docs").is_dir():
        sys.stderr.write("There is no docs folder here: run this from the repository's root.\n")
        return 2
    if arguments == ["words"]:
        return _complain(words.problems(repository))
    if arguments == ["docstrings"]:
        return _complain(shortcomings(repository))
    pages, problems = _pages(repository)
    if problems or arguments == ["check"]:
        return _complain(problems + _stale(repository, pages))
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
