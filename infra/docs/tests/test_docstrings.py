"""A function of arrays or frames whose docstring lacks something is found by name; others are left alone."""

import ast
from pathlib import Path

import pytest

from vigie_docs.docstrings import problems

ERRORS = "class VigieError(Exception): ...\nclass InputError(VigieError): ...\n"
ALIAS = "Scores = NDArray[np.float64]\n"


def found(tmp_path: Path, source: str) -> list[str]:
    ast.parse(source)
    for folder, text in {
        "shared/runtime/src/vigie_runtime": ERRORS + ALIAS,
        "services/trainer/src/trainer": source,
    }.items():
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text(text)
        (tmp_path / folder).parents[1].joinpath("pyproject.toml").touch()
    return [sentence.split(": ", 1)[1] for sentence in problems(tmp_path)]


@pytest.mark.parametrize(
    ("source", "lacks"),
    [
        ('def a(b: np.ndarray):\n    """Mean."""', "the rows or the shape of its arrays"),
        ('def a() -> "np.ndarray":\n    """Mean."""', "the rows or the shape of its arrays"),
        ('def a(b: Scores | None):\n    """Mean."""', "the rows or the shape of its arrays"),
        ('def a(*, b: pd.DataFrame):\n    """Mean of the rows."""', "the columns of its frames"),
        (
            "def a(b: np.ndarray):\n    raise InputError()",
            "the rows or the shape of its arrays, when it raises InputError",
        ),
        ('class A:\n    def a(self, b: pd.Series):\n        """Mean."""', "the rows or the shape of its arrays"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, source: str, lacks: str) -> None:
    assert found(tmp_path, source) == [f"a does not say {lacks}"]


@pytest.mark.parametrize(
    "source",
    [
        'def a(b: np.ndarray):\n    """Mean, shape (rows,)."""',
        'def a(b: pd.DataFrame):\n    """Column `amount`; InputError if missing."""\n    raise InputError("x")',
        'def a(b: np.ndarray):\n    """One value for each row."""\n    raise ValueError("not one of ours")',
        "def _a(b: np.ndarray): ...",
        "def a(b: int): ...",
        "def a(b: sa.Table): ...",
    ],
)
def test_the_rest_is_left_alone(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, source) == []
