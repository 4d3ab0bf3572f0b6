"""Brings the outbox's tables to the schema of this version, whatever version made them (docs/adr/0021)."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from vigie_runtime import ConfigurationError, get_logger

FOLDER: Final = Path(__file__).parent / "migrations"
LATEST: Final = "0002"
"""The revision that this version needs: that of the newest file in `migrations/versions`."""
VERSION_TABLE: Final = "outbox_version"
"""Not Alembic's own name, which any other application in the same database may use too."""
LOCK_NUMBER: Final = 0x56696769 + 1  # next to the number of the lock of the process that delivers
LOCK_TIMEOUT: Final = "60s"

log = get_logger(__name__)


def upgrade(connection: Connection) -> None:
    """Run the steps that are missing, in the caller's transaction; raise ConfigurationError for a newer outbox.

    The transaction has to hold off all other writers: SQLite's does by itself, in PostgreSQL a lock is taken here.
    """
    options = {"connection": connection, "version_table": VERSION_TABLE, "transactional_ddl": True}
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})
    found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    if found == LATEST:
        return
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["vigie"] = options
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise ConfigurationError(
            f"The outbox has the tables of a newer version of alert-webhook (revision {found}; this version knows "
            f"{LATEST} at most): run that version again, or restore a backup from before it."
        )
    command.upgrade(config, "head")
    log.info("outbox upgraded", revision_before=found, revision=LATEST)
