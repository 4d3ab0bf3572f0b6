"""Points that wait for InfluxDB, read by the writer's thread while the sink's thread commits."""

import sqlite3
from pathlib import Path
from typing import NamedTuple


class Block(NamedTuple):
    """Points of one second that wait for InfluxDB."""

    id: int
    points: int
    lines: bytes


class OutboxReader:
    """Reads waiting blocks from another thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)

    def after(self, block_id: int, max_bytes: int) -> list[Block]:
        """Blocks after an id in their order, at least one and at most `max_bytes` together."""
        found: list[Block] = []
        size = 0
        for row in self._db.execute("SELECT id, points, lines FROM outbox WHERE id > ? ORDER BY id", (block_id,)):
            if found and size + len(row[2]) > max_bytes:
                break
            found.append(Block(*row))
            size += len(row[2])
        return found

    def close(self) -> None:
        """Close the file."""
        self._db.close()
