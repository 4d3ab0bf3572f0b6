import socket
import threading
import time
from pathlib import Path
from typing import cast

import pytest
from pyspark.sql import SparkSession

from spark_detector.champion import ChampionRegistry
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from spark_detector.supervisor import ChampionWatcher

NO_SPARK = cast(SparkSession, None)  # a registry that does not answer leaves nothing to plan


@pytest.fixture
def nobody() -> str:
    """Address at which no registry listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_asked_early_it_does_not_wait_for_its_turn(nobody: str, tmp_path: Path) -> None:
    status, stop, early = DetectorStatus(), threading.Event(), threading.Event()
    settings = DetectorSettings(champion_poll_seconds=3600)
    watcher = ChampionWatcher(NO_SPARK, settings, status, ChampionRegistry(nobody, tmp_path), None, early=early)

    watcher.start(stop)
    before = status()["registry_error"]
    early.set()
    deadline = time.monotonic() + 60
    while status()["registry_error"] is None and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    stop.set()
    early.set()

    assert before is None
    assert "does not answer" in str(status()["registry_error"])
