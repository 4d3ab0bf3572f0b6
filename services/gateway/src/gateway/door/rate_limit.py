"""How often a caller may call: a bucket of calls that fills up again at a steady rate."""

import math
import time
from collections.abc import Callable

from gateway.errors import RateLimitedProblem


class RateLimits:
    """One bucket for each caller, in memory: a replica counts what it answers itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        """Calls left, and when that was so."""

    def take(self, caller: str, calls: int, *, per_second: float | None, burst: float | None) -> None:
        """Count so many calls; raises RateLimitedProblem, and counts none, where the bucket holds fewer.

        A batch larger than the bucket passes when the bucket is full, or it never could.
        """
        if per_second is None:
            return
        size = burst if burst is not None else max(per_second, 1.0)
        now = self._clock()
        left, since = self._buckets.get(caller, (size, now))
        left = min(size, left + (now - since) * per_second)
        needed = min(float(calls), size)
        if left < needed:
            wait = math.ceil((needed - left) / per_second)
            raise RateLimitedProblem(
                f"{caller} may make {per_second:g} calls a second: try again in {wait} s.", retry_after_seconds=wait
            )
        self._buckets[caller] = (left - calls, now)
