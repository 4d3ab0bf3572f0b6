"""The Isolation Forest's arithmetic, which the forest's writer and its reader must agree on.

A leaf of a written forest holds the length of the path that ends there, `average_path_length` included; the detector
turns the mean over the trees into a score by `isolation_score`. Formulas: F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation
Forest", IEEE International Conference on Data Mining 2008, pages 413 to 422.
"""

import math
from typing import Any, Final, Protocol, TypeVar

EULER_GAMMA: Final = 0.5772156649015329
"""The paper estimates the harmonic number H(i) by ln(i) + this."""


class _Numeric(Protocol):
    def __neg__(self) -> Any: ...


Lengths = TypeVar("Lengths", bound=_Numeric)
"""A float, a numpy array of floats or a Spark Column of doubles."""


def average_path_length(rows: int) -> float:
    """c(n), equation 1 of the paper: mean length of an unsuccessful search in a binary search tree of n rows."""
    if rows <= 1:
        return 0.0
    if rows == 2:
        return 1.0
    return 2.0 * (math.log(rows - 1.0) + EULER_GAMMA) - 2.0 * (rows - 1.0) / rows


def isolation_score(mean_path_length: Lengths, samples_per_tree: int) -> Lengths:
    """2 ** (-E(h(x)) / c(n)), equation 2 of the paper: between 0 and 1, near 1 the most unusual.

    `mean_path_length` is the mean over the trees, in splits; the answer has its type and shape. `samples_per_tree` is
    at least 2: below, c(n) is 0 and the division raises ZeroDivisionError.
    """
    return 2.0 ** (-mean_path_length / average_path_length(samples_per_tree))
