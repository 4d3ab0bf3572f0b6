"""Trees as a function of columns: MLlib applies its models to whole DataFrames only, one column at a time.

Each of these applications serialises all trees again, and a query would need one for the score and sixteen for reasons.
As a function they are serialised once, and may be applied inside a condition, or in a loop over what varies
(docs/adr/0024).
"""

from collections.abc import Callable

from pyspark.ml.functions import array_to_vector
from pyspark.ml.regression import RandomForestRegressionModel
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

TreesMean = Callable[[Column], Column]
"""Column of the inputs as array<double>, in the order of training → mean over the trees, double."""


def trees_mean_of(spark: SparkSession, forest: RandomForestRegressionModel) -> TreesMean:
    """The trees' prediction as a function of columns."""
    inputs = array_to_vector(F.array(*[F.lit(0.0)] * forest.numFeatures)).alias("inputs")
    applied = forest.copy().setFeaturesCol("inputs").setPredictionCol("mean").transform(spark.range(0).select(inputs))
    jvm = spark.sparkContext._jvm
    # the last column of MLlib's own plan is its function applied to the column of inputs, under a name
    function = applied._jdf.queryExecution().analyzed().expressions().last().child()
    columns = jvm.org.apache.spark.sql.classic.ExpressionUtils  # pyright: ignore[reportOptionalMemberAccess]
    to_seq = jvm.org.apache.spark.api.python.PythonUtils.toSeq  # pyright: ignore[reportOptionalMemberAccess]

    def mean(values: Column) -> Column:
        vector = array_to_vector(values)
        return Column(columns.column(function.withNewChildren(to_seq([columns.expression(vector._jc)]))))

    return mean
