"""The one definition of a percentile: the value at rank ceil(percentile / 100 x n), as numpy's `inverted_cdf`.

It is always a value that occurred, and a p99 always has at most 1 % of the values above it. Ranks rounded to the
nearest or values between two ranks would leave slow records out (docs/adr/0013).
"""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Protocol, TypeVar

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Ascending(Protocol[V_co]):
    """Values in ascending order: a list or a one-dimensional array."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, place: int, /) -> V_co:
        """The value at a place, from 0."""
        ...


def percentile_rank(percentile: float, count: int) -> int:
    """Rank, from 1, of the percentile among `count` values in ascending order.

    Raises ValueError when there are no values or the percentile is not between 0 and 100.
    """
    if not 0 <= percentile <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, not at {percentile}")
    if count < 1:
        raise ValueError("there are no values to take a percentile of")
    # by the decimals as written: in floating point 99.9 % of 1000 is more than 999
    return max(math.ceil(Fraction(str(percentile)) * count / 100), 1)


def value_at_percentile(ascending: Ascending[V], percentile: float) -> V:
    """The percentile of values in ascending order; raises ValueError as percentile_rank does."""
    return ascending[percentile_rank(percentile, len(ascending)) - 1]


def values_at_percentiles(counts: Iterable[tuple[V, int]], percentiles: Sequence[float]) -> list[V]:
    """One value for each percentile, from pairs of value and count in ascending order of the values.

    Raises ValueError as percentile_rank does.
    """
    pairs = list(counts)
    total = sum(count for _, count in pairs)
    wanted = sorted((percentile_rank(percentile, total), place) for place, percentile in enumerate(percentiles))
    found: dict[int, V] = {}
    reached = 0
    for value, count in pairs:
        reached += count
        while len(found) < len(wanted) and wanted[len(found)][0] <= reached:
            found[wanted[len(found)][1]] = value
    return [found[place] for place in range(len(percentiles))]
