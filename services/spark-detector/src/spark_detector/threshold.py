"""From score to decision: the threshold of the transaction's segment, under the alert budget.

What a champion judges by besides its trees is a value and no part of the plan: new thresholds count from the next
record on, and the code generated for one champion serves the next (docs/adr/0022).
"""

import json
from collections.abc import Callable
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.champion import LoadedChampion
from vigie_schemas import FEATURE_NAMES, SEGMENT_ESTABLISHED, SEGMENT_NEW, SecondStage
from vigie_schemas.alert import HIGH_FROM, MEDIUM_FROM

VALUE: Final = "judged_by"
_SEGMENTS: Final = (SEGMENT_NEW, SEGMENT_ESTABLISHED)
_THRESHOLD: Final = "struct<threshold:double,quantile:double>"
_SCHEMA: Final = (
    "struct<model_version:int,threshold_version:int,usual:array<double>,"
    "second_stage:struct<weight:double,offset:double,scale:double>,"
    f"segments:struct<{','.join(f'{segment}:{_THRESHOLD}' for segment in _SEGMENTS)}>>"
)


def judged_by(champion: LoadedChampion | None) -> dict[str, object]:
    """What a running query reads: versions, thresholds by segment, usual values, how a second stage joins."""
    if champion is None:
        return {}
    calibration = champion.calibration
    return {
        "model_version": champion.version,
        "threshold_version": calibration.threshold_version,
        "second_stage": _numbers_of(calibration.second_stage),
        "usual": [calibration.feature_ranges[name].usual for name in FEATURE_NAMES],
        "segments": {name: threshold.model_dump() for name, threshold in calibration.thresholds.items()},
    }


def fixed_values(champion: LoadedChampion | None) -> Column:
    """The champion's values for a batch, in place of a running query's: a literal of the same text."""
    return F.lit(json.dumps(judged_by(champion)))


def with_values(text: Column) -> Callable[[DataFrame], DataFrame]:
    """Adds column judged_by: one text holds all of it, so that no record mixes two versions."""
    return lambda transactions: transactions.withColumn(VALUE, F.from_json(text, _SCHEMA))


def with_decision(transactions: DataFrame) -> DataFrame:
    """Columns score, segment, judged_by → threshold, quantile, is_anomaly, severity and the two versions."""
    return (
        transactions.withColumns(
            {
                "threshold": _of_segment("threshold"),
                "quantile": _of_segment("quantile"),
                "model_version": F.col(f"{VALUE}.model_version"),
                "threshold_version": F.col(f"{VALUE}.threshold_version"),
            }
        )
        .withColumn("is_anomaly", _is_anomaly())
        .withColumn("severity", _severity())
    )


def _numbers_of(second_stage: SecondStage | None) -> dict[str, float] | None:
    return None if second_stage is None else second_stage.model_dump(include={"weight", "offset", "scale"})


def _of_segment(attribute: str) -> Column:
    value = F.lit(None).cast("double")
    for segment in _SEGMENTS:
        value = F.when(F.col("segment") == segment, F.col(f"{VALUE}.segments.{segment}.{attribute}")).otherwise(value)
    return value


def _is_anomaly() -> Column:
    is_judged = F.col("reject_reason").isNull()
    return F.coalesce(is_judged & (F.col("score") >= F.col("threshold")), F.lit(False))


def _severity() -> Column:
    height = F.try_divide(F.col("score") - F.col("threshold"), 1 - F.col("threshold"))
    return F.when(height >= HIGH_FROM, "high").when(height >= MEDIUM_FROM, "medium").otherwise("low")
