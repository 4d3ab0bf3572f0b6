"""Where thresholds are published: beside the champion in MLflow, each version with its cause."""

import tempfile
from pathlib import Path

from pydantic import ValidationError

from trainer.errors import TrainingError
from trainer.recalibration.recalibrator import ModeChange, Recalibrator
from trainer.registry import Champion, Registry
from trainer.settings import TrainerSettings
from vigie_runtime import get_logger
from vigie_schemas import (
    CHAMPION_ARTIFACTS,
    FIRST_THRESHOLD_VERSION,
    MODEL_NAME,
    THRESHOLD_ARTIFACTS,
    THRESHOLD_VERSION_TAG,
    Calibration,
    Thresholds,
)

log = get_logger(__name__)


class ThresholdRegistry(Registry):
    """The part of MLflow that recalibration needs."""

    def recalibrator(self, champion: Champion, settings: TrainerSettings) -> Recalibrator:
        """A recalibrator that goes on from the champion's newest thresholds; raise TrainingError without any."""
        calibration = self._calibration(champion)
        thresholds = calibration.thresholds
        if champion.threshold_version > FIRST_THRESHOLD_VERSION:
            try:
                thresholds = Thresholds.model_validate_json(
                    self._read(champion.run_id, f"{THRESHOLD_ARTIFACTS}/{champion.threshold_version}.json")
                ).thresholds
            except ValidationError as error:  # the next version mends it; the detector refuses it too
                log.warning("thresholds unreadable", error=str(error))
        return Recalibrator(
            champion.version,
            champion.threshold_version,
            thresholds,
            calibration.alert_budget,
            window_rows=settings.recalibrate_rows,
            min_mode_seconds=settings.recalibrate_state_seconds,
        )

    def publish(self, champion: Champion, thresholds: Thresholds) -> None:
        """Store a version of the thresholds, its figures and causes, and last of all name it to the detector."""
        self.require_answer()
        number = thresholds.threshold_version
        with self._answered():
            self._client.log_text(
                champion.run_id, thresholds.model_dump_json(indent=2), f"{THRESHOLD_ARTIFACTS}/{number}.json"
            )
            for segment, level in thresholds.thresholds.items():
                self._client.log_metric(champion.run_id, f"threshold_{segment}", level.threshold, step=number)
            for segment, change in thresholds.changes.items():
                share = change.alert_share_after
                self._client.log_metric(champion.run_id, f"alert_share_{segment}", share, step=number)
                self._tag(champion, f"threshold_cause_{segment}", f"{change.cause}: {change.sentence}")
            self._tag(champion, THRESHOLD_VERSION_TAG, str(number))

    def record_mode(self, champion: Champion, change: ModeChange) -> None:
        """Say on the version that a segment's threshold froze, began to follow, or is calm again."""
        self.require_answer()
        with self._answered():
            self._client.log_metric(
                champion.run_id, f"frozen_{change.segment}", float(change.mode == "frozen"), timestamp=change.at_ms
            )
            self._tag(champion, f"threshold_state_{change.segment}", change.sentence)

    def _calibration(self, champion: Champion) -> Calibration:
        try:
            return Calibration.model_validate_json(
                self._read(champion.run_id, f"{CHAMPION_ARTIFACTS}/calibration.json")
            )
        except ValidationError as error:
            raise TrainingError(
                f"Version {champion.version} has no valid calibration.json: {error}. Its thresholds stay; train again."
            ) from None

    def _read(self, run_id: str, place: str) -> str:
        self.require_answer()
        with self._answered(), tempfile.TemporaryDirectory(prefix="vigie-") as folder:
            return Path(self._client.download_artifacts(run_id, place, folder)).read_text(encoding="utf-8")

    def _tag(self, champion: Champion, name: str, value: str) -> None:
        self._client.set_model_version_tag(MODEL_NAME, str(champion.version), name, value)
