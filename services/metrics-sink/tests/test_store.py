"""The file keeps all of a commit or nothing, within its bounds."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from metrics_sink.figures.labels import Decision, EarlyLabel
from metrics_sink.storage.outbox import OutboxReader
from metrics_sink.storage.seen_ids import SEEN_ALERTS, SEEN_VERDICTS, SeenTable, add_ids, read_ids
from metrics_sink.storage.store import FILE, Commit, Store
from vigie_runtime import UnavailableError


def a_store(folder: Path, *, label_window: int = 100, buffer_bytes: int = 10_000) -> Store:
    return Store(folder, label_window=label_window, buffer_bytes=buffer_bytes)


def test_what_was_committed_is_found_again(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.commit(
        Commit(
            parts={"offsets": [("scored", 0, 7)]},
            blocks=[(2, b"a\nb")],
            decisions={5: Decision(True, True, 9.5, True, 2, 11)},
            early={6: EarlyLabel(True, "mule_account", 0)},
            alerts=["alert:1", "alert:2"],
            verdicts=["t1", "t1 late"],
            drift={3: {"amount_log": [1, 2]}},
        )
    )
    store.close()

    again = a_store(tmp_path)

    assert again.part("offsets") == [["scored", 0, 7]]
    assert again.find_decision(5) == Decision(True, True, 9.5, True, 2, 11)
    assert again.early_labels() == {6: EarlyLabel(True, "mule_account", 0)}
    assert again.seen_ids(SEEN_ALERTS) == ["alert:1", "alert:2"]
    assert again.seen_ids(SEEN_VERDICTS) == ["t1", "t1 late"]
    assert again.drift_minutes() == {3: {"amount_log": [1, 2]}}
    assert again.buffered_points == 2
    again.close()


def test_of_ids_the_newest_are_kept(tmp_path: Path) -> None:
    table = SeenTable("seen_verdict", "verdict_id", 3)
    a_store(tmp_path).close()

    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        for ids in (["a", "b"], [], ["c", "d"]):
            add_ids(db, table, ids)

        assert read_ids(db, table) == ["b", "c", "d"]


def test_a_commit_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.commit(Commit(parts={"first_open": 1}))
    with pytest.raises(TypeError):
        store.commit(
            Commit(parts={"first_open": object()}, blocks=[(1, b"a")], decisions={1: Decision(True, True, 1.0)})
        )

    store.close()
    again = a_store(tmp_path)

    assert (again.part("first_open"), again.find_decision(1), again.buffered_points) == (1, None, 0)
    again.close()


def test_blocks_leave_in_order_once_sent(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.commit(Commit(parts={}, blocks=[(1, b"first"), (1, b"second"), (1, b"third")]))
    reader = OutboxReader(store.path)

    taken = reader.after(0, max_bytes=11)
    store.commit(Commit(parts={}, sent_up_to=taken[-1].id))

    assert [block.lines for block in taken] == [b"first", b"second"]
    assert [block.lines for block in reader.after(0, max_bytes=100)] == [b"third"]
    assert store.buffered_points == 1
    reader.close()
    store.close()


def test_a_block_larger_than_a_request_is_still_given(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.commit(Commit(parts={}, blocks=[(1, b"x" * 500)]))
    reader = OutboxReader(store.path)

    assert len(reader.after(0, max_bytes=10)) == 1
    reader.close()
    store.close()


def test_beyond_the_limit_the_oldest_are_dropped_and_counted(tmp_path: Path) -> None:
    store = a_store(tmp_path, buffer_bytes=1_000)

    for number in range(50):
        store.commit(Commit(parts={}, blocks=[(3, f"{number:02}".encode() * 50)]))
    reader = OutboxReader(store.path)
    kept = reader.after(0, max_bytes=10_000)

    assert [block.lines[:2] for block in kept] == [f"{number:02}".encode() for number in range(40, 50)]
    assert (store.buffered_points, store.dropped_points) == (30, 120)
    reader.close()
    store.close()


def test_decisions_are_kept_for_a_window(tmp_path: Path) -> None:
    store = a_store(tmp_path, label_window=100)

    for number in range(500):
        store.commit(Commit(parts={}, decisions={number: Decision(True, False, 1.0)}))
    known = [number for number in range(500) if store.find_decision(number)]

    assert set(range(400, 500)) <= set(known)
    assert len(known) <= 200
    store.close()


def test_an_emptied_buffer_gives_its_disk_space_back(tmp_path: Path) -> None:
    store = a_store(tmp_path, buffer_bytes=10_000_000)
    store.commit(Commit(parts={}, blocks=[(1, b"x" * 4_000_000)]))
    store.commit(Commit(parts={}, sent_up_to=1))
    for _ in range(10):
        store.commit(Commit(parts={}))
    store.close()

    assert store.path.stat().st_size < 500_000


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / "metrics-sink.sqlite").write_bytes(b"not a database, but long enough to be taken for one" * 50)

    with pytest.raises(UnavailableError, match="cannot write what it counted"):
        a_store(tmp_path)


def test_a_failed_write_is_explained(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("DROP TABLE outbox")
    other.close()

    with pytest.raises(UnavailableError, match="Nothing is lost"):
        store.commit(Commit(parts={}, blocks=[(1, b"a")]))
    store.close()
