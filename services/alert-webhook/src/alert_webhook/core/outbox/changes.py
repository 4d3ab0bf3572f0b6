"""Lets threads wait for the next write to the outbox instead of asking for it again and again."""

import threading
from typing import Final

SHARED_INTERVAL_SECONDS: Final = 0.1
"""Between two looks for what other processes wrote: an alert has half a second to reach a page."""
SOLE_INTERVAL_SECONDS: Final = 1.0
"""The same where no other process is known to write: answers given by a tool beside the service still show."""


class ChangeSignal:
    """Counts the transactions that this process has written; what other processes write is found by a time-out."""

    def __init__(self, *, is_shared: bool) -> None:
        self._condition = threading.Condition()
        self._count = 0
        self._interval_seconds = SHARED_INTERVAL_SECONDS if is_shared else SOLE_INTERVAL_SECONDS

    @property
    def count(self) -> int:
        """Transactions so far. Take it before reading, and wait with it afterwards: so no change is missed."""
        return self._count

    def notify(self) -> None:
        """Wake all that wait."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, seen: int) -> None:
        """Return once this process has written since `seen`, or when it is time to look for writes of others."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != seen, self._interval_seconds)
