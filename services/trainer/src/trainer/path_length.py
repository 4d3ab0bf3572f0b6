"""How long a path through an isolation tree is on average, and the score that follows from it."""

import numpy as np
from numpy.typing import ArrayLike

from trainer.logged_features import Floats


def average_path_length(rows: ArrayLike) -> Floats:
    """c(n) of Liu, Ting and Zhou: average path length of an unsuccessful search among n rows."""
    n = np.asarray(rows, dtype=np.float64)
    many = np.maximum(n, 3.0)  # keeps the logarithm defined; smaller n are answered below
    lengths = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return np.select([n <= 1, n == 2], [0.0, 1.0], lengths)


def score_of_path_length(lengths: Floats, samples_per_tree: int) -> Floats:
    """Score of rows by the mean length of their paths through trees of `samples_per_tree` rows."""
    return np.exp2(-lengths / float(average_path_length(samples_per_tree)))
