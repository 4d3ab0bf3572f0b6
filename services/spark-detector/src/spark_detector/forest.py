"""The Isolation Forest, carried as an MLlib tree ensemble and applied by the JVM (docs/adr/0002)."""

from collections.abc import Callable, Mapping
from typing import Final

from pyspark.ml.functions import array_to_vector
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.champion import LoadedChampion
from spark_detector.threshold import usual
from vigie_schemas import FEATURE_NAMES, isolation_score

_INPUT: Final = "forest_input"
_PATH_LENGTH: Final = "mean_path_length"

Step = Callable[[DataFrame], DataFrame]


def with_score(champion: LoadedChampion | None) -> Step:
    """Column features → column score, from 0 to 1, near 1 the most unusual; null while there is no champion."""

    def score(transactions: DataFrame) -> DataFrame:
        if champion is None:
            return transactions.withColumn("score", F.lit(None).cast("double"))
        walked = _walked(champion, transactions.withColumn(_INPUT, _vector({})), _INPUT, _PATH_LENGTH)
        isolation = isolation_score(F.col(_PATH_LENGTH), champion.calibration.samples_per_tree)
        return walked.withColumn("score", isolation).drop(_INPUT, _PATH_LENGTH)

    return score


def with_path_lengths_without(champion: LoadedChampion) -> Step:
    """Adds for each feature the mean path length the transaction would have if that feature alone were as usual.

    Each of these columns may be used once only, inside the condition under which it is wanted: Spark then moves the
    walk through the forest into that condition, and transactions that do not alert pay nothing for it.
    """

    def walk(transactions: DataFrame) -> DataFrame:
        inputs = {name: f"{_INPUT}_without_{name}" for name in FEATURE_NAMES}
        walked = transactions.select("*", *[_vector({name: usual(name)}).alias(inputs[name]) for name in inputs])
        for name in FEATURE_NAMES:
            walked = _walked(champion, walked, inputs[name], path_length_without(name))
        return walked.drop(*inputs.values())

    return walk


def path_length_without(name: str) -> str:
    """Column of the mean path length with that feature as usual."""
    return f"path_length_without_{name}"


def _walked(champion: LoadedChampion, transactions: DataFrame, vector: str, path_length: str) -> DataFrame:
    """Walk the forest with the vector's values."""
    # columns are named on a copy: other steps of the query walk the same forest with other columns
    return champion.forest.copy().setFeaturesCol(vector).setPredictionCol(path_length).transform(transactions)


def _vector(replaced: Mapping[str, Column]) -> Column:
    """The forest's inputs, some replaced; rounded to float32, for that is what scikit-learn compares."""
    values = [replaced.get(name, F.col(f"features.{name}")) for name in FEATURE_NAMES]
    return array_to_vector(F.array(*[value.cast("float").cast("double") for value in values]))
