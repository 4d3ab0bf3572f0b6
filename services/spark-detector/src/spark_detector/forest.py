"""The Isolation Forest, carried as an MLlib tree ensemble and applied by the JVM (docs/adr/0002)."""

import math
from collections.abc import Callable
from typing import Final

from pyspark.ml.feature import VectorAssembler
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.champion import FOREST_INPUT, PATH_LENGTH, Champion
from vigie_schemas import FEATURE_NAMES

EULER_GAMMA: Final = 0.5772156649015329

Step = Callable[[DataFrame], DataFrame]


def with_score(champion: Champion | None) -> Step:
    """Features → score between 0 and 1, near 1 the most unusual; null while there is no champion."""

    def score(transactions: DataFrame) -> DataFrame:
        if champion is None:
            return transactions.withColumn("score", F.lit(None).cast("double"))
        assembler = VectorAssembler(inputCols=list(_INPUTS.values()), outputCol=FOREST_INPUT, handleInvalid="keep")
        # scikit-learn compares float32 inputs, so the JVM must see the same roundings
        rounded = transactions.select(
            "*",
            *[F.col(f"features.{name}").cast("float").cast("double").alias(alias) for name, alias in _INPUTS.items()],
        )
        walked = champion.forest.transform(assembler.transform(rounded))
        isolation = isolation_score(F.col(PATH_LENGTH), champion.calibration.samples_per_tree)
        return walked.withColumn("score", isolation).drop(PATH_LENGTH, FOREST_INPUT, *_INPUTS.values())

    return score


def isolation_score(mean_path_length: Column, samples_per_tree: int) -> Column:
    """2 ** (-E(h(x)) / c(n)): Liu, Ting, Zhou, Isolation Forest, 2008, equation 2."""
    return F.pow(F.lit(2.0), -mean_path_length / F.lit(average_path_length(samples_per_tree)))


def average_path_length(samples: int) -> float:
    """c(n), the mean path length of an unsuccessful search in a binary tree of n; equation 1 of the same."""
    if samples <= 1:
        return 0.0
    if samples == 2:
        return 1.0
    return 2.0 * (math.log(samples - 1.0) + EULER_GAMMA) - 2.0 * (samples - 1.0) / samples


_INPUTS: Final = {name: f"forest_{name}" for name in FEATURE_NAMES}
