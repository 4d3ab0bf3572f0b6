"""Ids of delivered alerts, in a small file, so that a repeat from Kafka is not sent twice."""

import fcntl
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vigie_schemas import ALERTS

FILE_NAME: Final = "delivered.sqlite"
KEPT_MS: Final = 2 * ALERTS.retention_ms
"""Longer than Kafka can repeat an alert."""
ADDED_BETWEEN_PRUNINGS: Final = 1000


class DeliveredAlerts:
    """Belongs to the thread that opens it."""

    def __init__(self, directory: Path, *, clock: Callable[[], float]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._added = 0
        self._database = sqlite3.connect(directory / FILE_NAME, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS delivered (alert_id TEXT PRIMARY KEY, delivered_at_ms INTEGER NOT NULL)"
        )
        self._prune()

    def __contains__(self, alert_id: str) -> bool:
        found = self._database.execute("SELECT 1 FROM delivered WHERE alert_id = ?", (alert_id,))
        return found.fetchone() is not None

    def add(self, alert_id: str) -> None:
        """Remember an alert that the receiver accepted; on disk when this returns."""
        now_ms = int(self._clock() * 1000)
        self._database.execute("INSERT OR IGNORE INTO delivered VALUES (?, ?)", (alert_id, now_ms))
        self._added += 1
        if self._added % ADDED_BETWEEN_PRUNINGS == 0:
            self._prune()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _prune(self) -> None:
        oldest_ms = int(self._clock() * 1000) - KEPT_MS
        self._database.execute("DELETE FROM delivered WHERE delivered_at_ms < ?", (oldest_ms,))


class FolderLock:
    """Held by the one process that delivers from a folder: a new one that overlaps with the old must wait."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = (directory / "delivered.lock").open("w")

    def take(self) -> bool:
        """Whether the lock is now held."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Give the lock back."""
        self._file.close()
