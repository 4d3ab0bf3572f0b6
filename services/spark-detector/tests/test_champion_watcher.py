"""The watcher asks early when it is asked to, tries what cannot serve once, and logs an outage once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from spark_detector.champion import LoadedChampion
from spark_detector.champion_store import ChampionStore
from spark_detector.champion_watcher import ChampionWatcher
from spark_detector.status import DetectorStatus
from vigie_registry import RegistryReader
from vigie_testing.mlflow import Reply, StandInMlflow, stand_in_mlflow
from vigie_testing.waiting import wait_until

ALIAS = "registered-models/alias"


class NothingTaken:
    """Fails when something is handed over: these registries have nothing that can serve."""

    def take_champion(self, champion: LoadedChampion) -> None:
        raise AssertionError(f"champion {champion.version} was handed over")

    def take_thresholds(self, champion: LoadedChampion) -> None:
        raise AssertionError(f"thresholds of champion {champion.version} were handed over")


@pytest.fixture
def mlflow() -> Iterator[StandInMlflow]:
    with stand_in_mlflow() as mlflow:
        yield mlflow


@contextmanager
def watching(
    mlflow: StandInMlflow, folder: Path, *, poll_seconds: float = 0.001
) -> Iterator[tuple[DetectorStatus, Callable[[], None]]]:
    """A watcher's status, and what makes it ask early."""
    status, stop, early = DetectorStatus(), threading.Event(), threading.Event()
    with RegistryReader(mlflow.address) as reader:
        store = ChampionStore(reader, folder)
        ChampionWatcher(store, status, NothingTaken(), None, interval_seconds=poll_seconds, early=early).start(stop)
        yield status, early.set
        stop.set()
        early.set()
        wait_until(lambda: "champion" not in {thread.name for thread in threading.enumerate()}, what="its end")


def asked(mlflow: StandInMlflow, question: str) -> int:
    return sum(asked.path.endswith(question) for asked in mlflow.questions)


def several_more(mlflow: StandInMlflow) -> None:
    """Wait until the champion was asked for several times more."""
    before = asked(mlflow, ALIAS)
    wait_until(lambda: asked(mlflow, ALIAS) >= before + 10, what="ten more questions")


def test_asked_early_it_does_not_wait_for_its_turn(mlflow: StandInMlflow, tmp_path: Path) -> None:
    with watching(mlflow, tmp_path, poll_seconds=3600) as (_, ask_early):
        before = asked(mlflow, ALIAS)
        ask_early()
        wait_until(lambda: asked(mlflow, ALIAS), what="an early question")

    assert before == 0


def test_a_champion_that_cannot_serve_is_fetched_and_logged_once(mlflow: StandInMlflow, tmp_path: Path) -> None:
    mlflow.keep("champion/calibration.json", b"{}")
    mlflow.register(1)
    with structlog.testing.capture_logs() as logs, watching(mlflow, tmp_path) as (status, _):
        several_more(mlflow)
        fetched = asked(mlflow, "get-artifact")
        mlflow.register(2)
        several_more(mlflow)
        shown = str(status()["registry_error"])

    reasons = [entry["reason"] for entry in logs if entry["event"] == "champion not loaded"]
    assert (fetched, asked(mlflow, "get-artifact")) == (1, 2)
    assert [reason.partition(" has no valid calibration.json")[0] for reason in reasons] == ["Version 1", "Version 2"]
    assert "Version 2 has no valid calibration.json" in shown


def test_an_outage_is_shown_and_logged_once_by_the_reader(mlflow: StandInMlflow, tmp_path: Path) -> None:
    mlflow.replies[ALIAS] = Reply(403, b"Invalid Host header")
    with structlog.testing.capture_logs() as logs, watching(mlflow, tmp_path) as (status, _):
        several_more(mlflow)
        shown = str(status()["registry_error"])
        del mlflow.replies[ALIAS]
        several_more(mlflow)
        afterwards = status()["registry_error"]

    assert "VIGIE_MLFLOW_ALLOWED_HOSTS" in shown
    assert afterwards is None
    assert [entry["event"] for entry in logs] == ["registry unavailable", "registry available again"]
