"""A registered version as numpy walks it: what it would have said of transactions that another version judged."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from trainer.champion_files import CALIBRATION_FILE, FOREST_FOLDER, SECOND_STAGE_FOLDER
from trainer.layout_walker import LayoutForest
from trainer.logged_features import Floats
from trainer.second_stage import second_stage_inputs
from trainer.shadow.rows import JudgedRows
from vigie_registry import UnusableVersionError, first_fault
from vigie_schemas import FEATURE_NAMES, SECOND_STAGE_INPUTS, Calibration, Threshold, combined_score


@dataclass(frozen=True)
class Opinion:
    """What a version says of rows that another one judged, an element a row."""

    scores: Floats
    thresholds: Floats
    """Of each row's segment."""

    @property
    def alerts(self) -> NDArray[np.bool_]:
        """Which rows it would alert on."""
        return self.scores >= self.thresholds


@dataclass(frozen=True)
class WatchingModel:
    """Trees and numbers of one version; nothing of it is executed."""

    version: int
    calibration: Calibration
    thresholds: dict[str, Threshold]
    forest: LayoutForest
    second_stage: LayoutForest | None

    @classmethod
    def load(cls, version: int, folder: Path, thresholds: dict[str, Threshold] | None = None) -> Self:
        """From the files of a champion; `thresholds` are newer ones than the calibration's.

        Raises UnusableVersionError where they are broken or for other features than are logged here.
        """
        try:
            calibration = Calibration.model_validate_json((folder / CALIBRATION_FILE).read_bytes())
            stage = calibration.second_stage
            known = stage is None or tuple(stage.inputs) == SECOND_STAGE_INPUTS[: len(stage.inputs)]
            if tuple(calibration.feature_names) != FEATURE_NAMES or not known:
                raise UnusableVersionError(
                    f"Version {version} was trained on other features than are logged here: train again."
                )
            return cls(
                version,
                calibration,
                thresholds or calibration.thresholds,
                LayoutForest(folder / FOREST_FOLDER),
                None if stage is None else LayoutForest(folder / SECOND_STAGE_FOLDER),
            )
        except ValidationError as error:
            raise UnusableVersionError(
                f"Version {version} has no valid {CALIBRATION_FILE} ({first_fault(error)}): train again."
            ) from None
        except (OSError, LookupError, ValueError) as error:
            raise UnusableVersionError(
                f"The trees of version {version} cannot be read ({error}): train again."
            ) from None

    def opinion(self, rows: JudgedRows) -> Opinion:
        """Its score of each row, as the detector would compute it, and the threshold it would judge by."""
        thresholds = [self._threshold(segment) for segment in rows.segments]
        return Opinion(self._scores(rows), np.array(thresholds, dtype=np.float64))

    def visits(self, rows: JudgedRows) -> float:
        """How many splits of its trees a row passes, over all rows: what the detector's time for it grows with."""
        visits = self.forest.visits(rows.matrix)
        if self.second_stage is not None:
            visits = visits + self.second_stage.visits(self._stage_inputs(rows))
        return float(visits.sum())

    def _scores(self, rows: JudgedRows) -> Floats:
        scores = self.forest.scores(rows.matrix, self.calibration.samples_per_tree)
        stage = self.calibration.second_stage
        if stage is None or self.second_stage is None:
            return scores
        log_odds = self.second_stage.means(self._stage_inputs(rows))
        return combined_score(scores, log_odds, weight=stage.weight, offset=stage.offset, scale=stage.scale)

    def _stage_inputs(self, rows: JudgedRows) -> Floats:
        """As many of SECOND_STAGE_INPUTS as its second stage knows, a row each."""
        stage = self.calibration.second_stage
        known = 0 if stage is None else len(stage.inputs)
        return second_stage_inputs(rows.matrix, rows.timestamps_ms, rows.counterparties)[:, :known]

    def _threshold(self, segment: str) -> float:
        """1, which no score reaches, for a segment that it does not know: without a threshold nothing alerts."""
        level = self.thresholds.get(segment)
        return 1.0 if level is None else level.threshold
