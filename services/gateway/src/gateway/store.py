"""What can be asked for afterwards: outcomes and verdicts of the last hours, in one SQLite file.

Every line of it can be read from Kafka again; the file spares a restart the reading. Offsets stand in the transaction
that keeps what was read, so nothing is missed (docs/adr/0028).
"""

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from gateway.policy.decision import Totals
from gateway.stream.outcomes import Explanation, Read, ScoredOutcome
from vigie_runtime import ConfigurationError
from vigie_runtime.offsets import KeptOffset, Partition
from vigie_schemas.topics import HOUR_MS

FILE: Final = "gateway.sqlite"
VERSION: Final = 1
PRUNE_INTERVAL_SECONDS: Final = 10.0
PRUNED_ROWS: Final = 20_000
"""At a time, so that no read waits for long."""
OPEN_FALLBACKS: Final = 10_000
# Rows are appended, and only two small indexes are written at random places: so a day of payments stays fast to keep.
SCHEMA: Final = """
CREATE TABLE kept (
    id INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, kept_at_ms INTEGER NOT NULL,
    account INTEGER, made_at_ms INTEGER, amount_eur REAL,
    outcome BLOB, reasons BLOB, verdict BLOB, is_fallback INTEGER, late BLOB
);
CREATE INDEX kept_of_account ON kept (account, made_at_ms) WHERE account IS NOT NULL;
CREATE INDEX kept_fallback ON kept (kept_at_ms) WHERE is_fallback AND late IS NULL;
CREATE TABLE position (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, topic_id TEXT NOT NULL,
    PRIMARY KEY (topic, partition)
);
"""
# the first verdict stands: a caller has it
KEEP: Final = """
INSERT INTO kept (key, kept_at_ms, account, made_at_ms, amount_eur, outcome, reasons, verdict, is_fallback, late)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    account = coalesce(excluded.account, account), made_at_ms = coalesce(excluded.made_at_ms, made_at_ms),
    amount_eur = coalesce(excluded.amount_eur, amount_eur), outcome = coalesce(excluded.outcome, outcome),
    reasons = coalesce(excluded.reasons, reasons), is_fallback = coalesce(is_fallback, excluded.is_fallback),
    verdict = coalesce(verdict, excluded.verdict), late = coalesce(late, excluded.late)
"""
PRAGMAS: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA busy_timeout = 5000;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 8000;
"""


class Known(NamedTuple):
    """What is kept of a transaction; None for what has not come."""

    outcome: ScoredOutcome | None
    reasons: list[dict[str, Any]] | None
    verdict: dict[str, Any] | None
    late: dict[str, Any] | None
    """The true verdict after a fallback."""
    age_ms: int
    """Since the first of them came."""

    def explanation(self, transaction_id: str) -> Explanation | None:
        """The reasons, as the alert brought them."""
        return None if self.reasons is None else Explanation(transaction_id, self.reasons)


class VerdictStore:
    """Written by the thread that reads Kafka, read by the one that answers."""

    def __init__(
        self, folder: Path, *, kept_hours: float, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        """Open or make the file; raises ConfigurationError where it cannot be used."""
        self._now_ms = now_ms
        self._kept_ms = int(kept_hours * HOUR_MS)
        self._pruned_at = time.monotonic()
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writing = self._connection()
            self._make()
            self._reading = self._connection()
        except (sqlite3.Error, OSError) as error:
            raise ConfigurationError(
                f"{self.path} cannot be used ({error}): delete it, it is read from Kafka again, or set VIGIE_DATA_DIR "
                "to a folder that can be written to."
            ) from None

    def positions(self) -> dict[Partition, KeptOffset]:
        """Where to read on."""
        rows = self._writing.execute("SELECT topic, partition, offset, topic_id FROM position")
        return {(topic, number): KeptOffset(offset, topic_id) for topic, number, offset, topic_id in rows}

    def add(self, read: Read, positions: Mapping[Partition, KeptOffset]) -> None:
        """Keep what was read, and that it was."""
        rows = _rows(read, self._now_ms())
        with self._transaction() as write:
            write.executemany(KEEP, rows)
            write.executemany(
                "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)",
                [(*place, kept.offset, kept.topic_id) for place, kept in positions.items()],
            )
        if time.monotonic() - self._pruned_at >= PRUNE_INTERVAL_SECONDS:
            self.prune()

    def find(self, transaction_id: str) -> Known | None:
        """What is kept of a transaction; an outcome's account is empty, for it is not kept."""
        row = self._reading.execute(
            "SELECT made_at_ms, amount_eur, outcome, reasons, verdict, late, kept_at_ms FROM kept WHERE key = ?",
            (key_of(transaction_id),),
        ).fetchone()
        if row is None:
            return None
        made_at_ms, amount_eur, outcome, reasons, verdict, late, kept_at_ms = row
        return Known(
            ScoredOutcome(transaction_id, "", made_at_ms, amount_eur, *orjson.loads(outcome)) if outcome else None,
            orjson.loads(reasons) if reasons else None,
            orjson.loads(verdict) if verdict else None,
            orjson.loads(late) if late else None,
            self._now_ms() - kept_at_ms,
        )

    def spent(self, account_id: str, from_ms: int, until_ms: int) -> Totals:
        """Number and EUR of the account's transactions made from `from_ms` until before `until_ms`."""
        count, amount = self._reading.execute(
            "SELECT count(*), coalesce(sum(amount_eur), 0) FROM kept "
            "WHERE account = ? AND made_at_ms >= ? AND made_at_ms < ?",
            (key_of(account_id), from_ms, until_ms),
        ).fetchone()
        return Totals(count, amount)

    def open_fallbacks(self, since_ms: int) -> list[dict[str, Any]]:
        """Fallbacks kept since then that no true verdict followed, oldest first."""
        rows = self._reading.execute(
            "SELECT verdict FROM kept WHERE is_fallback AND late IS NULL AND kept_at_ms >= ? "
            "ORDER BY kept_at_ms LIMIT ?",
            (since_ms, OPEN_FALLBACKS),
        )
        return [orjson.loads(verdict) for (verdict,) in rows]

    def prune(self) -> None:
        """Delete what is older than the hours that are kept, PRUNED_ROWS at most."""
        self._pruned_at = time.monotonic()
        with self._transaction() as write:
            write.execute(
                "DELETE FROM kept WHERE id IN (SELECT id FROM kept ORDER BY id LIMIT ?) AND kept_at_ms < ?",
                (PRUNED_ROWS, self._now_ms() - self._kept_ms),
            )

    def close(self) -> None:
        """Close the file."""
        self._reading.close()
        self._writing.close()

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        connection.executescript(PRAGMAS)
        return connection

    def _make(self) -> None:
        (version,) = self._writing.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"it is of another version, {version}")
        if version == 0:
            self._writing.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._writing.execute("BEGIN IMMEDIATE")
        try:
            yield self._writing
        except BaseException:
            self._writing.execute("ROLLBACK")
            raise
        self._writing.execute("COMMIT")


def key_of(name: str) -> int:
    """64 bits in place of a name: a tenth of the space, and no account stands in the file."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def _rows(read: Read, now_ms: int) -> list[tuple[Any, ...]]:
    """One for each transaction, with all that the batch says of it; a verdict is mostly in its outcome's batch."""
    names = dict.fromkeys(each.transaction_id for each in read.outcomes)
    names |= dict.fromkeys(each.transaction_id for each in read.explanations)
    names |= dict.fromkeys(verdict["transaction_id"] for verdict in read.verdicts)
    outcomes = {each.transaction_id: each for each in read.outcomes}
    reasons = {each.transaction_id: each.reasons for each in read.explanations}
    first = {each["transaction_id"]: each for each in reversed(read.verdicts) if not each["late"]}
    late = {each["transaction_id"]: each for each in reversed(read.verdicts) if each["late"]}
    return [
        (
            key_of(name),
            now_ms,
            *_outcome_columns(outcomes.get(name)),
            _json(reasons.get(name)),
            _json(verdict := first.get(name)),
            verdict and verdict["basis"] == "fallback",
            _json(late.get(name)),
        )
        for name in names
    ]


def _outcome_columns(outcome: ScoredOutcome | None) -> tuple[Any, ...]:
    """Columns account, made_at_ms, amount_eur, outcome."""
    if outcome is None:
        return (None, None, None, None)
    body = (
        outcome.partition,
        outcome.offset,
        outcome.score,
        outcome.threshold,
        outcome.is_anomaly,
        outcome.model_version,
        outcome.threshold_version,
    )
    return (key_of(outcome.account_id), outcome.timestamp_ms, outcome.amount_eur, orjson.dumps(body))


def _json(value: object) -> bytes | None:
    return None if value is None else orjson.dumps(value)
