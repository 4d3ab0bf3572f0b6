"""An outbox that an earlier version made goes on with this one; one that a later version made is refused."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text

from alert_webhook.core.alerts import AlertFilter, Arrival
from alert_webhook.core.answers import Person, decide
from alert_webhook.core.outbox import upgrade as upgrade_module
from alert_webhook.core.outbox.access import shared_session_key
from alert_webhook.core.outbox.alerts import get_alert, latest_revision, list_alerts
from alert_webhook.core.outbox.database import Database, open_database
from alert_webhook.core.outbox.deliveries import list_deliveries, queues, retry_dead
from alert_webhook.core.outbox.positions import kept_offsets, oldest_pending_offsets
from alert_webhook.core.outbox.snoozes import running_snoozes
from alert_webhook.core.outbox.tables import metadata
from alert_webhook.core.outbox.upgrade import FOLDER, LATEST, VERSION_TABLE
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.admission import admit
from alert_webhook.core.triage.rules import rules_of
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import ConfigurationError
from vigie_runtime.offsets import KeptOffset
from vigie_testing.golden import golden_alert

DUMPS: Final = Path(__file__).parent / "outbox_before_migrations"
NOW_MS: Final = 1_780_000_700_000
ALL_RECEIVERS: Final = Recipients(slack=True, webhooks=("hook",))
ADDED: Final = {"positions": ("",)}
"""What later steps put into columns that they added, by table."""
COMPARED: Final = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
NEXT_STEP: Final = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade():
    op.add_column("alerts", sa.Column("queue", sa.Text, nullable=False, server_default="fraud"))
    {then}
"""

Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def address(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Where a new and empty outbox may be: None for the data folder, else a database of PostgreSQL."""
    if request.param == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgres")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS vigie_test_migrations WITH (FORCE)")
        connection.execute("CREATE DATABASE vigie_test_migrations")
    yield f"{server}/vigie_test_migrations"


@pytest.fixture
def open_outbox(address: str | None, tmp_path: Path) -> Callable[[], Database]:
    return lambda: open_database(address, tmp_path)


@pytest.fixture
def old_outbox(address: str | None, tmp_path: Path) -> Rows:
    """Made by `create_all`, before there were migrations; its rows by table, as they look after all steps."""
    if address is None:
        with closing(sqlite3.connect(tmp_path / "outbox.sqlite")) as connection:
            connection.executescript((DUMPS / "sqlite.sql").read_text())
            return with_added(
                {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in metadata.tables}
            )
    with psycopg.connect(address) as connection:
        connection.execute((DUMPS / "postgresql.sql").read_bytes())
        return with_added(
            {name: connection.execute(f"SELECT * FROM {name}".encode()).fetchall() for name in metadata.tables}
        )


def with_added(rows: Rows) -> Rows:
    return {name: [(*row, *ADDED.get(name, ())) for row in found] for name, found in rows.items()}


def rows_of(connection: Connection) -> Rows:
    return {
        name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")] for name in metadata.tables
    }


def sorted_rows(rows: Rows) -> Rows:
    return {name: sorted(found, key=repr) for name, found in rows.items()}


def indexes_of(connection: Connection) -> dict[str, str]:
    """Statement that makes each index, its condition included."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    return {name: statement for name, statement in connection.exec_driver_sql(query) if VERSION_TABLE not in name}


def test_an_old_outbox_keeps_all_that_is_in_it(old_outbox: Rows, open_outbox: Callable[[], Database]) -> None:
    with closing(open_outbox()) as database, database.reading() as connection:
        rows = rows_of(connection)
        states = {(one.receiver, one.kind, one.state) for one in list_deliveries(connection)}
        decided = get_alert(connection, "alert:t1")

        assert sorted_rows(rows) == sorted_rows(old_outbox)
        assert len(list_alerts(connection, AlertFilter(), 100)) == 8
        assert {("slack", "alert", "accepted"), ("hook", "alert", "dead"), ("slack", "digest", "waiting")} <= states
        assert (decided.is_fraud, decided.decided_by) == (False, "ben (slack:U1)")
        assert kept_offsets(connection, "transactions.alerts") == {0: KeptOffset(8)}
        assert oldest_pending_offsets(connection, ALL_RECEIVERS.names) == {0: 2}
        assert [(one.account_id, one.person) for one in running_snoozes(connection, now_ms=NOW_MS)] == [
            ("acct-2", "anna")
        ]


def test_an_old_outbox_goes_on(old_outbox: Rows, open_outbox: Callable[[], Database]) -> None:
    rules = rules_of(AlertWebhookSettings())
    with closing(open_outbox()) as database:
        with database.writing() as connection:
            assert shared_session_key(connection) == "session-key-of-this-dump", "sessions stay open"
            repeat = Arrival(get_alert(connection, "alert:t1").alert, NOW_MS, NOW_MS, 0, 1)
            assert admit(connection, [repeat], rules, ALL_RECEIVERS) == []
            admit(connection, [Arrival(golden_alert("t9"), NOW_MS, NOW_MS, 0, 8)], rules, ALL_RECEIVERS)
            decide(
                connection, "alert:t3", Person("anna", "page"), is_fraud=True, now_ms=NOW_MS, recipients=ALL_RECEIVERS
            )
            assert retry_dead(connection, now_ms=NOW_MS) == 2
        with database.reading() as connection:
            assert latest_revision(connection) == 21 + 1 + 1 + 2
            assert queues(connection)["hook"].dead == 0
            assert max(one.delivery_id for one in list_deliveries(connection)) > 21


@pytest.mark.parametrize("is_old", [False, True])
def test_the_schema_is_that_of_the_tables(
    is_old: bool, request: pytest.FixtureRequest, open_outbox: Callable[[], Database]
) -> None:
    if is_old:
        request.getfixturevalue("old_outbox")

    with closing(open_outbox()) as database, database.writing() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts=COMPARED), metadata)
        migrated = indexes_of(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)

        assert differences == []
        assert migrated == indexes_of(connection), "the conditions of indexes, which Alembic does not compare"


def test_a_newer_outbox_is_refused_and_left_alone(open_outbox: Callable[[], Database]) -> None:
    with closing(open_outbox()) as database, database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")

    with pytest.raises(ConfigurationError, match=r"newer version .*9999.* knows 0002") as caught:
        open_outbox()

    assert "\n" not in str(caught.value)


def test_the_service_ends_with_one_sentence_at_a_newer_outbox(tmp_path: Path) -> None:
    with closing(open_database(None, tmp_path)) as database, database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    environment = os.environ | {"VIGIE_DATA_DIR": str(tmp_path)}

    command = [sys.executable, "-m", "alert_webhook"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "newer version of alert-webhook" in ended.stderr


def test_workers_that_start_at_once_upgrade_once(old_outbox: Rows, open_outbox: Callable[[], Database]) -> None:
    start, opened, failed = threading.Barrier(4), [], []

    def work() -> None:
        start.wait(30)
        try:
            opened.append(open_outbox())
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    try:
        assert failed == []
        with opened[0].reading() as connection:
            assert connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}")).all() == [LATEST]
            assert sorted_rows(rows_of(connection)) == sorted_rows(old_outbox)
    finally:
        for database in opened:
            database.close()


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make this the code of a later version, whose step adds a column and then does something more."""

    def become(then: str) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        (folder / "versions" / "r0003_queues.py").write_text(NEXT_STEP.format(then=then))
        monkeypatch.setattr(upgrade_module, "FOLDER", folder)
        monkeypatch.setattr(upgrade_module, "LATEST", "0003")

    return become


def columns(connection: Connection) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns("alerts")}


def test_a_later_step_changes_an_old_outbox_and_loses_nothing(
    old_outbox: Rows, open_outbox: Callable[[], Database], next_version: Callable[[str], None]
) -> None:
    next_version("pass")

    with closing(open_outbox()) as database, database.reading() as connection:
        assert "queue" in columns(connection)
        query = select(metadata.tables["alerts"].c.alert_id, text("queue"))
        assert len(connection.execute(query).all()) == len(old_outbox["alerts"])


def test_a_step_that_fails_leaves_the_outbox_as_it_was(
    old_outbox: Rows, open_outbox: Callable[[], Database], next_version: Callable[[str], None]
) -> None:
    next_version("raise ZeroDivisionError")

    with pytest.raises(ZeroDivisionError):
        open_outbox()

    next_version("pass")
    with closing(open_outbox()) as database, database.reading() as connection:
        assert "queue" in columns(connection)
        assert len(rows_of(connection)["deliveries"]) == len(old_outbox["deliveries"])


def test_the_newest_step_is_the_one_this_version_needs() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))

    assert ScriptDirectory.from_config(config).get_heads() == [LATEST]
