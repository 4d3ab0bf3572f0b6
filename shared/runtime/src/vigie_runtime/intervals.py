"""How sure a share is that was counted on few."""

import math
from typing import Final, NamedTuple

NORMAL_95: Final = 1.959964
NORMAL_97_5: Final = 2.241403


class Interval(NamedTuple):
    """An estimate and where it lies."""

    value: float
    low: float
    high: float


def wilson(hits: int, of: int, normal: float = NORMAL_95) -> Interval | None:
    """Share of hits with Wilson's score interval, at 95 % by default; None when there is nothing to divide by.

    Unlike the normal approximation it stays within 0 and 1 and is usable with few labels (Wilson 1927).
    """
    if of <= 0:
        return None
    share = hits / of
    centre = share + normal**2 / (2 * of)
    reach = normal * math.sqrt(share * (1 - share) / of + normal**2 / (4 * of * of))
    scale = 1 + normal**2 / of
    low, high = (centre - reach) / scale, (centre + reach) / scale
    return Interval(share, min(max(low, 0.0), share), max(min(high, 1.0), share))
