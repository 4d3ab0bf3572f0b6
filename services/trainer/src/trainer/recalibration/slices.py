"""A segment's scores cut into slices of stream time, the steps in which thresholds are looked at."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import Floats

Timestamps = NDArray[np.int64]

BLOCK_ROWS = 100
"""Stream time is the median of so many rows, so that no single odd timestamp can turn the clock."""
SLICE_ROWS = 1_000
"""Six alerts are expected in so many rows under the default budget: the fewest in which three times as many show."""
SLICE_MS = 5 * 60_000
"""A decision made more often would rest on too few rows at the default rate (docs/adr/0009)."""
SLICE_LARGEST_ROWS = 4_000
"""Twelve slices an hour keep a window below 50,000 rows, which it takes milliseconds to sort."""


@dataclass(frozen=True, eq=False)
class Slice:
    """Scores of one segment over a piece of stream time."""

    scores: Floats
    from_ms: int
    to_ms: int

    @property
    def rows(self) -> int:
        """Number of scores."""
        return len(self.scores)

    def share_from(self, threshold: float) -> float:
        """Share of the scores that alert under a threshold."""
        return float(np.mean(self.scores >= threshold))


@dataclass
class SliceCutter:
    """Takes a segment's rows as they come and gives a slice when one is full, however the rows were batched."""

    _scores: list[Floats] = field(default_factory=list)
    _times: list[int] = field(default_factory=list)
    _rest_scores: Floats = field(default_factory=lambda: np.empty(0))
    _rest_times: Timestamps = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def add(self, scores: Floats, timestamps_ms: Timestamps) -> list[Slice]:
        """Slices completed by these rows, oldest first; rows without a finite score must have been left out."""
        scores = np.concatenate([self._rest_scores, scores])
        times = np.concatenate([self._rest_times, timestamps_ms])
        whole = len(scores) - len(scores) % BLOCK_ROWS
        self._rest_scores, self._rest_times = scores[whole:], times[whole:]
        done: list[Slice] = []
        for start in range(0, whole, BLOCK_ROWS):
            self._scores.append(scores[start : start + BLOCK_ROWS])
            self._times.append(int(np.median(times[start : start + BLOCK_ROWS])))
            if len(self._scores) * BLOCK_ROWS >= SLICE_ROWS and self._times[-1] - self._times[0] >= SLICE_MS:
                done.append(self._cut())
        return done

    def _cut(self) -> Slice:
        scores = np.concatenate(self._scores)
        if len(scores) > SLICE_LARGEST_ROWS:
            scores = scores[np.linspace(0, len(scores) - 1, SLICE_LARGEST_ROWS).astype(np.int64)]
        made = Slice(scores, min(self._times), max(self._times))
        self._scores, self._times = [], []
        return made
