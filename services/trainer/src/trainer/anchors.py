"""Anchors: rows that show the forest how far each feature can go, so that chance is not taken for the extreme.

A tree of an Isolation Forest splits evenly between the least and the greatest value it has seen. Where a feature has
never been alarming, that range is the range of chance, and every chance peak looks isolated; where it was alarming
once in ten thousand rows, most trees never see it. Anchors settle both: copies of rows of which one to three features
are raised towards the level that is alarming by itself (vigie_schemas.features). They come from what features mean
and from no label (docs/adr/0007).
"""

from typing import Final

import numpy as np

from trainer.logged_features import Floats
from vigie_schemas import FEATURES

MAX_RAISED: Final = 3
MIN_PART: Final = 0.2
MAX_PART: Final = 1.1
"""Part of the alarming level that a raised feature gets, evenly in between."""

ALARMING: Final = np.array([feature.alarming for feature in FEATURES])


def with_anchors(matrix: Floats, share: float, seed: int) -> Floats:
    """The rows, and `share` times as many anchors after them; columns in the order of FEATURE_NAMES."""
    count = round(len(matrix) * share)
    if count == 0:
        return matrix
    rng = np.random.default_rng(seed)
    anchors = matrix[rng.integers(0, len(matrix), count)]
    raised = _raised(rng, count, matrix.shape[1])
    levels = ALARMING * rng.uniform(MIN_PART, MAX_PART, anchors.shape)
    return np.vstack([matrix, np.where(raised, np.maximum(anchors, levels), anchors)])


def _raised(rng: np.random.Generator, count: int, width: int) -> np.ndarray:
    """Which features each anchor has raised: one to MAX_RAISED, every feature as likely as any other."""
    rank = rng.random((count, width)).argsort(axis=1).argsort(axis=1)
    return rank < rng.integers(1, min(MAX_RAISED, width) + 1, count)[:, None]
