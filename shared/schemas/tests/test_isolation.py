"""The paper's formulas, as plain numbers; the trainer compares them with scikit-learn and with Spark."""

import math

import pytest

from vigie_schemas import average_path_length, isolation_score


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (0, 0.0),
        (1, 0.0),
        (2, 1.0),
        (3, 2 * (math.log(2) + 0.5772156649015329) - 4 / 3),
        (256, 2 * (math.log(255) + 0.5772156649015329) - 2 * 255 / 256),
    ],
)
def test_average_path_lengths_are_those_of_the_paper(rows: int, expected: float) -> None:
    assert average_path_length(rows) == pytest.approx(expected, rel=1e-15)


def test_a_path_of_average_length_scores_a_half_and_a_shorter_one_more() -> None:
    assert isolation_score(average_path_length(256), 256) == 0.5
    assert isolation_score(0.0, 256) == 1.0
    assert isolation_score(4.0, 256) > isolation_score(5.0, 256)


def test_a_tree_of_one_row_has_no_score() -> None:
    with pytest.raises(ZeroDivisionError):
        isolation_score(1.0, 1)
