"""The features of a transaction, from the account's history. Every expression is total (docs/adr/0002).

One module per aspect of a payment: amounts, tempo, places, receivers, hours. Each adds to the row what it finds
(facts, which reasons also speak of) and says how its features follow from that. Steps are selects of their own where
a value is used again, because Spark would otherwise compute it again for each use.
"""

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.features import amounts, hours, places, receivers, tempo
from spark_detector.history import CARRIED, is_timed
from spark_detector.statistics import positive
from vigie_schemas import (
    ALLOWANCES,
    ESTABLISHED_FROM,
    FEATURE_NAMES,
    HISTORY_LENGTH,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
)
from vigie_schemas.dead_letter import RejectReason

EVIDENCE: Final = ("is_timed", *amounts.FACTS, *tempo.FACTS, *places.FACTS, *receivers.FACTS)


def with_features(transactions: DataFrame) -> DataFrame:
    """History columns → `features` in FEATURE_NAMES order, `evidence` for reasons, segment, history_count, earlier."""
    return (
        transactions.transform(_without_repeats)
        .transform(_with_columns_of_history)
        .transform(amounts.with_usual)
        .transform(amounts.with_facts)
        .transform(tempo.with_facts)
        .transform(places.with_usual)
        .transform(places.with_facts)
        .transform(receivers.with_facts)
        .select(
            "partition",
            *CARRIED,
            "amount_eur",
            "history_count",
            "earlier",
            F.when(F.col("history_count") < ESTABLISHED_FROM, SEGMENT_NEW)
            .otherwise(SEGMENT_ESTABLISHED)
            .alias("segment"),
            F.struct(*[_feature(name) for name in FEATURE_NAMES]).alias("features"),
            F.struct(*EVIDENCE).alias("evidence"),
        )
    )


def _without_repeats(transactions: DataFrame) -> DataFrame:
    """A transaction that was sent twice counts once, and its second arrival is refused."""
    ids = F.col("recent.id_hash")
    is_repeat = F.coalesce(F.array_contains(F.slice(ids, 2, HISTORY_LENGTH), F.get(ids, F.lit(0))), F.lit(False))
    return transactions.withColumns(
        {
            "reject_reason": F.coalesce(
                "reject_reason", F.when(is_repeat, F.lit(RejectReason.DUPLICATE_TRANSACTION.value))
            ),
            "reject_field": F.coalesce("reject_field", F.when(is_repeat, F.lit("transaction_id"))),
            "recent": F.array_distinct("recent"),
        }
    )


def _with_columns_of_history(transactions: DataFrame) -> DataFrame:
    """The current values, and the earlier transactions, newest first."""
    current = F.get("recent", F.lit(0))
    return transactions.select(
        "*",
        current["amount_eur"].alias("amount_eur"),
        F.log1p(current["amount_eur"]).alias("amount_log"),
        current["timestamp_ms"].alias("now_ms"),
        is_timed(current["timestamp_ms"]).alias("is_timed"),
        F.slice("recent", 2, HISTORY_LENGTH).alias("earlier"),
        (F.col("transaction_count") - 1).alias("history_count"),
    )


def _feature(name: str) -> Column:
    """The feature as the forest gets it: a double, and zero within its allowance or where it is unknown."""
    beyond = positive(_FEATURES[name]().cast("double") - ALLOWANCES[name])
    return F.coalesce(beyond, F.lit(0.0)).alias(name)


_FEATURES: Final = {**amounts.FEATURES, **tempo.FEATURES, **places.FEATURES, **receivers.FEATURES, **hours.FEATURES}
