"""Population stability index of each feature: the last hour's values against the champion's training span."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

from metrics_sink.intake.records import ScoredSight
from vigie_schemas import FeatureBins

WINDOW_MINUTES: Final = 60
MOST_RECORDS_A_SECOND: Final = 250
"""Enough for an hour of 900,000 records; more would cost time and tell no more."""
FEWEST_ROWS: Final = 1_000
"""Chance alone gives an index of about bins / rows: 0.01 here, a tenth of what is called calm."""
LEAST_SHARE: Final = 1e-4
"""Stands for an empty bin, so that one never seen value does not make the index infinite."""

Counts = dict[str, list[int]]
"""By feature, how many values fell into each bin."""


def psi(expected: Sequence[float], counts: Sequence[int]) -> float:
    """Sum over the bins of (actual - expected) x ln(actual / expected), shares below LEAST_SHARE lifted to it."""
    total = sum(counts)
    index = 0.0
    for share, count in zip(expected, counts, strict=True):
        was, is_now = max(share, LEAST_SHARE), max(count / total, LEAST_SHARE)
        index += (is_now - was) * math.log(is_now / was)
    return index


class FeatureDrift:
    """Counts values by minute into the bins of the champion that scored them."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._bins: Mapping[str, FeatureBins] = {}
        self._minutes: dict[int, Counts] = {}
        self._taken = 0
        self._dirty: set[int] = set()

    @property
    def version(self) -> int | None:
        """Model whose training span is compared with."""
        return self._version

    def compare_with(self, version: int, bins: Mapping[str, FeatureBins]) -> None:
        """Take over a champion's bins; what was counted into another's is of no use any more."""
        self._version, self._bins = version, bins
        self._dirty |= self._minutes.keys()
        self._minutes = {}

    def add(self, record: ScoredSight, minute: int) -> None:
        """Count one record's features, unless the second has given enough."""
        if record.model_version != self._version or self._taken >= MOST_RECORDS_A_SECOND:
            return
        values = record.features
        try:
            places = [(name, bisect_left(bins.edges, values[name])) for name, bins in self._bins.items()]
        except (KeyError, TypeError):
            return  # a detector of another version logs other features
        self._taken += 1
        self._dirty.add(minute)
        counts = self._minutes.get(minute)
        if counts is None:
            counts = self._minutes[minute] = {name: [0] * len(bins.shares) for name, bins in self._bins.items()}
        for name, place in places:
            counts[name][place] += 1

    def close_second(self) -> None:
        """End the second."""
        self._taken = 0

    def figures(self, minute: int) -> tuple[dict[str, float], int]:
        """Index by feature over the last hour and the rows it rests on; empty while there are few."""
        for old in [known for known in self._minutes if known <= minute - WINDOW_MINUTES]:
            del self._minutes[old]
            self._dirty.add(old)
        totals = {
            name: [sum(column) for column in zip(*(counts[name] for counts in self._minutes.values()), strict=True)]
            for name in (self._bins if self._minutes else {})
        }
        rows = sum(next(iter(totals.values()), []))
        if rows < FEWEST_ROWS:
            return {}, rows
        return {name: psi(self._bins[name].shares, counts) for name, counts in totals.items()}, rows

    def take_changes(self) -> dict[int, Counts | None]:
        """Minutes that changed since the last time this was asked; None: forgotten."""
        dirty, self._dirty = self._dirty, set()
        return {minute: self._minutes.get(minute) for minute in dirty}

    def state(self) -> dict[str, object]:
        """What `restore` takes, besides the minutes."""
        return {"version": self._version, "bins": {name: bins.model_dump() for name, bins in self._bins.items()}}

    def restore(self, version: int | None, bins: Mapping[str, object], minutes: dict[int, Counts]) -> None:
        """Take over what was counted before."""
        self._version = version
        self._bins = {name: FeatureBins.model_validate(value) for name, value in bins.items()}
        self._minutes = minutes
