"""From score to decision: the threshold of the transaction's segment, under the alert budget."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.champion import Champion
from vigie_schemas import Calibration

# Distance above the threshold, as part of the way from it to 1, from which an alert is medium or high (docs/adr/0005).
MEDIUM_FROM = 0.10
HIGH_FROM = 0.25


def with_decision(champion: Champion | None) -> Callable[[DataFrame], DataFrame]:
    """Columns score, segment → threshold, quantile, is_anomaly, severity, model_version, threshold_version."""

    def decide(transactions: DataFrame) -> DataFrame:
        calibration = champion.calibration if champion else None
        return (
            transactions.withColumns(
                {
                    "threshold": _of_segment(calibration, "threshold"),
                    "quantile": _of_segment(calibration, "quantile"),
                    "model_version": F.lit(champion.version if champion else None).cast("int"),
                    "threshold_version": F.lit(calibration.threshold_version if calibration else None).cast("int"),
                }
            )
            .withColumn("is_anomaly", _is_anomaly())
            .withColumn("severity", _severity())
        )

    return decide


def _of_segment(calibration: Calibration | None, attribute: str) -> Column:
    value = F.lit(None).cast("double")
    for segment, threshold in (calibration.thresholds if calibration else {}).items():
        value = F.when(F.col("segment") == segment, F.lit(float(getattr(threshold, attribute)))).otherwise(value)
    return value


def _is_anomaly() -> Column:
    is_judged = F.col("reject_reason").isNull()
    return F.coalesce(is_judged & (F.col("score") >= F.col("threshold")), F.lit(False))


def _severity() -> Column:
    height = F.try_divide(F.col("score") - F.col("threshold"), 1 - F.col("threshold"))
    return F.when(height >= HIGH_FROM, "high").when(height >= MEDIUM_FROM, "medium").otherwise("low")
