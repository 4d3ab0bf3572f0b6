"""How the sink's file became what it is: one step a version, counted in SQLite's user_version.

A step that has been released is never changed; what changes is a new step at the end. Steps are SQL, also for the JSON
of `part`.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vigie_runtime import ConfigurationError

# IF NOT EXISTS here and in no later step: files from before migrations have these tables and version 0
TABLES: Final = """
CREATE TABLE IF NOT EXISTS part (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, points INTEGER NOT NULL, lines BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS decision_0 (key INTEGER PRIMARY KEY, judged INTEGER, flagged INTEGER, amount_eur REAL,
    verdict INTEGER, trust INTEGER, minute INTEGER);
CREATE TABLE IF NOT EXISTS decision_1 (key INTEGER PRIMARY KEY, judged INTEGER, flagged INTEGER, amount_eur REAL,
    verdict INTEGER, trust INTEGER, minute INTEGER);
CREATE TABLE IF NOT EXISTS early_label (key INTEGER PRIMARY KEY, is_fraud INTEGER, scenario TEXT, trust INTEGER);
CREATE TABLE IF NOT EXISTS seen_alert (number INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS drift_minute (minute INTEGER PRIMARY KEY, counts BLOB NOT NULL);
"""
TOTALS_IN_EVERY_FILE: Final = """
UPDATE part SET body = CAST(json_set(CAST(body AS TEXT), '$.totals', json('[0,0]')) AS BLOB)
WHERE name = 'tally' AND json_type(CAST(body AS TEXT), '$.totals') IS NULL;
"""
MISSING_AMONG_TOTALS: Final = """
UPDATE part SET body = CAST(json_insert(CAST(body AS TEXT), '$.totals[#]', 0) AS BLOB)
WHERE name = 'tally' AND json_array_length(CAST(body AS TEXT), '$.totals') = 2;
"""
TOPIC_IDS: Final = """
UPDATE part SET body = CAST((SELECT json_group_array(json_insert(value, '$[#]', '')) FROM json_each(CAST(body AS TEXT)))
    AS BLOB) WHERE name = 'offsets';
UPDATE part SET body = CAST(json_set(CAST(body AS TEXT), '$.transactions_topic_id', '') AS BLOB) WHERE name = 'tally';
"""
SEEN_VERDICTS: Final = "CREATE TABLE seen_verdict (number INTEGER PRIMARY KEY AUTOINCREMENT, verdict_id TEXT NOT NULL);"
MIGRATIONS: Final = (TABLES, TOTALS_IN_EVERY_FILE, MISSING_AMONG_TOTALS, TOPIC_IDS, SEEN_VERDICTS)


def file_version(db: sqlite3.Connection, path: Path, migrations: Sequence[str] = MIGRATIONS) -> int:
    """Steps the file has been through; raises ConfigurationError when a newer metrics-sink wrote it."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(migrations):
        raise ConfigurationError(
            f"{path} was written by a newer version of metrics-sink (file version {version}, this one reads up to "
            f"{len(migrations)}). Start that version again, or set VIGIE_DATA_DIR to another folder: there it starts "
            "counting at the end of the topics."
        )
    return version


def migrate(db: sqlite3.Connection, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring the file to the latest version, one transaction a step; `db` begins no transactions by itself.

    Raises as file_version does, and sqlite3.Error when a step fails; the file is then as the step before left it.
    """
    version = file_version(db, path, migrations)
    for number, step in enumerate(migrations[version:], start=version + 1):
        try:
            db.executescript(f"BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {number};\nCOMMIT;")
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
