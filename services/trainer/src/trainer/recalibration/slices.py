"""A segment's scores cut into slices of stream time, the steps in which thresholds are looked at."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.logged_features import Floats

Integers = NDArray[np.int64]

BLOCK_ROWS: Final = 100
"""Stream time is the median of so many rows, so that no single odd timestamp can turn the clock."""
MIN_SLICE_ROWS: Final = 1_000
"""Six alerts are expected in so many rows under the default budget: the fewest in which three times as many show."""
MIN_SLICE_MS: Final = 5 * 60_000
"""A decision made more often would rest on too few rows at the default rate (docs/adr/0009)."""
MAX_SLICE_ROWS: Final = 4_000
"""Twelve slices an hour keep a window below 50,000 rows, which it takes milliseconds to sort."""


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Scored transactions of one segment in the order of the topic: three arrays with an element a row."""

    scores: Floats
    """Finite, from 0 to 1."""
    timestamps_ms: Integers
    accounts: Integers
    """Any number that stands for the account: equal numbers, one account."""

    @classmethod
    def none(cls) -> "ScoredRows":
        """Without a row."""
        return cls(np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: slice) -> "ScoredRows":
        return ScoredRows(self.scores[rows], self.timestamps_ms[rows], self.accounts[rows])

    def followed_by(self, later: "ScoredRows") -> "ScoredRows":
        """These rows and the later ones."""
        return ScoredRows(
            np.concatenate([self.scores, later.scores]),
            np.concatenate([self.timestamps_ms, later.timestamps_ms]),
            np.concatenate([self.accounts, later.accounts]),
        )


@dataclass(frozen=True, eq=False)
class Slice:
    """Scores of one segment over a piece of stream time; `scores` and `accounts` have an element a row."""

    scores: Floats
    accounts: Integers
    from_ms: int
    to_ms: int

    @property
    def rows(self) -> int:
        """Number of scores."""
        return len(self.scores)

    def share_from(self, threshold: float) -> float:
        """Share of the scores that alert under a threshold."""
        return float(np.mean(self.scores >= threshold))

    def alerts_by_account(self, threshold: float) -> Integers:
        """How many rows of each account alert under a threshold, for those accounts of which any does."""
        return np.unique(self.accounts[self.scores >= threshold], return_counts=True)[1]


@dataclass
class SliceCutter:
    """Takes a segment's rows as they come and gives a slice when one is full, however the rows were batched."""

    _blocks: list[ScoredRows] = field(default_factory=list)
    _times: list[int] = field(default_factory=list)
    _rest: ScoredRows = field(default_factory=ScoredRows.none)

    def add(self, rows: ScoredRows) -> list[Slice]:
        """Slices completed by these rows, oldest first."""
        rows = self._rest.followed_by(rows)
        whole = len(rows) - len(rows) % BLOCK_ROWS
        self._rest = rows[whole:]
        done: list[Slice] = []
        for start in range(0, whole, BLOCK_ROWS):
            block = rows[start : start + BLOCK_ROWS]
            self._blocks.append(block)
            self._times.append(int(np.median(block.timestamps_ms)))
            if len(self._blocks) * BLOCK_ROWS >= MIN_SLICE_ROWS and self._times[-1] - self._times[0] >= MIN_SLICE_MS:
                done.append(self._cut())
        return done

    def _cut(self) -> Slice:
        scores = np.concatenate([block.scores for block in self._blocks])
        accounts = np.concatenate([block.accounts for block in self._blocks])
        if len(scores) > MAX_SLICE_ROWS:
            kept = np.linspace(0, len(scores) - 1, MAX_SLICE_ROWS).astype(np.int64)
            scores, accounts = scores[kept], accounts[kept]
        made = Slice(scores, accounts, min(self._times), max(self._times))
        self._blocks, self._times = [], []
        return made
