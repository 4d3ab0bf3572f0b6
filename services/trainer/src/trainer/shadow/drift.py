"""How far what comes now is from what a version learned from (docs/adr/0014)."""

import numpy as np

from trainer.logged_features import Floats
from vigie_schemas import FEATURE_NAMES, Calibration, FeatureBins
from vigie_schemas.drift import psi


def largest_drift(calibration: Calibration, matrix: Floats) -> tuple[str, float] | None:
    """The feature with the largest population stability index over the rows; None for a version without bins.

    `matrix` has a column for each of FEATURE_NAMES, and at least a row.
    """
    found = [
        (name, stability_index(bins, matrix[:, FEATURE_NAMES.index(name)]))
        for name, bins in calibration.feature_bins.items()
        if name in FEATURE_NAMES
    ]
    return max(found, key=lambda one: one[1], default=None)


def stability_index(bins: FeatureBins, values: Floats) -> float:
    """Population stability index of `values`, of at least one row, against the shares of the bins."""
    counts = np.bincount(np.searchsorted(bins.edges, values), minlength=len(bins.shares))
    return psi(bins.shares, counts.tolist())
