"""Why an alert: the three features the forest would miss most, in words a person understands.

A feature's contribution is what the score loses when that feature alone is as usual and the same forest walks again
(docs/adr/0007): leave one out, computed for alerts only.
"""

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.champion import LoadedChampion
from spark_detector.counterparties import COLUMN as COUNTERPARTY_LABELS
from spark_detector.forest import lost_without_counterparty, lost_without_each
from spark_detector.threshold import VALUE
from spark_detector.words import WORDS, known_fraud
from vigie_schemas import COUNTERPARTY_REASON, FEATURE_NAMES

MAX_REASONS: Final = 3
NEED_TIME: Final = ("tempo_10m", "tempo_1h", "tempo_24h", "small_count_1h", "speed", "hour_rarity")
"""Features that say nothing of a payment of which only the day is known, and so are no reason either."""
_NO_REASONS: Final = "array<struct<feature:string,value:double,usual:double,share:double,text:string>>"


def with_reasons(champion: LoadedChampion | None) -> Callable[[DataFrame], DataFrame]:
    """Columns features and evidence → column reasons, computed for anomalies only; null for the rest."""

    def explain(transactions: DataFrame) -> DataFrame:
        if champion is None:
            return transactions.withColumn("reasons", F.lit(None).cast(_NO_REASONS)).drop(VALUE)
        return (
            transactions.withColumn("lost", F.when(F.col("is_anomaly"), lost_without_each(champion)))
            .withColumn("contributions", F.when(F.col("is_anomaly"), _interpreted(_contributions(champion))))
            .withColumn("reasons", F.when(F.col("is_anomaly"), _strongest(F.col("contributions"))))
            .drop("lost", "contributions", VALUE)
        )

    return explain


def _contributions(champion: LoadedChampion) -> Column:
    of_features = [_contribution(number, name) for number, name in enumerate(FEATURE_NAMES)]
    return F.array(*of_features, _contribution_of_counterparty(champion))


def _contribution_of_counterparty(champion: LoadedChampion) -> Column:
    """What is known of the counterparty, as one reason; null where no fraud is."""
    is_known = F.col(COUNTERPARTY_LABELS).isNotNull()
    return F.struct(
        F.when(is_known, lost_without_counterparty(champion)).alias("lost"),
        F.lit(COUNTERPARTY_REASON).alias("feature"),
        F.col(f"{COUNTERPARTY_LABELS}.fraud_run").cast("double").alias("value"),
        F.lit(None).cast("double").alias("usual"),
        known_fraud().alias("text"),
    )


def _contribution(number: int, name: str) -> Column:
    usual, text = WORDS[name]()
    lost = F.get("lost", F.lit(number))
    return F.struct(
        (F.when(F.col("evidence.is_timed"), lost) if name in NEED_TIME else lost).alias("lost"),
        F.lit(name).alias("feature"),
        F.col(f"features.{name}").alias("value"),
        usual.cast("double").alias("usual"),
        text.alias("text"),
    )


def _interpreted(value: Column) -> Column:
    """The same value; inside a lambda Spark interprets it, so that what few rows need adds no generated code."""
    return F.get(F.transform(F.array(F.lit(0)), lambda _: value), F.lit(0))


def _strongest(contributions: Column) -> Column:
    """The three that the score loses most without; shares are of all that it loses to any feature."""
    raising = F.filter(contributions, lambda part: part["lost"] > 0)
    total = F.aggregate(raising, F.lit(0.0), lambda total, part: total + part["lost"])
    return F.transform(
        F.slice(F.sort_array(raising, asc=False), 1, MAX_REASONS),
        lambda part: F.struct(
            part["feature"].alias("feature"),
            part["value"].alias("value"),
            part["usual"].alias("usual"),
            F.coalesce(F.try_divide(part["lost"], total), F.lit(0.0)).alias("share"),
            part["text"].alias("text"),
        ),
    )
