"""A registry in one file, from any database and into any other: tables as lines of JSON, and the artifacts' folder."""

import json
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, MetaData, select, text

from mlflow_server.migration import connect, prepare
from mlflow_server.rows import read_rows, write_rows
from mlflow_server.settings import MlflowServerSettings
from vigie_runtime import InputError, get_logger

REVISIONS = ("alembic_version", "alembic_version_auth")
"""Hold the revision of the other tables; each database keeps its own."""
FILLED_BY_USE = ("runs", "registered_models")
"""Tables in which an empty registry has no row; in others MLflow itself puts some."""

log = get_logger(__name__)


def backup(settings: MlflowServerSettings, file: str) -> None:
    """Write everything to a .tar.gz (`-`: standard output), while the server runs; artifacts in a bucket stay there.

    The database is read first, so whatever it names is among the artifacts, which are read after it.
    """
    engine = connect(settings.backend_store)
    try:
        with tempfile.TemporaryDirectory(prefix="vigie-") as folder, _target(file) as stream:
            counts = _dump_tables(engine, Path(folder))
            manifest = {"mlflow": version("mlflow"), "revisions": _revisions(engine), "rows": counts}
            Path(folder, "manifest.json").write_text(json.dumps(manifest, indent=2))
            with tarfile.open(fileobj=stream, mode="w|gz") as archive:
                archive.add(Path(folder, "manifest.json"), "manifest.json")
                for table in counts:
                    archive.add(Path(folder, table), f"tables/{table}.jsonl")
                kept = settings.artifacts_folder
                if kept is not None and kept.is_dir():
                    archive.add(kept, "artifacts")
    finally:
        engine.dispose()
    log.info("backup written", tables=len(counts), rows=sum(counts.values()), artifacts=str(kept or settings.artifacts))


def restore(settings: MlflowServerSettings, file: str) -> None:
    """Fill an empty registry from a backup; raise InputError when it is not empty or the backup does not fit.

    Nothing is changed in the database unless all of it could be read.
    """
    prepare(settings)
    engine = connect(settings.backend_store)
    try:
        with tempfile.TemporaryDirectory(prefix="vigie-") as folder:
            _unpack(file, Path(folder))
            manifest = _manifest(Path(folder))
            if manifest["revisions"] != _revisions(engine, manifest["revisions"]):
                raise InputError(
                    f"The backup was made with MLflow {manifest['mlflow']}, and this is {version('mlflow')} with other "
                    "tables. Restore it with the Vigie that made it, and update afterwards."
                )
            with engine.begin() as connection:
                _require_empty(connection)
                _load_tables(connection, Path(folder, "tables"))
            _restore_artifacts(settings, Path(folder, "artifacts"))
    finally:
        engine.dispose()
    prepare(settings)  # users and webhook of the settings win over those of the backup
    log.info("backup restored", rows=sum(manifest["rows"].values()))


@contextmanager
def _target(file: str) -> Iterator[IO[bytes]]:
    """The file, which appears only once it is complete, or standard output."""
    if file == "-":
        yield sys.stdout.buffer
        return
    partial = Path(f"{file}.partial")
    with partial.open("wb") as stream:
        yield stream
    partial.rename(file)


def _tables(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def _dump_tables(engine: Engine, folder: Path) -> dict[str, int]:
    """Each table's rows in a file of its name, as they were at one moment; return how many."""
    moment = engine.execution_options(isolation_level="REPEATABLE READ") if _is_postgresql(engine) else engine
    with moment.connect() as connection, connection.begin():
        tables = [table for table in _tables(connection).sorted_tables if table.name not in REVISIONS]
        return {table.name: write_rows(connection.execute(select(table)), folder / table.name) for table in tables}


def _load_tables(connection: Connection, folder: Path) -> None:
    tables = [table for table in _tables(connection).sorted_tables if table.name not in REVISIONS]
    for table in reversed(tables):
        connection.execute(table.delete())
    for table in tables:
        file = folder / f"{table.name}.jsonl"
        for rows in read_rows(file, table) if file.exists() else ():
            connection.execute(table.insert(), rows)
        _continue_numbers(connection, table.name, [column.name for column in table.primary_key.columns])


def _continue_numbers(connection: Connection, table: str, key: list[str]) -> None:
    """Rows with numbers of their own leave PostgreSQL's counters at one."""
    if not _is_postgresql(connection) or len(key) != 1:
        return
    name = {"table": table, "column": key[0]}
    counter = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), name).scalar()
    if counter:
        newest = f'(SELECT COALESCE(MAX("{key[0]}"), 0) + 1 FROM "{table}")'  # noqa: S608  names of the database itself
        connection.execute(text(f"SELECT setval(:counter, {newest}, false)"), {"counter": counter})


def _require_empty(connection: Connection) -> None:
    for table in FILLED_BY_USE:
        if connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1")).first():  # noqa: S608  names above
            raise InputError(
                f"The registry already holds {table.replace('_', ' ')}: a backup goes into an empty one only. "
                "Point VIGIE_MLFLOW_BACKEND_STORE, or VIGIE_DATA_DIR, at a new one."
            )


def _revisions(engine: Engine, wanted: dict[str, str] | None = None) -> dict[str, str]:
    """Revision by table of revisions; only of those wanted, because the users' tables come with log-in."""
    with engine.connect() as connection:
        present = [name for name in REVISIONS if name in _tables(connection).tables]
        return {
            name: str(connection.execute(text(f"SELECT version_num FROM {name}")).scalar())  # noqa: S608  names above
            for name in present
            if wanted is None or name in wanted
        }


def _is_postgresql(where: Engine | Connection) -> bool:
    return where.dialect.name == "postgresql"


def _unpack(file: str, folder: Path) -> None:
    try:
        with (
            tarfile.open(fileobj=sys.stdin.buffer, mode="r|gz") if file == "-" else tarfile.open(file, "r:gz")
        ) as archive:
            archive.extractall(folder, filter="data")
    except (OSError, EOFError, tarfile.TarError) as error:
        raise InputError(f"{file} cannot be read as a backup ({error}). Give a file that `backup` wrote.") from None


def _manifest(folder: Path) -> dict[str, dict[str, str]]:
    file = folder / "manifest.json"
    if not file.exists():
        raise InputError(
            "The archive holds no manifest.json, so it is no backup of a registry: give a file that `backup` wrote."
        )
    return json.loads(file.read_text())


def _restore_artifacts(settings: MlflowServerSettings, unpacked: Path) -> None:
    target = settings.artifacts_folder
    if not unpacked.is_dir():
        return
    if target is None:
        raise InputError(
            f"The backup holds artifacts, and {settings.artifacts} is a bucket: copy the archive's folder artifacts "
            "there with your bucket's own tool. Everything else is restored."
        )
    for file in sorted(unpacked.rglob("*")):
        if file.is_file():
            (target / file.relative_to(unpacked)).parent.mkdir(parents=True, exist_ok=True)
            (target / file.relative_to(unpacked)).write_bytes(file.read_bytes())
