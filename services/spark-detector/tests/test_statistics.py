import math

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_detector.statistics import at_least, at_most, kilometres, median, positive

pytestmark = pytest.mark.spark


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0], 3.0), ([1.0, 9.0], 5.0), ([9.0, 1.0, 2.0], 2.0), ([4.0, 1.0, 3.0, 2.0], 2.5), ([], None)],
)
def test_median(spark: SparkSession, values: list[float], expected: float | None) -> None:
    frame = spark.createDataFrame([(values,)], "values array<double>")

    assert frame.select(median(F.col("values"))).first()[0] == expected


def test_null_stays_null(spark: SparkSession) -> None:
    nothing = F.lit(None).cast("double")

    row = spark.range(1).select(
        positive(nothing),
        at_most(nothing, 1.0),
        at_least(nothing, 1.0),
        kilometres(nothing, F.lit(1.0), nothing, nothing),
    )

    assert list(row.first()) == [None] * 4


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ((48.8566, 2.3522), (35.6762, 139.6503), 9712),  # Paris to Tokyo
        ((0.0, 0.0), (0.0, 180.0), math.pi * 6371.0088),  # half around the earth
        ((90.0, 0.0), (90.0, 77.0), 0.0),  # at the pole every longitude is the same place
        ((12.0, 179.9), (12.0, -179.9), 21.75),  # over the date line
    ],
)
def test_kilometres(
    spark: SparkSession, here: tuple[float, float], there: tuple[float, float], expected: float
) -> None:
    distance = kilometres(F.lit(here[0]), F.lit(here[1]), F.lit(there[0]), F.lit(there[1]))

    assert spark.range(1).select(distance).first()[0] == pytest.approx(expected, rel=1e-3, abs=1e-6)
