"""Times as numbers: seconds, milliseconds, microseconds or nanoseconds since 1970, or a date's own digits.

Between 2000 and 2099 the sizes of these numbers do not overlap, so each tells what it is. A column is of one kind:
that of most of its first values; a number of another kind is refused, not read as something else.
"""

from enum import IntEnum
from typing import Final

import numpy as np

from vigie_intake.fields.calendar import Clocks, wall_ms
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS


class Kind(IntEnum):
    """What a value of a column of times can be."""

    UNKNOWN = 0
    SECONDS = 1
    MILLISECONDS = 2
    MICROSECONDS = 3
    NANOSECONDS = 4
    DATE = 5  # 20240131
    MINUTE = 6  # 202401311230
    SECOND = 7  # 20240131123000
    TEXT = 8  # not a number


PER_SECOND: Final = {
    Kind.SECONDS: 1,
    Kind.MILLISECONDS: 1_000,
    Kind.MICROSECONDS: 1_000_000,
    Kind.NANOSECONDS: 1_000_000_000,
}
_DATES: Final = {Kind.DATE: 10**8, Kind.MINUTE: 10**12, Kind.SECOND: 10**14}


def kinds_of(numbers: np.ndarray) -> np.ndarray:
    """What the number of each row is by its size."""
    kinds = np.zeros(len(numbers), dtype=np.int8)
    for kind, per_second in PER_SECOND.items():
        low, high = EARLIEST_TIMESTAMP_MS // 1000 * per_second, (LATEST_TIMESTAMP_MS + 1) // 1000 * per_second
        kinds[(numbers >= low) & (numbers < high)] = kind
    for kind, size in _DATES.items():
        kinds[(numbers >= size // 10**4 * 2000) & (numbers < size // 10**4 * 2100)] = kind
    return kinds


def commonest(kinds: np.ndarray) -> Kind | None:
    """The kind of most rows, the smaller one of two alike; None where none is known."""
    counts = np.bincount(kinds, minlength=len(Kind))
    counts[Kind.UNKNOWN] = 0
    return Kind(int(counts.argmax())) if counts.any() else None


def instants(numbers: np.ndarray, kind: Kind) -> np.ndarray:
    """Milliseconds since 1970 of each row; what is finer than a millisecond is cut off."""
    per_second = PER_SECOND[kind]
    if np.issubdtype(numbers.dtype, np.integer):
        if per_second > 1000:
            return numbers // (per_second // 1000)
        return np.clip(numbers, -(10**15), 10**15) * (1000 // per_second)
    # rounded to a thousandth first: 1704067200.123 s and …123000000 ns have no exact fraction of two
    return np.floor(np.round(numbers * (1000 / per_second), 3)).astype(np.int64)


def digits_as_clocks(numbers: np.ndarray, kind: Kind) -> Clocks:
    """What the digits of each row show: a date, to its day, minute or second."""
    whole = numbers.astype(np.int64)
    exact = whole == numbers
    shift = {Kind.DATE: 10**6, Kind.MINUTE: 100, Kind.SECOND: 1}[kind]
    whole = whole * shift
    date, clock = np.divmod(whole, 10**6)
    wall, exists = wall_ms(
        (date // 10_000, date // 100 % 100, date % 100),
        (clock // 10_000, clock // 100 % 100, clock % 100, np.zeros_like(clock)),
    )
    no = np.zeros(len(numbers), dtype=bool)
    return Clocks(wall, exists & exact, np.full(len(numbers), kind is not Kind.DATE), no, np.zeros_like(wall))
