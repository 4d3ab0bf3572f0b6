"""Recalibration as a part of the trainer's service: reads on in the scored topic and publishes what moved."""

import threading
import time
from collections.abc import Callable

from trainer.recalibration.recalibrator import ModeChange, Recalibrator
from trainer.recalibration.registry import ThresholdPublisher
from trainer.recalibration.rows import rows_by_segment
from trainer.retries import Retries
from trainer.scored_topic import ScoredTopic
from trainer.settings import TrainerSettings
from vigie_registry import Champion
from vigie_runtime import VigieError, get_logger

log = get_logger(__name__)

READ_SECONDS = 0.5
CHAMPION_INTERVAL_SECONDS = 5.0
"""Between questions to the registry: who serves, and by which thresholds."""
MAX_PAUSE_SECONDS = 30.0
REPLAY_ROWS = 60_000
"""Newest records read again after a start: more than a window holds, and read within seconds."""


class RecalibrationService:
    """Keeps the champion's thresholds near the budget. Nothing that Kafka, MLflow or the rows do ends it."""

    def __init__(
        self,
        settings: TrainerSettings,
        registry: ThresholdPublisher,
        topic: ScoredTopic,
        *,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._topic = topic
        self._clock = clock
        self._timer = timer
        self._champion: Champion | None = None
        self._recalibrator: Recalibrator | None = None
        self._replayed_to: dict[int, int] = {}
        self._unrecorded: list[ModeChange] = []
        self._asked_at = self._published_at = float("-inf")
        self._retries = Retries(MAX_PAUSE_SECONDS)

    def run(self, stop: threading.Event) -> None:
        """Work until stopped; return at once where recalibration is switched off."""
        pause = 0.0
        while self._settings.recalibrate and not stop.wait(pause):
            pause = self.step()

    def as_status(self) -> dict[str, object]:
        """What /status says of thresholds; `state` is calm, frozen or following."""
        recalibrator = self._recalibrator
        segments = recalibrator.states.items() if recalibrator else ()
        return {
            "on": self._settings.recalibrate,
            "model_version": recalibrator.model_version if recalibrator else None,
            "threshold_version": recalibrator.threshold_version if recalibrator else None,
            "last_error": self._retries.last_error,
            "segments": {
                segment: {
                    "threshold": state.threshold,
                    "alert_share": state.alert_share,
                    "rows": state.recent.rows,
                    "state": state.mode,
                }
                for segment, state in segments
            },
        }

    def step(self) -> float:
        """Read on, decide and publish what is due; return the seconds to wait before the next step."""
        try:
            if self._recalibrator is not None:
                self._read(self._recalibrator)  # first, so that nothing is missed while the registry is away
            self._look_for_champion()
            if self._champion is None or self._recalibrator is None:
                return CHAMPION_INTERVAL_SECONDS
            self._publish(self._champion, self._recalibrator)
        except VigieError as error:
            return self._failed(str(error))
        except Exception as error:  # a fault of ours or a library's: logged in full, then started over
            log.exception("recalibration failed unexpectedly")
            self._champion = self._recalibrator = None
            return self._failed(f"{type(error).__name__}: {error}")
        self._retries.succeeded()
        return 0.0

    def _look_for_champion(self) -> None:
        """Start over where another champion serves, or where someone else has moved its thresholds."""
        if self._timer() - self._asked_at < CHAMPION_INTERVAL_SECONDS:
            return
        champion = self._registry.champion()
        self._asked_at = self._timer()
        known = self._recalibrator
        if champion is None or (
            known is not None
            and (known.model_version, known.threshold_version) == (champion.version, champion.threshold_version)
        ):
            return
        recalibrator = self._registry.recalibrator(champion, self._settings)
        self._replayed_to = self._topic.follow(REPLAY_ROWS)
        self._champion, self._recalibrator, self._unrecorded = champion, recalibrator, []
        log.info(
            "recalibration started",
            model_version=champion.version,
            threshold_version=champion.threshold_version,
        )

    def _read(self, recalibrator: Recalibrator) -> None:
        replayed: list[bytes | None] = []
        fresh: list[bytes | None] = []
        for message in self._topic.read_on(READ_SECONDS):
            is_replay = (message.offset() or 0) < self._replayed_to.get(message.partition() or 0, 0)
            (replayed if is_replay else fresh).append(message.value())
        for payloads, at in ((replayed, None), (fresh, self._timer())):
            for segment, rows in rows_by_segment(payloads, recalibrator.model_version).items():
                if segment in recalibrator.states:
                    changes = recalibrator.observe(segment, rows, at)
                    self._unrecorded += () if at is None else changes

    def _publish(self, champion: Champion, recalibrator: Recalibrator) -> None:
        """Record changes of a mode, then publish the thresholds if they moved and their time has come."""
        while self._unrecorded:
            change = self._unrecorded[0]
            self._registry.record_mode(champion, change)
            log.info("threshold state changed", segment=change.segment, state=change.mode, reason=change.sentence)
            del self._unrecorded[0]
        if self._timer() - self._published_at < self._settings.recalibrate_seconds:
            return
        thresholds = recalibrator.pending(int(self._clock() * 1_000))
        if thresholds is None:
            return
        self._registry.publish(champion, thresholds)
        recalibrator.published(thresholds)
        self._published_at = self._timer()
        reasons = {segment: change.sentence for segment, change in thresholds.changes.items()}
        log.info(
            "thresholds published",
            model_version=champion.version,
            threshold_version=thresholds.threshold_version,
            reasons=reasons,
        )

    def _failed(self, sentence: str) -> float:
        pause = self._retries.failed(sentence)
        log.warning("recalibration postponed", reason=sentence, next_try_seconds=pause)
        return pause
