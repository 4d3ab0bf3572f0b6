"""Draws the simulation needs again and again; plain numbers out, as numpy's scalars do not go into JSON."""

import math
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of the items, all equally likely."""
    return items[int(rng.random() * len(items))]


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A number between two bounds, evenly."""
    return low + (high - low) * rng.random()


def count_between(rng: np.random.Generator, fewest: int, most: int) -> int:
    """A whole number between two bounds, both included."""
    return fewest + int(rng.random() * (most - fewest + 1))


def log_normal(rng: np.random.Generator, median: float, spread: float) -> float:
    """A positive number around a median."""
    return median * math.exp(spread * rng.standard_normal())


def cumulative_shares(weights: Sequence[float]) -> tuple[float, ...]:
    """Running sums of the weights, the last one exactly 1."""
    sums = list(accumulate(float(weight) for weight in weights))
    return (*(value / sums[-1] for value in sums[:-1]), 1.0)


def weighted_index(rng: np.random.Generator, shares: Sequence[float]) -> int:
    """Index drawn by cumulative shares."""
    return bisect(shares, rng.random())
