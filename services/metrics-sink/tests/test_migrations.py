"""A file of any earlier version is brought to today's, one transaction a step; one of a later version is refused."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from metrics_sink.figures.labels import Decision, EarlyLabel
from metrics_sink.figures.tally import Tally
from metrics_sink.intake.records import LabelRecord, ScoredRecord, VerdictRecord
from metrics_sink.intake.seconds import ReceivedRecord
from metrics_sink.storage.journal import Journal
from metrics_sink.storage.migrations import MIGRATIONS, migrate
from metrics_sink.storage.store import FILE, Store
from vigie_runtime import ConfigurationError
from vigie_runtime.offsets import KeptOffset

OLD_FILE = Path(__file__).parent / "files" / "sink-file-of-1fe2635.sql"
ADD_COLUMN = "ALTER TABLE seen_alert ADD COLUMN severity TEXT NOT NULL DEFAULT 'unknown';"


def restored(folder: Path) -> tuple[Store, Tally, Journal]:
    store = Store(folder, label_window=1000, buffer_bytes=10_000_000)
    tally = Tally("transactions", store.find_decision, chance=random.Random(7))
    return store, tally, Journal(store, tally)


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.executescript(OLD_FILE.read_text())
    assert version(tmp_path / FILE) == 0
    return tmp_path


def test_a_new_file_has_the_latest_version(tmp_path: Path) -> None:
    restored(tmp_path)[0].close()

    assert version(tmp_path / FILE) == len(MIGRATIONS)


def test_a_file_from_before_migrations_is_taken_over(old_folder: Path) -> None:
    store, tally, journal = restored(old_folder)

    offsets = journal.restore()

    assert version(store.path) == len(MIGRATIONS)
    assert offsets == {
        ("transactions.scored", 0): KeptOffset(26), ("transactions.scored", 1): KeptOffset(26),
        ("transactions.labels", 0): KeptOffset(41), ("transactions.alerts", 0): KeptOffset(5),
    }  # fmt: skip
    assert journal.first_open() == 1_780_000_002
    assert (tally.transactions_total, tally.alerts_total, tally.missing_total) == (52, 4, 0)
    assert tally.labelled.quality.state()["all"] == [4, 1, 0, 35]
    assert store.buffered_points == 19
    assert store.early_labels() == {6356943163598960776: EarlyLabel(True, "mule_account", 0)}
    assert store.find_decision(-8144477497891468689) == Decision(True, True, 20.0, True, 0, 29_666_666)
    assert store.drift_minutes() == {29_666_666: {"amount_log": [11, 10, 19]}}
    store.close()


def test_a_file_from_before_migrations_counts_on(old_folder: Path, scored: Callable[..., ScoredRecord]) -> None:
    store, tally, journal = restored(old_folder)
    journal.restore()
    tally.second = 1_780_000_002
    for record in (scored(25), scored(26), LabelRecord("t0-26", False, True, "card_testing", 0)):
        tally.count(ReceivedRecord(record, 1_780_000_002_100_000, 1_780_000_002_000), True)
    second = tally.close_second()
    journal.commit([], {("transactions.scored", 0): KeptOffset(27, "an-id")}, 1_780_000_003, sent_up_to=1)
    store.close()

    store, tally, journal = restored(old_folder)
    kept = journal.restore()

    assert kept == {("transactions.scored", 0): KeptOffset(27, "an-id")}
    assert second.traffic.transactions == 1, "offset 25 was counted before the upgrade"
    assert tally.transactions_total == 53
    assert tally.labelled.quality.state()["all"] == [4, 2, 0, 35]
    assert store.buffered_points == 5
    store.close()


def test_a_file_from_before_the_gateway_remembers_verdicts(
    old_folder: Path, answered: Callable[..., VerdictRecord]
) -> None:
    for expected in (1, 0):  # the second time it was counted before the restart
        store, tally, journal = restored(old_folder)
        journal.restore()
        tally.second = 1_780_000_002
        tally.count(ReceivedRecord(answered("t1"), 0, 1_780_000_002_000), True)
        gateway = tally.close_second().gateway
        journal.commit([], {}, 1_780_000_003, sent_up_to=0)
        store.close()

        assert gateway is not None
        assert gateway.figures.calls == expected


def test_a_file_without_totals_starts_them_at_zero(old_folder: Path) -> None:
    with closing(sqlite3.connect(old_folder / FILE, isolation_level=None)) as db:
        remove = "UPDATE part SET body = CAST(json_remove(CAST(body AS TEXT), '$.totals') AS BLOB) WHERE name = 'tally'"
        db.execute(remove)

    store, tally, journal = restored(old_folder)
    journal.restore()

    assert (tally.transactions_total, tally.alerts_total, tally.missing_total) == (0, 0, 0)
    assert tally.labelled.quality.state()["all"] == [4, 1, 0, 35]
    store.close()


def test_a_later_step_runs_once_and_keeps_what_was_there(old_folder: Path) -> None:
    with closing(sqlite3.connect(old_folder / FILE, isolation_level=None)) as db:
        for _ in range(2):
            migrate(db, old_folder / FILE, (*MIGRATIONS, ADD_COLUMN))
        rows = db.execute("SELECT alert_id, severity FROM seen_alert ORDER BY number").fetchall()

    assert version(old_folder / FILE) == len(MIGRATIONS) + 1
    assert rows[0] == ("alert:t0-0", "unknown")
    assert len(rows) == 5


def test_a_step_that_fails_changes_nothing(old_folder: Path) -> None:
    broken = f"{ADD_COLUMN} DELETE FROM seen_alert; INSERT INTO missing VALUES (1);"
    with closing(sqlite3.connect(old_folder / FILE, isolation_level=None)) as db:
        with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
            migrate(db, old_folder / FILE, (*MIGRATIONS, broken))

        assert db.execute("SELECT * FROM seen_alert WHERE number = 1").fetchone() == (1, "alert:t0-0")
    assert version(old_folder / FILE) == len(MIGRATIONS)


def test_the_file_of_a_newer_version_is_refused_and_left_alone(old_folder: Path) -> None:
    newer = len(MIGRATIONS) + 1
    with closing(sqlite3.connect(old_folder / FILE)) as db:
        db.execute(f"PRAGMA user_version = {newer}")
    before = (old_folder / FILE).read_bytes()

    with pytest.raises(ConfigurationError, match="newer version of metrics-sink") as refused:
        restored(old_folder)

    assert "VIGIE_DATA_DIR" in str(refused.value)
    assert (old_folder / FILE).read_bytes() == before
