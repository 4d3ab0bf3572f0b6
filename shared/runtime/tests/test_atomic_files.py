"""A file is there whole or as it was before."""

import stat
from pathlib import Path

import pytest

from vigie_runtime.atomic_files import replacing, write_text, write_texts


def test_a_text_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write_text(tmp_path / "report.json", "first")
    write_text(tmp_path / "report.json", "zweite Fassung: é")

    assert (tmp_path / "report.json").read_text(encoding="utf-8") == "zweite Fassung: é"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_midway_leaves_the_file_before_and_no_draft(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "sample.parquet"
    target.write_text("before")

    def fail_midway() -> None:
        with replacing(target) as draft:
            draft.write_text("half")
            assert target.read_text() == "before"
            raise error

    with pytest.raises(error):
        fail_midway()

    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["sample.parquet"]


def test_others_may_read_what_a_plain_write_would_let_them_read(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    write_text(tmp_path / "report.html", "")

    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "report.html")]

    assert modes[0] == modes[1]


def test_several_files_are_replaced_together_or_not_at_all(tmp_path: Path) -> None:
    write_texts(tmp_path, {"a": "before", "b": "before"})

    with pytest.raises(UnicodeEncodeError):
        write_texts(tmp_path, {"a": "new", "b": "half a character: \ud800"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "before", "b": "before"}

    write_texts(tmp_path, {"a": "new", "b": "new"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "b": "new"}
