import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
import structlog
from pyspark.sql import SparkSession

from spark_detector.champion import ChampionRegistry, Newest
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from spark_detector.supervisor import ChampionWatcher
from vigie_testing.waiting import wait_until

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
    error = wait_until(lambda: status()["registry_error"], what="the registry to be asked", timeout_seconds=60)
    stop.set()
    early.set()

    assert before is None
    assert "does not answer" in str(error)


class RegistryWithABrokenChampion(ChampionRegistry):
    """Its champion has no calibration; counts what it is asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__("http://127.0.0.1:9", folder)
        self._empty = folder / "empty"
        self.asked, self.fetched = 0, 0
        self.version = 1

    def newest(self) -> Newest:
        self.asked += 1
        return Newest(self.version, 1)

    def fetch(self, version: int) -> Path:
        self.fetched += 1
        return self._empty


def watched(registry: RegistryWithABrokenChampion, status: DetectorStatus, looks: int) -> Callable[[], None]:
    """Let a watcher look so often; return what makes it stop."""
    stop, early = threading.Event(), threading.Event()
    settings = DetectorSettings(champion_poll_seconds=0.001)
    ChampionWatcher(NO_SPARK, settings, status, registry, None, early=early).start(stop)
    wait_until(lambda: registry.asked >= looks, what=f"{looks} looks", seen=lambda: registry.asked)
    return stop.set


def test_a_champion_that_cannot_serve_is_tried_and_told_once(tmp_path: Path) -> None:
    registry, status = RegistryWithABrokenChampion(tmp_path), DetectorStatus()

    with structlog.testing.capture_logs() as logs:
        stop = watched(registry, status, looks=20)
        fetched = registry.fetched
        registry.version = 2
        wait_until(lambda: registry.fetched > fetched, what="the next version to be fetched")
        stop()

    told = [entry["error"] for entry in logs if entry["event"] == "champion not loaded"]
    assert (fetched, registry.fetched) == (1, 2)
    assert len(told) == len(set(told))
    assert "no valid calibration.json" in str(status()["registry_error"])
