"""Tests find labelled files where a variable says, and are skipped with a sentence where there are none."""

from pathlib import Path

import pytest

from vigie_testing.labelled import find_labelled, labelled_file


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIGIE_TEST_DATA", str(tmp_path))
    return tmp_path


def test_the_variable_names_the_only_folder(folder: Path) -> None:
    assert find_labelled("handbook.parquet") is None

    (folder / "handbook.parquet").touch()

    assert labelled_file("handbook.parquet") == folder / "handbook.parquet"


def test_a_missing_file_skips_and_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="make labelled-data"):
        labelled_file("handbook.parquet")
