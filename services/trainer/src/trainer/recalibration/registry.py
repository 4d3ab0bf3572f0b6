"""Where thresholds are published: beside the champion in MLflow, each version with its cause."""

from trainer.recalibration.recalibrator import ModeChange, Recalibrator
from trainer.registry import RegistryWriter
from trainer.settings import TrainerSettings
from vigie_registry import Champion, UnusableVersionError
from vigie_runtime import get_logger
from vigie_schemas import (
    FIRST_THRESHOLD_VERSION,
    MODEL_NAME,
    THRESHOLD_ARTIFACTS,
    THRESHOLD_VERSION_TAG,
    Thresholds,
)

log = get_logger(__name__)


class ThresholdPublisher(RegistryWriter):
    """The part of MLflow that recalibration needs."""

    def recalibrator(self, champion: Champion, settings: TrainerSettings) -> Recalibrator:
        """A recalibrator that goes on from the champion's newest thresholds.

        Raises UnusableVersionError when the champion has no valid calibration.
        """
        calibration = self._reader.calibration(champion.version)
        thresholds = calibration.thresholds
        if champion.threshold_version > FIRST_THRESHOLD_VERSION:
            try:
                thresholds = self._reader.thresholds(champion.version, champion.threshold_version).thresholds
            except UnusableVersionError as error:  # the next version replaces it; the detector refuses it too
                log.warning("thresholds not valid, going on from the champion's first", reason=str(error))
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
        with self._uploaded():
            self._client.log_text(
                champion.run_id, thresholds.model_dump_json(indent=2), f"{THRESHOLD_ARTIFACTS}/{number}.json"
            )
        with self._written():
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
        with self._written():
            self._client.log_metric(
                champion.run_id, f"frozen_{change.segment}", float(change.mode == "frozen"), timestamp=change.at_ms
            )
            self._tag(champion, f"threshold_state_{change.segment}", change.sentence)

    def _tag(self, champion: Champion, name: str, value: str) -> None:
        self._client.set_model_version_tag(MODEL_NAME, str(champion.version), name, value)
