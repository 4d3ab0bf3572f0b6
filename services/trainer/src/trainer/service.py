"""The trainer as a service: the first champion as soon as there is enough to learn from, then one per interval."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from trainer.errors import TooFewRowsError
from trainer.registry import RegistryWriter
from trainer.retries import pause_after
from trainer.scored_topic import ScoredTopic
from trainer.settings import TrainerSettings
from trainer.training import Trainer
from vigie_runtime import UnavailableError, VigieError, get_logger

log = get_logger(__name__)

POLL_SECONDS = 1.0
MAX_WAIT_SECONDS = 10.0
"""Between tries while Kafka, MLflow or rows are missing."""
MAX_PAUSE_SECONDS = 900.0
"""Between tries while trainings themselves fail: each costs processor time and leaves a run."""
Phase = Literal["waiting", "training", "idle", "failed"]


@dataclass(frozen=True)
class State:
    """What /status says of the service."""

    phase: Phase = "waiting"
    rows: int = 0
    champion_version: int | None = None
    next_training_at: float | None = None
    failures: int = 0
    last_error: str | None = None

    def as_status(self) -> dict[str, object]:
        """Body of /status; ready while the service can do its work."""
        return {
            "ready": self.phase != "failed",
            "phase": self.phase,
            "rows": self.rows,
            "champion_version": self.champion_version,
            "next_training_at": self.next_training_at,
            "failures": self.failures,
            "last_error": self.last_error,
        }


class TrainingService:
    """Decides when to train. Nothing that Kafka, MLflow or the rows do ends it."""

    def __init__(
        self,
        settings: TrainerSettings,
        trainer: Trainer,
        registry: RegistryWriter,
        topic: ScoredTopic,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._trainer = trainer
        self._registry = registry
        self._topic = topic
        self._clock = clock
        self._knows_champion = False
        self._state = State()

    @property
    def state(self) -> State:
        """The state now; read by the status server's thread."""
        return self._state

    def run(self, stop: threading.Event) -> None:
        """Work until stopped."""
        pause = 0.0
        while not stop.wait(pause):
            pause = self.step()

    def step(self) -> float:
        """Look once and train where it is due; return the seconds to wait before the next look."""
        try:
            if not self._knows_champion:
                self._look_for_champion()
            rows = sum(part.records for part in self._topic.held().values())
            self._state = replace(self._state, rows=rows)
            if self._due():
                self._train()
            else:
                phase: Phase = "idle" if self._state.champion_version else "waiting"
                self._state = replace(self._state, phase=phase, failures=0, last_error=None)
        except (UnavailableError, TooFewRowsError) as error:
            return self._failed(str(error), MAX_WAIT_SECONDS)
        except VigieError as error:
            return self._failed(str(error), MAX_PAUSE_SECONDS)
        except Exception as error:  # a fault of ours or a library's: logged in full, and tried again
            log.exception("training failed unexpectedly")
            return self._failed(f"{type(error).__name__}: {error}", MAX_PAUSE_SECONDS)
        return POLL_SECONDS

    def _look_for_champion(self) -> None:
        """Ask the registry who serves, and when the next training is due."""
        champion = self._registry.champion()
        self._knows_champion = True
        if champion:
            # a challenger that did not pass was a training too
            last_ms = max(champion.since_ms, self._registry.trained_last_ms() or 0)
            due = last_ms / 1_000 + self._settings.train_interval_seconds
            self._state = replace(self._state, champion_version=champion.version, next_training_at=due)

    def _due(self) -> bool:
        if self._state.rows < self._settings.train_minimum_rows or not self._interval_over():
            return False
        self._look_for_champion()  # a person may have trained since
        return self._interval_over()

    def _interval_over(self) -> bool:
        at = self._state.next_training_at
        return at is None or self._clock() >= at

    def _train(self) -> None:
        log.info("training started", rows=self._state.rows)
        self._state = replace(self._state, phase="training")
        result = self._trainer.train_from(self._topic, in_shadow=True)
        self._state = State(
            phase="idle",
            rows=self._state.rows,
            champion_version=result.version if result.is_champion else self._state.champion_version,
            next_training_at=self._clock() + self._settings.train_interval_seconds,
        )

    def _failed(self, sentence: str, longest_seconds: float) -> float:
        failures = self._state.failures + 1
        pause = pause_after(failures, longest_seconds)
        self._state = replace(self._state, phase="failed", failures=failures, last_error=sentence)
        log.warning("training postponed", reason=sentence, failures=failures, next_try_seconds=pause)
        return pause
