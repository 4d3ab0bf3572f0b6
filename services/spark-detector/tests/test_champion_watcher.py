import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from spark_detector.champion import Champion, ChampionRegistry, Newest
from spark_detector.champion_watcher import ChampionWatcher
from spark_detector.status import DetectorStatus


class NothingTaken:
    """Fails when something is handed over: these registries have nothing that can serve."""

    def take_champion(self, champion: Champion) -> None:
        raise AssertionError(f"champion {champion.version} was handed over")

    def take_thresholds(self, champion: Champion) -> None:
        raise AssertionError(f"thresholds of champion {champion.version} were handed over")


@pytest.fixture
def nobody() -> str:
    """Address at which no registry listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_asked_early_it_does_not_wait_for_its_turn(nobody: str, tmp_path: Path) -> None:
    status, stop, early = DetectorStatus(), threading.Event(), threading.Event()
    registry = ChampionRegistry(nobody, tmp_path)
    watcher = ChampionWatcher(registry, status, NothingTaken(), None, interval_seconds=3600, early=early)

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
    ChampionWatcher(registry, status, NothingTaken(), None, interval_seconds=0.001, early=early).start(stop)
    wait_for(lambda: registry.asked >= looks)
    return stop.set


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def test_a_champion_that_cannot_serve_is_tried_and_told_once(tmp_path: Path) -> None:
    registry, status = RegistryWithABrokenChampion(tmp_path), DetectorStatus()

    with structlog.testing.capture_logs() as logs:
        stop = watched(registry, status, looks=20)
        fetched = registry.fetched
        registry.version = 2
        wait_for(lambda: registry.fetched > fetched)
        stop()

    told = [entry["error"] for entry in logs if entry["event"] == "champion not loaded"]
    assert (fetched, registry.fetched) == (1, 2)
    assert len(told) == len(set(told))
    assert "no valid calibration.json" in str(status()["registry_error"])
