"""One process takes alerts in and delivers, however many serve pages: it holds this lock, and its end releases it."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Protocol, Self

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alert_webhook.core.outbox.database import Connection, Database

FILE_NAME: Final = "courier.lock"
LOCK_NUMBER: Final = 0x56696769  # "Vigi"; any number that nothing else locks in this database


class DeliveryLock(Protocol):
    """A lock that one process at a time holds."""

    def take(self) -> bool:
        """Whether it is held now; ask again later when not."""
        ...

    def is_held(self) -> bool:
        """Whether it still is: a lost connection to PostgreSQL loses it."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


def delivery_lock(database: Database, data_dir: Path) -> DeliveryLock:
    """The lock that fits the database: a file's, or PostgreSQL's own, which also spans machines."""
    return FolderLock(data_dir) if database.is_sqlite else AdvisoryLock(database)


class FolderLock:
    """For an outbox in a folder; the kernel releases it when the process ends."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self._file = (data_dir / FILE_NAME).open("w")
        self._held = False

    def take(self) -> bool:
        """Whether the lock is now held."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        self._held = True
        return True

    def is_held(self) -> bool:
        """A file's lock is kept until it is released."""
        return self._held

    def close(self) -> None:
        """Release the lock."""
        self._held = False
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AdvisoryLock:
    """PostgreSQL's advisory lock on a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = ExitStack()
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Whether the lock is now held."""
        ask = text("SELECT pg_try_advisory_lock(:number)")
        try:
            connection = self._stack.enter_context(self._connected())
            if connection.execute(ask, {"number": LOCK_NUMBER}).scalar():
                self._connection = connection
                return True
        except DBAPIError:
            pass
        self._stack.close()
        return False

    def is_held(self) -> bool:
        """Whether the connection that holds it still answers."""
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self.close()
            return False
        return True

    def close(self) -> None:
        """Release the lock."""
        self._connection = None
        self._stack.close()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        # closed, not returned to the pool: there it would keep the lock
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield connection
        finally:
            connection.invalidate()
            connection.close()
