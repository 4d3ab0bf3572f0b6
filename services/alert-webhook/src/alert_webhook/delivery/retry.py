"""How long to wait before an alert is sent again."""

import random
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

MAX_ASKED_SECONDS: Final = 3600.0
"""A receiver may ask for more; then it is tried again every hour."""


class Backoff:
    """Doubling waits with jitter, never shorter than the receiver asked for."""

    def __init__(self, *, first_seconds: float, longest_seconds: float, chance: random.Random) -> None:
        self._first = first_seconds
        self._longest = longest_seconds
        self._chance = chance

    def wait_seconds(self, attempts: int, asked_seconds: float | None) -> float:
        """Wait after so many failed attempts."""
        doubled = min(self._first * 2 ** min(attempts - 1, 30), self._longest)
        jittered = doubled * (0.5 + self._chance.random() / 2)
        return max(jittered, min(asked_seconds or 0.0, MAX_ASKED_SECONDS))


def asked_wait(retry_after: str | None, clock: Callable[[], float]) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; None when it says nothing."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        date = parsedate_to_datetime(text)
        moment = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment - clock())
