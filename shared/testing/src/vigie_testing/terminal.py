"""Commands as a person types them in a clone, outside the environment of the checkout that runs the tests."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vigie_testing.waiting import wait_until

START_SECONDS = 240.0
STOP_SECONDS = 90


def environment(**variables: str) -> dict[str, str]:
    """As in a terminal of a person's, with these variables."""
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | variables


def typed(command: str, folder: Path, *, timeout_seconds: float = 300, **variables: str) -> str:
    """Output of a command typed in the folder; fail with what it printed when it fails."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{command}:\n{done.stdout[-4000:]}")
    return done.stdout.strip()


@contextmanager
def running(command: str, folder: Path, log: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs in the folder until Ctrl-C, and writes to the log."""
    with log.open("w+") as output:
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=folder,
            env=environment(**variables),
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(STOP_SECONDS)


def addresses_of_run(process: subprocess.Popen[str], log: Path) -> dict[str, str]:
    """Host and port of Live page, Gateway, MLflow and Kafka, once `make run` prints them; fail when it ends before."""

    def has_started() -> bool:
        if process.poll() is not None:
            raise AssertionError(log.read_text()[-4000:])
        return "Ctrl-C stops it" in log.read_text()

    wait_until(has_started, what="make run to serve", timeout_seconds=START_SECONDS, interval_seconds=0.5)
    return dict(re.findall(r"(Live page|Gateway|MLflow|Kafka) +(?:http://)?(\S+:\d+)", log.read_text()))
