"""The database behind the outbox: SQLite in the data folder, or PostgreSQL."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import Insert as InsertPostgresql
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import Insert as InsertSqlite
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import ArgumentError

from alert_webhook.core.outbox.changes import ChangeSignal
from alert_webhook.core.outbox.outage import OutageWatch
from alert_webhook.core.outbox.upgrade import upgrade
from alert_webhook.errors import OutboxError, OutboxUnavailableError
from vigie_runtime import ConfigurationError

__all__ = ["Connection", "Database", "insert_into", "open_database", "upsert"]

FILE_NAME: Final = "outbox.sqlite"
BUSY_TIMEOUT_SECONDS: Final = 15
"""How long a writer waits for another one; a whole batch of alerts takes well under one."""


class Database:
    """Transactions on the outbox. Open it after a fork: connections must not be shared by processes."""

    def __init__(self, engine: Engine, *, is_shared: bool = True) -> None:
        self.engine = engine
        self.changes = ChangeSignal(is_shared=is_shared)
        self._outage = OutageWatch()
        # SQLite has one writer, and lets others ask again after growing pauses: threads that queue wait much less
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """Whether one file holds everything."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes: all of it is on disk when the block ends, or none of it.

        Raise OutboxUnavailableError or OutboxError for the database's own errors.
        """
        with self._outage.watching("write"), self._turn, self.engine.connect() as connection:
            connection.execution_options(vigie_writes=True)
            with connection.begin():
                yield connection
        self.changes.notify()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads. Raise OutboxUnavailableError or OutboxError as `writing` does."""
        with self._outage.watching("read"), self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str | None, data_dir: Path, *, is_shared: bool = True) -> Database:
    """Open the outbox and bring its tables up to date; raise ConfigurationError or UnavailableError.

    `url` as platforms give it, `postgres://` or `postgresql://`; None for SQLite in `data_dir`. `is_shared`: whether
    other processes write to it too.
    """
    if url is None:
        data_dir.mkdir(parents=True, exist_ok=True)
        # parameters are accounts and alerts, which no error text may carry into a log
        engine = create_engine(
            f"sqlite:///{data_dir / FILE_NAME}", connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, hide_parameters=True
        )
        _prepare_sqlite(engine)
    else:
        engine = create_engine(_with_driver(url), pool_pre_ping=True, hide_parameters=True)
    database = Database(engine, is_shared=is_shared)
    with ExitStack() as stack:
        stack.callback(database.close)
        try:
            with database.writing() as connection:
                upgrade(connection)
        except OutboxUnavailableError:
            raise
        except OutboxError as error:
            raise ConfigurationError(
                f"The outbox's database cannot be used ({error.reason}): it is damaged, belongs to something else, or "
                "may not be changed by this user. Correct DATABASE_URL, or restore a backup of the data folder."
            ) from error
        stack.pop_all()
    return database


def insert_into(connection: Connection, table: Table) -> InsertSqlite | InsertPostgresql:
    """An insert that can say, in the words of either database, what to do about a row that is there already."""
    return (insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql)(table)


def upsert(
    connection: Connection, table: Table, key: Mapping[str, object], fields: Mapping[str, object]
) -> InsertSqlite | InsertPostgresql:
    """Insert the row, or change the one of that key."""
    statement = insert_into(connection, table).values(**key, **fields)
    return statement.on_conflict_do_update(index_elements=list(key), set_=dict(fields))


def _with_driver(url: str) -> str:
    try:
        address = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError:
        raise ConfigurationError("DATABASE_URL is not an address like postgresql://user:password@host/name.") from None
    if address.get_backend_name() != "postgresql":
        raise ConfigurationError("DATABASE_URL must begin with postgresql://; leave it unset for SQLite.")
    return address.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver would begin transactions by its own rules
        connection.execute("PRAGMA journal_mode=WAL")  # readers do not wait for the writer
        connection.execute("PRAGMA synchronous=FULL")  # what was accepted must survive a power cut

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # a reader that turns writer half-way is refused at once when another writes: writers say so at the start
        writes = connection.get_execution_options().get("vigie_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
