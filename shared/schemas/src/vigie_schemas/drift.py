"""The arithmetic of drift, which metrics-sink and the trainer must agree on (docs/adr/0014)."""

import math
from collections.abc import Sequence
from typing import Final

MIN_SHARE: Final = 1e-4
"""Stands for the share of an empty bin, because the index would be infinite otherwise."""


def psi(expected: Sequence[float], counts: Sequence[int]) -> float:
    """Population stability index: the sum over the bins of (actual - expected) x ln(actual / expected).

    `expected` are shares, `counts` how many values fell into each bin, one entry a bin in both and at least one count.
    Shares below MIN_SHARE are raised to it. Raises ValueError when the two differ in length.
    """
    total = sum(counts)
    index = 0.0
    for share, count in zip(expected, counts, strict=True):
        before, now = max(share, MIN_SHARE), max(count / total, MIN_SHARE)
        index += (now - before) * math.log(now / before)
    return index
