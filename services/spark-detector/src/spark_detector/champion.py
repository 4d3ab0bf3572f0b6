"""The champion as the detector serves it: a forest that Spark has loaded, with its calibration."""

from dataclasses import dataclass
from pathlib import Path

from py4j.protocol import Py4JError
from pydantic import ValidationError
from pyspark.errors import PySparkException
from pyspark.ml.regression import RandomForestRegressionModel
from pyspark.sql import SparkSession

from spark_detector.path_length import PathLength, path_length_of
from vigie_registry import UnusableVersionError, first_fault
from vigie_schemas import FEATURE_NAMES, HISTORY_LENGTH, Calibration


class ChampionError(UnusableVersionError):
    """A registered model cannot be used by this detector; the one that serves stays."""


@dataclass(frozen=True)
class LoadedChampion:
    """A forest ready to be applied, with its thresholds."""

    version: int
    calibration: Calibration
    path_length: PathLength

    @property
    def threshold_version(self) -> int:
        """Version of the thresholds it judges by."""
        return self.calibration.threshold_version


def load_champion(version: int, folder: Path) -> LoadedChampion:
    """Read calibration and forest; raise ChampionError when they do not fit this detector."""
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
    spark = SparkSession.active()
    try:
        forest = RandomForestRegressionModel.load((folder / "forest").absolute().as_uri())
    except (PySparkException, Py4JError) as error:
        raise ChampionError(f"Version {version} holds no forest that Spark can read ({error}). Train again.") from None
    if forest.numFeatures != len(FEATURE_NAMES):
        raise ChampionError(
            f"The forest of version {version} has {forest.numFeatures} inputs, not {len(FEATURE_NAMES)}. Train again."
        )
    return LoadedChampion(version=version, calibration=calibration, path_length=path_length_of(spark, forest))
