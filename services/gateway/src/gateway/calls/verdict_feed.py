"""Verdicts as they are given, for whoever listens: those of all replicas, as the topic has them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

QUEUED_VERDICTS: Final = 5_000
"""A listener that is further behind is let go: it may ask for what it missed by id."""
MAX_LISTENERS: Final = 200


class VerdictFeed:
    """Used on the event loop only."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[dict[str, Any] | None]] = set()

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    @property
    def is_full(self) -> bool:
        """Whether no more may listen."""
        return len(self._listeners) >= MAX_LISTENERS

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[dict[str, Any] | None]]:
        """A queue of verdicts from now on; None in it is the end."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(QUEUED_VERDICTS)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def publish(self, record: dict[str, Any]) -> None:
        """Hand a verdict to all who listen."""
        for queue in [*self._listeners]:
            if queue.full():
                self._listeners.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(record)

    def end(self) -> None:
        """Let all listeners go."""
        for queue in [*self._listeners]:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
