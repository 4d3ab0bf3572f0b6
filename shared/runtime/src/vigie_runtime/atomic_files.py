"""Files that are written whole or not at all: who reads one meanwhile, or after a crash, finds the one before."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A draft in the target's folder that takes the target's place when the block ends well, else is deleted.

    Raises OSError where the folder cannot be written to.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        yield draft
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    write_texts(target.parent, {target.name: text})


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write text files of one folder by name in UTF-8; none takes its place before all are written."""
    with ExitStack() as stack:
        for name, text in texts.items():
            stack.enter_context(replacing(folder / name)).write_text(text, encoding="utf-8")
