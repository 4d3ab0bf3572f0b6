"""A public class name that two modules define is found; private ones and methods are not compared."""

from pathlib import Path

import pytest

from vigie_docs.class_names import problems


def write(repository: Path, package: str, source: str) -> None:
    path = repository / package / "src" / "a" / "b.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    (repository / package / "pyproject.toml").touch()


def test_a_name_that_stands_twice_is_found(tmp_path: Path) -> None:
    write(tmp_path, "services/trainer", "\nclass Champion: ...")
    write(tmp_path, "services/sink", "class Champion: ...")

    assert problems(tmp_path) == [
        "class Champion stands in services/sink/src/a/b.py:1 and in services/trainer/src/a/b.py:2:"
        " give each thing its own name"
    ]


@pytest.mark.parametrize("source", ["class _Champion: ...", "class A:\n    class Champion: ...", "def Champion(): ..."])
def test_what_is_inside_or_private_may_share_a_name(tmp_path: Path, source: str) -> None:
    write(tmp_path, "services/trainer", source.replace("class A", "class B"))
    write(tmp_path, "services/sink", source)

    assert problems(tmp_path) == []
