"""A real PostgreSQL server as a child process."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from vigie_runtime import UnavailableError
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

READY_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 60.0
INSTALLED: Final = Path("/usr/lib/postgresql")
"""Where Debian and Ubuntu put it, in a folder for each version."""


@contextmanager
def running_postgres() -> Iterator[str]:
    """A server in which databases may be made; its address without a database's name.

    Raises UnavailableError where PostgreSQL is not installed.
    """
    versions = sorted(INSTALLED.glob("*/bin/initdb"))
    if not versions:
        raise UnavailableError("PostgreSQL is not installed: install postgresql or set VIGIE_TEST_DATABASE_URL.")
    programs = versions[-1].parent
    # the server refuses to run as root, so it gets a user and a folder of its own, where that user may go
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="vigie-postgres-"))
    if user:
        shutil.chown(folder, user)
    port, data = free_port(), str(folder / "data")
    initdb = [str(programs / "initdb"), "-D", data, "-U", "vigie", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, user=user)
    command = [str(programs / "postgres"), "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "-c", "unix_socket_directories=", "-c", "fsync=off"], stdout=log, stderr=log, user=user
        )
    address = f"postgresql://vigie@127.0.0.1:{port}"
    try:
        wait_until(
            lambda: _answers(address),
            what="PostgreSQL to answer",
            timeout_seconds=READY_TIMEOUT_SECONDS,
            seen=lambda: (folder / "server.log").read_text(errors="replace")[-2000:],
        )
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # its fast shutdown, which does not wait for clients
        server.wait(STOP_TIMEOUT_SECONDS)
        shutil.rmtree(folder)


def _answers(address: str) -> bool:
    try:
        psycopg.connect(f"{address}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
