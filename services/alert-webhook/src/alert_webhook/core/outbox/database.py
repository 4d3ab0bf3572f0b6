"""The database behind the outbox: SQLite in the data folder, or PostgreSQL."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from alert_webhook.core.outbox.tables import metadata
from vigie_runtime import ConfigurationError, UnavailableError

FILE_NAME: Final = "outbox.sqlite"
BUSY_SECONDS: Final = 15
"""How long a writer waits for another one; a whole batch of alerts takes well under one."""


class Database:
    """Transactions on the outbox. Open it after a fork: connections must not be shared by processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite has one writer, and lets others ask again after growing pauses: threads that queue wait much less
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """Whether one file holds everything."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes: all of it is on disk when the block ends, or none of it."""
        with self._turn, self.engine.connect() as connection:
            connection.execution_options(vigie_writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str | None, data_dir: Path) -> Database:
    """Open the outbox and create what is missing; raise ConfigurationError or UnavailableError.

    `url` as platforms give it, `postgres://` or `postgresql://`; None for SQLite in `data_dir`.
    """
    if url is None:
        data_dir.mkdir(parents=True, exist_ok=True)
        # parameters are accounts and alerts, which no error text may carry into a log
        engine = create_engine(
            f"sqlite:///{data_dir / FILE_NAME}", connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True
        )
        _behave(engine)
    else:
        engine = create_engine(_with_driver(url), pool_pre_ping=True, hide_parameters=True)
    try:
        metadata.create_all(engine)
    except OperationalError as error:
        # the error's own text holds the address, and with it perhaps a password
        raise UnavailableError(
            f"The outbox's database does not open ({type(error.orig).__name__}). "
            "Check DATABASE_URL, or that the data folder can be written."
        ) from None
    return Database(engine)


def _with_driver(url: str) -> str:
    try:
        address = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError:
        raise ConfigurationError("DATABASE_URL is not an address like postgresql://user:password@host/name.") from None
    if address.get_backend_name() != "postgresql":
        raise ConfigurationError("DATABASE_URL must begin with postgresql://; leave it unset for SQLite.")
    return address.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _behave(engine: Engine) -> None:
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
