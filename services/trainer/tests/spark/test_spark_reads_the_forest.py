"""Spark itself reads what was written, and scores as scikit-learn does."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from trainer.forest_layout import write_forest
from trainer.layout_walker import LayoutForest
from vigie_schemas import isolation_score

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

CLOSE = 1e-12
WRITTEN_AT_MS = 1_795_433_310_957


def fitted(matrix: np.ndarray, *, trees: int = 100, samples: int = 256, features: float = 1.0) -> IsolationForest:
    forest = IsolationForest(
        n_estimators=trees, max_samples=min(samples, len(matrix)), max_features=features, random_state=7
    )
    return forest.fit(matrix.astype(np.float32))


def spark_scores(spark: "SparkSession", forest: IsolationForest, folder: Path, matrix: np.ndarray) -> np.ndarray:
    from pyspark.ml.functions import array_to_vector
    from pyspark.ml.regression import RandomForestRegressionModel
    from pyspark.sql import functions as F

    write_forest(forest, folder, written_at_ms=WRITTEN_AT_MS)
    model = RandomForestRegressionModel.load(str(folder))
    assert model.getNumTrees == len(forest.estimators_)
    assert model.numFeatures == matrix.shape[1]
    rows_file = folder.parent / f"{folder.name}-rows.parquet"
    write_rows(rows_file, matrix.astype(np.float32).astype(np.float64))
    rows = spark.read.parquet(str(rows_file)).withColumn("features", array_to_vector(F.col("values")))
    answered = model.transform(rows).orderBy("row").select("prediction").toArrow()
    return isolation_score(answered["prediction"].to_numpy(), forest.max_samples_)


def write_rows(path: Path, matrix: np.ndarray) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"row": np.arange(len(matrix)), "values": list(matrix)}), path)


def hostile_rows(forest: IsolationForest, width: int) -> np.ndarray:
    """Rows that stand exactly on splits and next to them, zeros, and the largest and smallest numbers."""
    tree = forest.estimators_[0].tree_
    splits = tree.threshold[tree.children_left >= 0][:40]
    on_split = np.repeat(splits.astype(np.float32)[:, None], width, axis=1)
    beside = [np.nextafter(on_split, np.float32(side)) for side in (-np.inf, np.inf)]
    largest = np.finfo(np.float32).max
    extremes = np.array([0.0, -0.0, largest, -largest, np.finfo(np.float32).tiny, 1e-45])[:, None]
    return np.concatenate([on_split, *beside, np.repeat(extremes, width, axis=1)]).astype(np.float64)


def assert_same(spark: "SparkSession", forest: IsolationForest, folder: Path, matrix: np.ndarray) -> None:
    expected = -forest.score_samples(matrix.astype(np.float32))
    difference = np.abs(spark_scores(spark, forest, folder, matrix) - expected).max()
    print(f"\nforest in Spark against scikit-learn, {len(matrix):,} rows: largest difference {difference:.1e}")  # noqa: T201
    assert difference <= CLOSE
    assert np.abs(LayoutForest(folder).scores(matrix, forest.max_samples_) - expected).max() <= CLOSE


def test_twenty_thousand_rows_score_the_same(spark: "SparkSession", tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    matrix = np.concatenate([random.normal(size=(20_000, 10)), random.poisson(0.3, size=(20_000, 5))], axis=1)
    forest = fitted(matrix[:6_000])

    assert_same(spark, forest, tmp_path / "forest", np.concatenate([matrix, hostile_rows(forest, 15)]))


@pytest.mark.parametrize(
    ("learned", "shape"),
    [
        (np.random.default_rng(1).normal(size=(400, 1)), {}),
        (np.random.default_rng(2).normal(size=(2, 15)), {}),
        (np.random.default_rng(3).normal(size=(500, 15)), {"samples": 2}),
        (np.random.default_rng(4).normal(size=(500, 15)), {"trees": 1}),
        (np.full((300, 15), 3.5), {}),
        (np.random.default_rng(5).integers(0, 2, size=(500, 15)).astype(np.float64), {}),
        (np.random.default_rng(6).normal(size=(500, 15)), {"features": 0.4}),
    ],
    ids=["one feature", "two rows", "depth one", "one tree", "constant", "zeros and ones", "drawn features"],
)
def test_odd_forests_score_the_same(
    spark: "SparkSession", tmp_path: Path, learned: np.ndarray, shape: dict[str, int]
) -> None:
    forest = fitted(learned, **shape)

    width = learned.shape[1]
    asked = np.concatenate([learned, np.random.default_rng(8).normal(size=(200, width)), hostile_rows(forest, width)])
    assert_same(spark, forest, tmp_path / "forest", asked)


def test_a_copied_forest_loads_again(spark: "SparkSession", tmp_path: Path) -> None:
    """Spark may write checksums beside what it saves; the trainer's files come without and must not need them."""
    from pyspark.ml.regression import RandomForestRegressionModel

    forest = fitted(np.random.default_rng(9).normal(size=(300, 15)), trees=3)
    write_forest(forest, tmp_path / "forest", written_at_ms=WRITTEN_AT_MS)
    assert not list(tmp_path.rglob("*.crc"))

    RandomForestRegressionModel.load(str(tmp_path / "forest")).write().save(str(tmp_path / "saved"))

    again = RandomForestRegressionModel.load(str(tmp_path / "saved"))
    assert again.totalNumNodes == sum(tree.tree_.node_count for tree in forest.estimators_)
