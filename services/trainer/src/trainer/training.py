"""One training, from the scored topic to a champion."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from trainer.errors import TooFewRowsError
from trainer.forest_layout import write_forest
from trainer.gate import SAMPLE_ROWS, require_budget, require_same_scores
from trainer.logged_features import LoggedFeatures
from trainer.plots import draw_features, draw_scores
from trainer.registry import Registry, address
from trainer.scored_topic import ScoredTopic
from trainer.settings import TrainerSettings
from trainer.trained import Trained, TrainingResult, learn
from vigie_runtime import get_logger, load_settings
from vigie_schemas import CHAMPION_ARTIFACTS, FEATURE_NAMES

log = get_logger(__name__)


class Trainer:
    """Trains on what the scored topic holds and registers the champion."""

    def __init__(self, settings: TrainerSettings | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings or load_settings(TrainerSettings)
        self._clock = clock

    def train(self, rows: int | None = None) -> TrainingResult:
        """Train once on the newest `rows` records; raise TrainingError when no champion may come of it."""
        topic = ScoredTopic(self._settings)
        try:
            return self.train_from(topic, rows)
        finally:
            topic.close()

    def train_from(self, topic: ScoredTopic, rows: int | None = None) -> TrainingResult:
        """Train with a reader that is there already."""
        registry = Registry(self._settings.mlflow_tracking_uri)
        registry.require_answer()
        wanted = rows or self._settings.train_rows
        logged = topic.read_newest(wanted)
        self.require_rows(logged, min(wanted // 2, self._settings.train_minimum_rows))
        started = time.monotonic()
        trained = learn(logged, self._settings)
        fit_seconds = time.monotonic() - started
        with registry.run(f"{logged.rows} rows") as run_id, tempfile.TemporaryDirectory(prefix="vigie-") as folder:
            result = self._publish(registry, run_id, trained, fit_seconds, Path(folder))
        registry.promote(result.version)  # the last step of all: whatever failed before, the champion stayed
        log.info("champion trained", version=result.version, rows=result.rows, run_id=run_id)
        return result

    def require_rows(self, logged: LoggedFeatures, needed: int) -> None:
        """Raise TooFewRowsError when fewer transactions came than are needed."""
        if logged.rows < needed:
            raise TooFewRowsError(
                f"{logged.rows} transactions with all features are logged, {needed} are needed "
                f"({logged.left_out} records were left out, {logged.repeats} were repeats): "
                "let the detector score more or lower VIGIE_TRAIN_MINIMUM_ROWS."
            )

    def _publish(
        self, registry: Registry, run_id: str, trained: Trained, fit_seconds: float, folder: Path
    ) -> TrainingResult:
        """Log everything, pass the gate, register, all without being seen by the detector."""
        registry.log(self._params(), trained.metrics() | {"fit_seconds": fit_seconds})
        plots, champion = folder / "plots", folder / CHAMPION_ARTIFACTS
        plots.mkdir()
        champion.mkdir()
        established = trained.logged.established
        draw_scores(plots, trained.scores, established, trained.thresholds, trained.alert_budget)
        draw_features(plots, trained.ranges)
        registry.log_folder(plots, "plots")
        write_forest(trained.forest, champion / "forest", written_at_ms=int(self._clock() * 1_000))
        difference = require_same_scores(trained.forest, champion / "forest", trained.logged.matrix)
        require_budget(trained.alert_share, trained.alert_budget)
        version = registry.register(trained.forest, trained.logged.matrix[:SAMPLE_ROWS])
        calibration = trained.calibration()
        (champion / "calibration.json").write_text(calibration.model_dump_json(indent=2), encoding="utf-8")
        registry.log_folder(champion, CHAMPION_ARTIFACTS)
        span = {"trained_from_ms": calibration.trained_from_ms, "trained_to_ms": calibration.trained_to_ms}
        registry.tag_version(version, {"trained_rows": trained.logged.rows, "layout_difference": difference, **span})
        return TrainingResult(
            version=version,
            rows=trained.logged.rows,
            repeats=trained.logged.repeats,
            left_out=trained.logged.left_out,
            thresholds=trained.thresholds,
            alert_shares=trained.alert_shares,
            run_id=run_id,
            address=address(version),
            page=registry.page(version),
        )

    def _params(self) -> dict[str, object]:
        settings = self._settings
        return {
            "trees": settings.forest_trees,
            "samples_per_tree": settings.forest_samples,
            "seed": settings.forest_seed,
            "alert_budget": settings.alert_budget,
            "rows_wanted": settings.train_rows,
            "features": ",".join(FEATURE_NAMES),
        }
