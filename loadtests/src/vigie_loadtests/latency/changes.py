"""Makes things change in the middle of a load: new thresholds, a new model, a crash of the detector."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from vigie_loadtests.background import Background
from vigie_loadtests.latency.events import Publication
from vigie_local.services import DETECTOR, MLFLOW, TRAINER
from vigie_local.system import LocalSystem
from vigie_registry import Champion, RegistryReader
from vigie_runtime import UnavailableError, VigieError
from vigie_schemas import (
    CHAMPION_ALIAS,
    FIRST_THRESHOLD_VERSION,
    MODEL_NAME,
    SCHEMA_VERSION,
    THRESHOLD_ARTIFACTS,
    THRESHOLD_VERSION_TAG,
    Thresholds,
)

SHARES = {"thresholds": 0.3, "model": 0.5, "crash": 0.8}
"""Of the measured time, at which each is begun."""
TRAINING_TIMEOUT_SECONDS = 300.0
API = "/api/2.0/mlflow/"
NEWER = 1_000
"""Added to the threshold version, so that no version of the trainer's has the same number."""


class ForcedChanges(Background):
    """A context: inside it everything is done at its time, beside the load; its errors are raised at the end."""

    def __init__(self, system: LocalSystem, *, begin_ms: int, duration: int, with_crash: bool, python: Path) -> None:
        super().__init__("changes")
        self._system = system
        self._python = python
        self._registry = RegistryReader(system.address(MLFLOW))
        self._client = httpx2.Client(base_url=system.address(MLFLOW), timeout=30, trust_env=False)
        steps: dict[str, Callable[[], None]] = {"thresholds": self._publish_thresholds, "model": self._train}
        if with_crash:
            steps["crash"] = self._kill
        self._steps = [(begin_ms + int(SHARES[name] * duration * 1000), step) for name, step in steps.items()]
        self._error: Exception | None = None
        self.publications: dict[tuple[int, int], Publication] = {}
        """By model and threshold version."""
        self.killed_ms: int | None = None

    def run(self) -> None:
        """Take each step at its time."""
        try:
            for at_ms, step in self._steps:
                if self._stop.wait(max(0.0, at_ms / 1000 - time.time())):
                    return
                step()
            self._stop.wait()  # what a thread has started gets its parent-death signal when that thread ends
        except (VigieError, httpx2.HTTPError, OSError, subprocess.SubprocessError) as error:
            self._error = error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, traceback)
        self._registry.close()
        self._client.close()
        if self._error is not None and error is None:
            raise self._error

    def _publish_thresholds(self) -> None:
        """A version whose thresholds are those of before but for a millionth."""
        champion = self._champion()
        calibration = self._registry.calibration(champion.version)
        levels = {
            name: level.model_copy(update={"threshold": level.threshold * (1 - 1e-6)})
            for name, level in calibration.thresholds.items()
        }
        thresholds = Thresholds(
            schema_version=SCHEMA_VERSION,
            model_version=champion.version,
            threshold_version=champion.threshold_version + NEWER,
            alert_budget=calibration.alert_budget,
            thresholds=levels,
            changes={},
            decided_at_ms=_now_ms(),
        )
        number = str(thresholds.threshold_version)
        run = self._asked("runs/get", run_id=champion.run_id)["run"]["info"]["artifact_uri"]
        folder = run.removeprefix("mlflow-artifacts:/").lstrip("/")
        self._client.put(
            f"/api/2.0/mlflow-artifacts/artifacts/{folder}/{THRESHOLD_ARTIFACTS}/{number}.json",
            content=thresholds.model_dump_json(),
        ).raise_for_status()
        self._ordered(
            "model-versions/set-tag",
            name=MODEL_NAME,
            version=str(champion.version),
            key=THRESHOLD_VERSION_TAG,
            value=number,
        )
        published_ms = _now_ms()
        self.publications[champion.version, thresholds.threshold_version] = Publication(published_ms, published_ms)

    def _train(self) -> None:
        """A training as by hand; what the gate does not promote is promoted here, because a change is what is asked."""
        begun_ms, before = _now_ms(), self._champion().version
        done = subprocess.run(
            [str(self._python), "-m", TRAINER.module, "train"],
            env={**os.environ, **self._system.environment_of(TRAINER)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # as the service, whose trainings yield to scoring
            timeout=TRAINING_TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise UnavailableError(f"No model was trained during the load: {done.stdout[-500:]}")
        if self._champion().version == before:
            found = self._asked("model-versions/search", filter=f"name='{MODEL_NAME}'", order_by="version_number DESC")
            newest = max(int(version["version"]) for version in found["model_versions"])
            self._ordered("registered-models/alias", name=MODEL_NAME, alias=CHAMPION_ALIAS, version=str(newest))
        self.publications[self._champion().version, FIRST_THRESHOLD_VERSION] = Publication(begun_ms, _now_ms())

    def _kill(self) -> None:
        """SIGKILL, and the start that a platform would make at once."""
        process = self._system.processes[DETECTOR.name]
        self.killed_ms = _now_ms()
        process.kill()
        process.start()

    def _champion(self) -> Champion:
        champion = self._registry.champion()
        if champion is None:
            raise UnavailableError("The registry has no champion any more: see the trainer's log.")
        return champion

    def _asked(self, question: str, **asked: str) -> Any:
        return self._client.get(API + question, params=asked).raise_for_status().json()

    def _ordered(self, order: str, **given: str) -> None:
        self._client.post(API + order, json=given).raise_for_status()


def _now_ms() -> int:
    return int(time.time() * 1000)
