"""Population stability index of each feature: the last hour's values against the champion's training span."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from metrics_sink.intake.records import ScoredRecord
from vigie_schemas import FeatureBins
from vigie_schemas.drift import psi

WINDOW_MINUTES: Final = 60
MAX_RECORDS_PER_SECOND: Final = 250
"""900,000 records an hour; more would cost time and make the index no more exact."""
MIN_ROWS: Final = 1_000
"""Chance alone gives an index of about bins / rows: 0.01 here, a tenth of what counts as no shift."""

Counts = dict[str, list[int]]
"""By feature, how many values fell into each bin."""


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
        """The model whose training rows the values are compared with."""
        return self._version

    def compare_with(self, version: int, bins: Mapping[str, FeatureBins]) -> None:
        """Count into this model's bins from now on; what was counted into another model's is dropped."""
        self._version, self._bins = version, bins
        self._dirty |= self._minutes.keys()
        self._minutes = {}

    def add(self, record: ScoredRecord, minute: int) -> None:
        """Count one record's features, up to MAX_RECORDS_PER_SECOND."""
        if record.model_version != self._version or self._taken >= MAX_RECORDS_PER_SECOND:
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
        """Index by feature over the last hour, empty below MIN_ROWS, and how many rows there were."""
        for old in [known for known in self._minutes if known <= minute - WINDOW_MINUTES]:
            del self._minutes[old]
            self._dirty.add(old)
        totals = {
            name: [sum(column) for column in zip(*(counts[name] for counts in self._minutes.values()), strict=True)]
            for name in (self._bins if self._minutes else {})
        }
        rows = sum(next(iter(totals.values()), []))
        if rows < MIN_ROWS:
            return {}, rows
        return {name: psi(self._bins[name].shares, counts) for name, counts in totals.items()}, rows

    def take_changes(self) -> dict[int, Counts | None]:
        """Minutes that changed since the last call; None where a minute was removed."""
        dirty, self._dirty = self._dirty, set()
        return {minute: self._minutes.get(minute) for minute in dirty}

    def state(self) -> dict[str, object]:
        """What `restore` takes, besides the minutes."""
        return {"version": self._version, "bins": {name: bins.model_dump() for name, bins in self._bins.items()}}

    def restore(self, version: int | None, bins: Mapping[str, object], minutes: dict[int, Counts]) -> None:
        """Continue from a kept state."""
        self._version = version
        self._bins = {name: FeatureBins.model_validate(value) for name, value in bins.items()}
        self._minutes = minutes
