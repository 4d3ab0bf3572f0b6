"""Threads that run as long as their owner does: one that an error ends starts again, and says so meanwhile."""

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Final

from vigie_runtime import get_logger

RESTART_INTERVAL_SECONDS: Final = 5.0

log = get_logger(__name__)


class RestartingThreads:
    """Start them in the process that serves, after the fork."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._down: set[str] = set()

    def start(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run `work` in a thread until it is asked to stop; again when it ends before."""

        def run() -> None:
            while not self._stop.is_set():
                self._down.discard(name)
                try:
                    work(self._stop)
                except Exception:
                    log.exception("thread failed", thread=name, next_in_seconds=RESTART_INTERVAL_SECONDS)
                if not self._stop.is_set():
                    self._down.add(name)
                    self._stop.wait(RESTART_INTERVAL_SECONDS)

        # a thread starts without the fields that all our log lines carry
        thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    @property
    def ended(self) -> list[str]:
        """Those that do not run right now."""
        return sorted(self._down | {thread.name for thread in self._threads if not thread.is_alive()})

    @property
    def alive(self) -> list[str]:
        """Those that are not over yet, whether they work or wait to start again."""
        return [thread.name for thread in self._threads if thread.is_alive()]

    def request_stop(self) -> None:
        """Ask all of them to end; safe to call from a signal handler."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for all of them, so long at most."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
