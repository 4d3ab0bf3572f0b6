"""The recent history of a segment's scores, from which its threshold is read."""

from dataclasses import dataclass, replace

import numpy as np

from trainer.logged_features import Floats
from trainer.recalibration.slices import Slice

WINDOW_MS = 30 * 60_000
"""With the half-hour a slice waits that makes the last hour, the time in which a shift is to be followed."""
WINDOW_ROWS = 50_000
"""Some 315 alerts are expected in so many rows under the default budget. They come in episodes of about eight, so their
number is known to a sixth; windows of 5,000 to 20,000 rows steer by single episodes (docs/adr/0009)."""


@dataclass(frozen=True, eq=False)
class Window:
    """Half an hour of slices, more where that holds few rows."""

    slices: tuple[Slice, ...] = ()
    min_rows: int = WINDOW_ROWS
    """Rows that say what alerts are like; older ones stay until newer ones make so many."""

    @property
    def rows(self) -> int:
        """Scores held."""
        return sum(part.rows for part in self.slices)

    @property
    def is_full(self) -> bool:
        """Whether there are enough rows to tell."""
        return self.rows >= self.min_rows

    @property
    def from_ms(self) -> int:
        """Stream time of the oldest rows; there must be some."""
        return min(part.from_ms for part in self.slices)

    @property
    def to_ms(self) -> int:
        """Stream time of the newest rows; there must be some."""
        return max(part.to_ms for part in self.slices)

    @property
    def scores(self) -> Floats:
        """All scores, ascending, shape (rows,)."""
        return np.sort(np.concatenate([part.scores for part in self.slices]))

    def with_slice(self, newest: Slice) -> "Window":
        """The window moved on by a slice; the oldest are dropped as long as enough rows remain."""
        slices = (*self.slices, newest)
        while (
            len(slices) > 1
            and slices[0].to_ms <= newest.to_ms - WINDOW_MS
            and sum(part.rows for part in slices[1:]) >= self.min_rows
        ):
            slices = slices[1:]
        return replace(self, slices=slices)

    def latest(self, rows: int) -> "Window":
        """Only the newest slices that hold so many rows."""
        slices = self.slices
        while len(slices) > 1 and sum(part.rows for part in slices[1:]) >= rows:
            slices = slices[1:]
        return replace(self, slices=slices)
