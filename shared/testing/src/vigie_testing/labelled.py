"""Labelled transactions that this repository does not hold: where tests look for them, and how to get them."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[4]
BESIDE_THE_REPOSITORY = "../shared/data"
HOW_TO_GET = {
    "handbook.parquet": "`make labelled-data` downloads it",
    "sparkov.parquet": "it is a run of https://github.com/namebrandon/Sparkov_Data_Generation",
}


def find_labelled(name: str) -> Path | None:
    """The file in the folder that VIGIE_TEST_DATA names, else in `labelled` or beside the repository; None: nowhere."""
    given = os.environ.get("VIGIE_TEST_DATA")
    folders = [Path(given)] if given else [REPOSITORY / "labelled", REPOSITORY / BESIDE_THE_REPOSITORY]
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def labelled_file(name: str) -> Path:
    """The file; a test that asks for it is skipped where there is none, and says how to get it."""
    found = find_labelled(name)
    if found is None:
        pytest.skip(how_to_get(name))
    return found


def how_to_get(name: str) -> str:
    """One sentence for whoever lacks the file."""
    return f"{name} is not here: {HOW_TO_GET[name]}, and VIGIE_TEST_DATA names another folder"
