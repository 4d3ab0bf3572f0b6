"""What was read back of a load: one entry for each record, in the order of reading."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Readings:
    """Arrays with an element a record; moments in µs since the epoch, versions 0 where there was none."""

    sent: int
    """Transactions that were sent."""
    numbers: Integers
    due_us: Integers
    """When each was meant to be sent."""
    read_us: Integers
    model_versions: Integers
    threshold_versions: Integers

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the reader's file."""
        with np.load(path) as arrays:
            return cls(
                int(arrays["sent"]),
                arrays["numbers"],
                arrays["due_us"],
                arrays["read_us"],
                arrays["model_versions"],
                arrays["threshold_versions"],
            )

    def first(self) -> Self:
        """Each transaction once, as it was read first, in the order they were meant to be sent."""
        return self._rows(np.unique(self.numbers, return_index=True)[1])

    def since(self, moment_us: int) -> Self:
        """Those that were meant to be sent from a moment on."""
        return self._rows(self.due_us >= moment_us)

    @property
    def latencies_ms(self) -> npt.NDArray[np.float64]:
        """From the moment each was meant to be sent until it was read back; a row for each record."""
        return (self.read_us - self.due_us) / 1000

    def _rows(self, chosen: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Self:
        """Some of the rows; `sent` stays that of the whole load."""
        return type(self)(
            self.sent,
            self.numbers[chosen],
            self.due_us[chosen],
            self.read_us[chosen],
            self.model_versions[chosen],
            self.threshold_versions[chosen],
        )


@dataclass
class ReadingsCollector:
    """Takes scored records as they are read."""

    rows: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    _distinct: set[int] = field(default_factory=set)

    @property
    def distinct(self) -> int:
        """Transactions seen at least once."""
        return len(self._distinct)

    def add(self, number: int, due_us: int, read_us: int, model_version: int | None, threshold: int | None) -> None:
        """Take a record."""
        self.rows.append((number, due_us, read_us, model_version or 0, threshold or 0))
        self._distinct.add(number)

    def write(self, path: Path, sent: int) -> None:
        """Save as arrays for the report."""
        table = np.array(self.rows, dtype=np.int64).reshape(-1, 5)
        np.savez(
            path,
            sent=np.array(sent),
            numbers=table[:, 0],
            due_us=table[:, 1],
            read_us=table[:, 2],
            model_versions=table[:, 3],
            threshold_versions=table[:, 4],
        )
