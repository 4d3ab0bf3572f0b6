"""Shadow as a part of the trainer's service: a challenger watches, and is promoted, rejected or rolled back."""

import threading
import time
from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

from trainer.labels_topic import LabelsTopic
from trainer.retries import Retries
from trainer.scored_topic import ScoredTopic
from trainer.settings import TrainerSettings
from trainer.shadow.decisions import Decisions
from trainer.shadow.guard import Guard
from trainer.shadow.models import UnusableChallengerError, WatchedModels
from trainer.shadow.rows import judged_rows
from trainer.shadow.topics import ApprovalsTopic, ShadowTopics
from trainer.shadow.watch import Watch
from vigie_runtime import VigieError, get_logger
from vigie_schemas import Label, ShadowReport

log = get_logger(__name__)

READ_SECONDS: Final = 0.5
LABELS_SECONDS: Final = 0.05
REGISTRY_INTERVAL_SECONDS: Final = 5.0
REPORT_INTERVAL_SECONDS: Final = 5.0
REPORT_REST: Final = 20.0
"""Times as long as a report took until the next: with many rows its resampling needs seconds."""
REPLAYED_ROWS: Final = 200_000
REPLAYED_LABELS: Final = 200_000
MAX_PAUSE_SECONDS: Final = 30.0


class ShadowService:
    """Watches challengers and new champions. Nothing that Kafka, MLflow or a record does ends it."""

    def __init__(
        self,
        settings: TrainerSettings,
        models: WatchedModels,
        decisions: Decisions,
        scored: ScoredTopic,
        labels: LabelsTopic,
        topics: ShadowTopics,
        approvals: ApprovalsTopic,
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._models = models
        self._decisions = decisions
        self._scored = scored
        self._labels = labels
        self._topics = topics
        self._approvals = approvals
        self._timer = timer
        self._watch: Watch | None = None
        self._guard: Guard | None = None
        self._report: ShadowReport | None = None
        self._asked_at = self._next_report = float("-inf")
        self._rollbacks = 0
        self._retries = Retries(MAX_PAUSE_SECONDS)

    def run(self, stop: threading.Event) -> None:
        """Work until stopped."""
        pause = 0.0
        while not stop.wait(pause):
            pause = self.step()

    def as_status(self) -> dict[str, object]:
        """What /status says of the challenger."""
        watch, report, guard = self._watch, self._report, self._guard
        return {
            "promotion": self._settings.promotion,
            "challenger_version": watch.challenger.version if watch else None,
            "state": report.state if report else None,
            "rows": watch.rows if watch else 0,
            "guarded_version": guard.champion_version if guard else None,
            "rollbacks": self._rollbacks,
            "last_error": self._retries.last_error,
        }

    def step(self) -> float:
        """Read on, compare and decide what is due; return the seconds to wait before the next step."""
        try:
            self._look()
            if self._watch is None and self._guard is None:
                self._retries.succeeded()
                return REGISTRY_INTERVAL_SECONDS
            self._read()
            self._decide()
        except VigieError as error:
            return self._failed(str(error))
        except Exception as error:  # a fault of ours or a library's: logged in full, then started over
            log.exception("shadow failed unexpectedly")
            self._watch = self._guard = None
            return self._failed(f"{type(error).__name__}: {error}")
        self._retries.succeeded()
        return 0.0

    def _look(self) -> None:
        """Ask the registry who watches and who serves, and begin again where that has changed."""
        if self._timer() - self._asked_at < REGISTRY_INTERVAL_SECONDS:
            return
        self._asked_at = self._timer()
        found = self._models.found()
        watch, guard = self._watch, self._guard
        if found.is_watched_by(watch) and found.is_guarded_by(guard):
            return
        self._watch = self._guard = None  # whatever fails from here on is tried again
        try:
            self._watch, self._guard = self._models.watch(found), self._models.guard(found)
        except UnusableChallengerError as error:
            self._decisions.refuse_unusable(found, str(error))
            raise
        if self._watch or self._guard:
            self._scored.follow(REPLAYED_ROWS)
            self._labels.follow(REPLAYED_LABELS)
        if self._watch:
            self._report = None
            log.info("challenger watches", version=self._watch.challenger.version, asked_by=self._watch.asked_by)

    def _read(self) -> None:
        for message in self._labels.read_on(LABELS_SECONDS):
            self._take_label(message.value())
        since_ms = min(one.since_ms for one in (self._watch, self._guard) if one is not None)
        fresh = [one.value() for one in self._scored.read_on(READ_SECONDS) if one.timestamp()[1] >= since_ms]
        rows = judged_rows(fresh)
        if self._guard is not None:
            self._guard.take(rows)
        if self._watch is not None and (taken := self._watch.take(rows)) is not None:
            self._topics.write_scores(*taken, self._watch.challenger.version)

    def _take_label(self, payload: bytes | None) -> None:
        try:
            label = Label.model_validate_json(payload or b"")
        except ValidationError:
            return  # counted where trainings read the labels
        for watcher in (self._watch, self._guard):
            if watcher is not None:
                watcher.take_label(label)

    def _decide(self) -> None:
        if self._watch is not None:
            self._decisions.hear(self._approvals.arrived(), self._watch)
        if self._timer() < self._next_report:
            return
        begun = self._timer()
        if self._guard is not None and (reason := self._guard.reason_to_go_back()) is not None:
            self._decisions.roll_back(self._guard, reason)
            self._rollbacks += 1
            self._guard, self._asked_at = None, float("-inf")
        if self._watch is not None and (report := self._decisions.on(self._watch)) is not None:
            self._report = report
            self._topics.write_report(report)
            if report.state in ("promoted", "rejected"):
                self._watch, self._asked_at = None, float("-inf")
        took = self._timer() - begun
        self._next_report = self._timer() + max(REPORT_INTERVAL_SECONDS, REPORT_REST * took)

    def _failed(self, sentence: str) -> float:
        pause = self._retries.failed(sentence)
        log.warning("shadow postponed", reason=sentence, next_try_seconds=pause)
        return pause
