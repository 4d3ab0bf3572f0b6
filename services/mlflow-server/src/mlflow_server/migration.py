"""Before the server starts: tables as this MLflow wants them, users, webhook."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from mlflow_server.access import put_users, write_access_file
from mlflow_server.command import server_environment
from mlflow_server.settings import MlflowServerSettings
from mlflow_server.start import mark_prepared
from mlflow_server.webhook import put_webhook
from vigie_runtime import UnavailableError, get_logger

LOCK: Final = 7_264_021  # any number: PostgreSQL's advisory locks are named by numbers
CONNECT_TIMEOUT_SECONDS: Final = 60.0  # a database may start at the same time, as in compose
CONNECT_INTERVAL_SECONDS: Final = 1.0

log = get_logger(__name__)


def prepare(settings: MlflowServerSettings) -> None:
    """Migrate the database and put users and webhook in place; raise UnavailableError when it does not answer."""
    os.environ.update(server_environment(settings, os.environ))  # MLflow reads its variables while it is imported
    settings.folder.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.backend_store)
    try:
        with only_one(engine):
            _migrate(engine)
            if settings.mlflow_admin_password:
                write_access_file(settings)
            users = put_users(settings)
            put_webhook(settings)
    finally:
        engine.dispose()
    mark_prepared(settings)
    log.info("registry prepared", database=engine.dialect.name, users=users, webhook=bool(settings.mlflow_webhook_url))


def connect(address: str, *, timeout_seconds: float = CONNECT_TIMEOUT_SECONDS) -> Engine:
    """The registry's database; raise UnavailableError when it does not answer in time."""
    from mlflow.store.db.utils import create_sqlalchemy_engine

    engine, deadline = create_sqlalchemy_engine(address), time.monotonic() + timeout_seconds
    while True:
        try:
            engine.connect().close()
        except OperationalError as error:
            if time.monotonic() > deadline:
                engine.dispose()
                reason = str(error.orig).split("\n", 1)[0]  # the rest may show the address, which holds the password
                raise UnavailableError(
                    f"The registry's database does not answer ({reason}). Start it or correct "
                    "VIGIE_MLFLOW_BACKEND_STORE."
                ) from None
            time.sleep(CONNECT_INTERVAL_SECONDS)
        else:
            return engine


def _migrate(engine: Engine) -> None:
    from mlflow.store.db import utils  # what `mlflow db upgrade` and the server itself call; MLflow is pinned

    if utils._all_tables_exist(engine):
        utils._upgrade_db(engine)
    else:
        utils._initialize_tables(engine)


@contextmanager
def only_one(engine: Engine) -> Iterator[None]:
    """Let one of several starting servers prepare at a time; a file of SQLite belongs to one machine anyway."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
