"""The champion as the detector serves it: a forest that Spark has loaded, with its calibration."""

from dataclasses import dataclass
from pathlib import Path

from py4j.protocol import Py4JError
from pydantic import ValidationError
from pyspark.errors import PySparkException
from pyspark.ml.regression import RandomForestRegressionModel
from pyspark.sql import SparkSession

from spark_detector.trees import TreesMean, trees_mean_of
from vigie_registry import UnusableVersionError, first_fault
from vigie_schemas import FEATURE_NAMES, HISTORY_LENGTH, SECOND_STAGE_INPUTS, Calibration


class ChampionError(UnusableVersionError):
    """A registered model cannot be used by this detector; the one that serves stays."""


@dataclass(frozen=True)
class LoadedChampion:
    """A forest ready to be applied, with its thresholds and, where labels taught one, its second stage."""

    version: int
    calibration: Calibration
    path_length: TreesMean
    log_odds: TreesMean | None = None
    """The second stage's, of the first of SECOND_STAGE_INPUTS; None where the forest scores alone."""

    @property
    def second_stage_weight(self) -> float:
        """Of the second stage in the score; 0 where the forest scores alone."""
        second_stage = self.calibration.second_stage
        return 0.0 if second_stage is None else second_stage.weight

    @property
    def second_stage_inputs(self) -> int:
        """How many of SECOND_STAGE_INPUTS its second stage knows; 0 where the forest scores alone."""
        second_stage = self.calibration.second_stage
        return 0 if second_stage is None else len(second_stage.inputs)

    @property
    def threshold_version(self) -> int:
        """Version of the thresholds it judges by."""
        return self.calibration.threshold_version


def load_champion(version: int, folder: Path) -> LoadedChampion:
    """Read calibration, forest and second stage; raise ChampionError when they do not fit this detector."""
    try:
        calibration = Calibration.model_validate_json((folder / "calibration.json").read_bytes())
    except ValidationError as error:
        reason = first_fault(error)
        raise ChampionError(f"Version {version} has no valid calibration.json ({reason}). Train again.") from None
    except OSError as error:
        raise ChampionError(
            f"The calibration.json of version {version} cannot be read ({error}). Train again."
        ) from None
    if tuple(calibration.feature_names) != FEATURE_NAMES or calibration.history_length != HISTORY_LENGTH:
        raise ChampionError(
            f"Version {version} was trained on other features than this detector computes. "
            "Deploy the detector that logged them, or train again with `make train`."
        )
    second_stage = calibration.second_stage
    if second_stage is not None and not _knows(second_stage.inputs):
        raise ChampionError(
            f"The second stage of version {version} has other inputs than this detector computes. "
            "Deploy the detector that it was trained for, or train again with `make train`."
        )
    return LoadedChampion(
        version=version,
        calibration=calibration,
        path_length=_trees(version, folder, "forest", len(FEATURE_NAMES)),
        log_odds=None if second_stage is None else _trees(version, folder, "second_stage", len(second_stage.inputs)),
    )


def _knows(inputs: list[str]) -> bool:
    """Whether a second stage's inputs are computed here: all, or as many as there were when it was trained."""
    return len(FEATURE_NAMES) < len(inputs) and tuple(inputs) == SECOND_STAGE_INPUTS[: len(inputs)]


def _trees(version: int, folder: Path, name: str, inputs: int) -> TreesMean:
    """The mean of the trees in that folder, as a function of columns."""
    spark, what = SparkSession.active(), name.replace("_", " ")
    try:
        trees = RandomForestRegressionModel.load((folder / name).absolute().as_uri())
    except (PySparkException, Py4JError) as error:
        raise ChampionError(f"Version {version} holds no {what} that Spark can read ({error}). Train again.") from None
    if trees.numFeatures != inputs:
        raise ChampionError(
            f"The {what} of version {version} has {trees.numFeatures} inputs, not {inputs}. Train again."
        )
    return trees_mean_of(spark, trees)
