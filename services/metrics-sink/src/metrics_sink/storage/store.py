"""What survives a restart: the offsets in Kafka, what was counted, and the points InfluxDB has not accepted yet.

One SQLite file and one transaction for all of it: after a crash either a second is counted, its points are kept and its
offsets are passed, or none of that is so. Therefore repeated records change no figure (docs/adr/0013).
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from metrics_sink.figures.labels import Decision, EarlyLabel
from metrics_sink.storage.migrations import file_version, migrate
from metrics_sink.storage.seen_ids import SEEN_ALERTS, SEEN_VERDICTS, SeenTable, add_ids, read_ids
from vigie_runtime import ConfigurationError, UnavailableError

FILE: Final = "metrics-sink.sqlite"
GENERATION: Final = "generation"
MAX_FREED_PAGES: Final = 256
"""Pages given back to the disk after each commit: a megabyte a second while a full buffer is emptied."""
PRAGMAS: Final = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
"""
DECISION_COLUMNS: Final = "judged, flagged, amount_eur, verdict, trust, minute"


@dataclass
class Commit:
    """Everything that one transaction writes."""

    parts: Mapping[str, object]
    blocks: Sequence[tuple[int, bytes]] = ()
    """Points and their lines, one pair a second."""
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    early: Mapping[int, EarlyLabel | None] = field(default_factory=dict)
    alerts: Sequence[str] = ()
    verdicts: Sequence[str] = ()
    drift: Mapping[int, object] = field(default_factory=dict)
    sent_up_to: int = 0
    """Blocks up to this id are in InfluxDB."""


class Store:
    """The file; used by the sink's own thread only."""

    def __init__(self, folder: Path, *, label_window: int, buffer_bytes: int) -> None:
        self.path = folder / FILE
        self._label_window = label_window
        self._buffer_bytes = buffer_bytes
        self._written: dict[str, bytes] = {}
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            # opened by the thread that wires the sink, used by the one that runs it
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                self._open()
            except (sqlite3.Error, ConfigurationError):
                self._db.close()
                raise
            self._generation = int(self.part(GENERATION) or 0)
            self._decisions = self._number(f"SELECT count(*) FROM decision_{self._generation}")  # noqa: S608
            self.buffered_points = self._number("SELECT coalesce(sum(points), 0) FROM outbox")
            self._buffered_bytes = self._number("SELECT coalesce(sum(length(lines)), 0) FROM outbox")
        self.dropped_points = 0

    def part(self, name: str) -> Any:
        """A part of the state as it was last committed; None when it never was."""
        row = self._db.execute("SELECT body FROM part WHERE name = ?", (name,)).fetchone()
        return orjson.loads(row[0]) if row else None

    def find_decision(self, key: int) -> Decision | None:
        """The decision on a transaction; None when it is not kept."""
        for generation in (self._generation, 1 - self._generation):
            query = f"SELECT {DECISION_COLUMNS} FROM decision_{generation} WHERE key = ?"  # noqa: S608  # 0 or 1
            row = self._db.execute(query, (key,)).fetchone()
            if row:
                judged, flagged, amount_eur, verdict, trust, minute = row
                is_fraud = None if verdict is None else bool(verdict)
                return Decision(bool(judged), bool(flagged), amount_eur, is_fraud, trust, minute)
        return None

    def early_labels(self) -> dict[int, EarlyLabel]:
        """Labels whose transaction is not scored yet, by the transaction's key."""
        rows = self._db.execute("SELECT key, is_fraud, scenario, trust FROM early_label")
        return {key: EarlyLabel(bool(is_fraud), scenario, trust) for key, is_fraud, scenario, trust in rows}

    def seen_ids(self, table: SeenTable) -> list[str]:
        """Ids of the latest alerts or verdicts, oldest first."""
        return read_ids(self._db, table)

    def drift_minutes(self) -> dict[int, Any]:
        """Counts of drift, by minute."""
        return {
            minute: orjson.loads(body) for minute, body in self._db.execute("SELECT minute, counts FROM drift_minute")
        }

    def commit(self, commit: Commit) -> None:
        """Write all of it or nothing; raise UnavailableError when the disk cannot be written."""
        with self._explained(), self._transaction():
            self._write_decisions(commit.decisions)
            self._write_rest(commit)
            self._remove_sent(commit.sent_up_to)
            for points, lines in commit.blocks:
                self._db.execute("INSERT INTO outbox (points, lines) VALUES (?, ?)", (points, lines))
                self.buffered_points += points
                self._buffered_bytes += len(lines)
            self._drop_beyond_bound()
            self._write_parts({**commit.parts, GENERATION: self._generation})
        # as a script, because as a statement it would be stepped once and free one page
        self._db.executescript(f"PRAGMA incremental_vacuum({MAX_FREED_PAGES});")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _open(self) -> None:
        file_version(self._db, self.path)  # before the pragmas, which would write to a file that is refused
        self._db.executescript(PRAGMAS)
        migrate(self._db, self.path)

    def _write_parts(self, parts: Mapping[str, object]) -> None:
        for name, value in parts.items():
            body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
            if self._written.get(name) != body:
                self._db.execute("INSERT OR REPLACE INTO part (name, body) VALUES (?, ?)", (name, body))
                self._written[name] = body

    def _write_decisions(self, decisions: Mapping[int, Decision]) -> None:
        """Two tables take turns: when one is full the other is emptied, which costs less than deleting single rows."""
        if self._decisions >= self._label_window:
            self._generation = 1 - self._generation
            self._db.execute(f"DELETE FROM decision_{self._generation}")  # noqa: S608
            self._decisions = 0
        into = f"decision_{self._generation} (key, {DECISION_COLUMNS})"
        query = f"INSERT OR REPLACE INTO {into} VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        self._db.executemany(query, [(key, *decision) for key, decision in decisions.items()])
        self._decisions += len(decisions)

    def _write_rest(self, commit: Commit) -> None:
        for key, label in commit.early.items():
            if label is None:
                self._db.execute("DELETE FROM early_label WHERE key = ?", (key,))
            else:
                query = "INSERT OR REPLACE INTO early_label (key, is_fraud, scenario, trust) VALUES (?, ?, ?, ?)"
                self._db.execute(query, (key, *label))
        add_ids(self._db, SEEN_ALERTS, commit.alerts)
        add_ids(self._db, SEEN_VERDICTS, commit.verdicts)
        for minute, counts in commit.drift.items():
            if counts is None:
                self._db.execute("DELETE FROM drift_minute WHERE minute = ?", (minute,))
            else:
                query = "INSERT OR REPLACE INTO drift_minute (minute, counts) VALUES (?, ?)"
                self._db.execute(query, (minute, orjson.dumps(counts)))

    def _remove_sent(self, sent_up_to: int) -> None:
        query = "SELECT coalesce(sum(points), 0), coalesce(sum(length(lines)), 0) FROM outbox WHERE id <= ?"
        points, size = self._db.execute(query, (sent_up_to,)).fetchone()
        if size:
            self._db.execute("DELETE FROM outbox WHERE id <= ?", (sent_up_to,))
            self.buffered_points -= points
            self._buffered_bytes -= size

    def _drop_beyond_bound(self) -> None:
        while self._buffered_bytes > self._buffer_bytes:
            row = self._db.execute("SELECT id, points, length(lines) FROM outbox ORDER BY id LIMIT 1").fetchone()
            self._db.execute("DELETE FROM outbox WHERE id = ?", (row[0],))
            self.buffered_points -= row[1]
            self._buffered_bytes -= row[2]
            self.dropped_points += row[1]

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise UnavailableError(
                f"The sink cannot write what it counted to {self.path} ({error}). Free disk space or correct "
                "VIGIE_DATA_DIR. Nothing is lost: it continues in Kafka where the last second ended."
            ) from None
