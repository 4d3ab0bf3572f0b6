"""A champion and the golden examples, for all tests of the detector."""

from pathlib import Path

import pytest
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_detector.champion import LoadedChampion, load_champion
from vigie_schemas import (
    FEATURE_NAMES,
    HISTORY_LENGTH,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    Calibration,
    FeatureRange,
    Threshold,
)


@pytest.fixture(scope="session")
def champion(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LoadedChampion:
    """A small forest of Spark's own making: its leaves grow with amount_over_usual and speed."""
    folder = tmp_path_factory.mktemp("champion")
    rows = spark.range(2000).select(*[F.rand(seed).alias(name) for seed, name in enumerate(FEATURE_NAMES)])
    rows = rows.withColumn("label", 12 - 4 * F.col("amount_over_usual") - 4 * F.col("speed"))
    vectors = VectorAssembler(inputCols=list(FEATURE_NAMES), outputCol="features").transform(rows)
    forest = RandomForestRegressor(numTrees=8, maxDepth=4, seed=3).fit(vectors)
    forest.save((folder / "forest").as_uri())
    (folder / "calibration.json").write_text(calibration().model_dump_json())
    return load_champion(4, folder)


def calibration(**changes: object) -> Calibration:
    content = {
        "schema_version": 1,
        "feature_names": list(FEATURE_NAMES),
        "history_length": HISTORY_LENGTH,
        "samples_per_tree": 256,
        "thresholds": {
            SEGMENT_ESTABLISHED: Threshold(threshold=0.55, quantile=0.99),
            SEGMENT_NEW: Threshold(threshold=0.99, quantile=0.999),
        },
        "threshold_version": 4,
        "feature_ranges": {name: FeatureRange(usual=0.0, tail=1.0) for name in FEATURE_NAMES},
        "alert_budget": 0.01,
        "trained_rows": 2000,
        "trained_from_ms": 1_700_000_000_000,
        "trained_to_ms": 1_700_086_400_000,
    }
    return Calibration.model_validate({**content, **changes})


@pytest.fixture(scope="session")
def examples() -> Path:
    """The golden examples of the contracts."""
    return Path(__file__).parents[3] / "shared" / "schemas" / "examples" / "transaction"
