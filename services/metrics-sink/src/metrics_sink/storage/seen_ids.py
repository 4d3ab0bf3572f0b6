"""Ids of the latest records of a topic, kept in the order they came in; the tables are made by the migrations."""

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from metrics_sink.intake.repeats import MAX_REMEMBERED_ALERTS, MAX_REMEMBERED_VERDICTS


class SeenTable(NamedTuple):
    """A table of ids, its column, and how many of them it keeps."""

    name: str
    column: str
    limit: int


SEEN_ALERTS: Final = SeenTable("seen_alert", "alert_id", MAX_REMEMBERED_ALERTS)
SEEN_VERDICTS: Final = SeenTable("seen_verdict", "verdict_id", MAX_REMEMBERED_VERDICTS)


def read_ids(db: sqlite3.Connection, table: SeenTable) -> list[str]:
    """All of them, oldest first."""
    return [row[0] for row in db.execute(f"SELECT {table.column} FROM {table.name} ORDER BY number")]  # noqa: S608


def add_ids(db: sqlite3.Connection, table: SeenTable, ids: Sequence[str]) -> None:
    """Add the newest, and remove the oldest beyond the limit, in the caller's transaction."""
    if not ids:
        return
    insert = f"INSERT INTO {table.name} ({table.column}) VALUES (?)"  # noqa: S608  # names of this file
    db.executemany(insert, [(name,) for name in ids])
    delete = f"DELETE FROM {table.name} WHERE number <= (SELECT max(number) FROM {table.name}) - ?"  # noqa: S608
    db.execute(delete, (table.limit,))
