"""The vocabulary: docs/glossary.md holds each term once, and the words it rules out occur nowhere else."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("services", "shared", "infra", "loadtests", "backtest", "tests", "notebooks")
GLOSSARY = "docs/glossary.md"
CHECKED = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/*.md",
    "docs/adr/*.md",
    *(f"{folder}/**/*.{kind}" for folder in FOLDERS for kind in ("md", "py", "sh", "html", "js")),
)
"""Patterns of the files in which no ruled-out word may stand."""
EXEMPT = (GLOSSARY, "docs/log-events.md", "infra/docs/tests/test_words.py", "infra/docs/tests/test_command.py")
"""The glossary and the tests are about these words; the log events are copied from source, which is checked itself."""
TERM = re.compile(r"^- \*\*(.+?)\*\*: ", re.M)
ROW = re.compile(r"^\| (`.+`) \| (.+) \|$", re.M)


def problems(repository: Path) -> list[str]:
    """One sentence for each term out of order and each line with a ruled-out word."""
    glossary = (repository / GLOSSARY).read_text()
    terms = TERM.findall(glossary)
    disorder = [
        f"{GLOSSARY}: {later!r} stands after {earlier!r}"
        for earlier, later in itertools.pairwise(terms)
        if later <= earlier
    ]
    return [*disorder, *_uses(repository, ruled_out(glossary))]


def ruled_out(glossary: str) -> dict[re.Pattern[str], str]:
    """What each row of the glossary's table rules out, with what it gives instead."""
    return {
        _pattern(word): instead for words, instead in ROW.findall(glossary) for word in re.findall(r"`([^`]+)`", words)
    }


def _pattern(word: str) -> re.Pattern[str]:
    """A word of prose in any case; the begin of a constant's name (`MOST_`) exactly as it is written."""
    if word.endswith("_"):
        return re.compile(rf"\b_?{word}[A-Z]")
    return re.compile(rf"\b{re.escape(word)}\b", re.I)


def _uses(repository: Path, words: dict[re.Pattern[str], str]) -> Iterator[str]:
    files = {path for pattern in CHECKED for path in repository.glob(pattern)}
    for path in sorted(files - {repository / name for name in EXEMPT}):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for word, instead in words.items():
                if found := word.search(line):
                    yield f"{path.relative_to(repository)}:{number}: {found[0]!r}: say {instead} ({GLOSSARY})"
