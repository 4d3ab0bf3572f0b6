"""Why an alert: the three features furthest out in their tail, in words a person understands.

First form (docs/adr/0005): a feature's weight is how far it lies beyond its usual value, measured in the distance
from there to the tail of the training span.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.champion import Champion
from vigie_schemas import FEATURE_NAMES, FeatureRange

MOST_REASONS: Final = 3
LARGEST_EXCESS: Final = 20.0
_NO_REASONS: Final = "array<struct<feature:string,value:double,usual:double,share:double,text:string>>"


def with_reasons(champion: Champion | None) -> Callable[[DataFrame], DataFrame]:
    """Features and evidence → `reasons`, computed for anomalies only; null for the rest."""

    def explain(transactions: DataFrame) -> DataFrame:
        if champion is None:
            return transactions.withColumn("reasons", F.lit(None).cast(_NO_REASONS))
        ranges = champion.calibration.feature_ranges
        return transactions.withColumn("reasons", F.when(F.col("is_anomaly"), _reasons(ranges)))

    return explain


def _reasons(ranges: Mapping[str, FeatureRange]) -> Column:
    candidates = F.array(*[_candidate(name, ranges[name]) for name in FEATURE_NAMES])
    strongest = F.slice(F.sort_array(candidates, asc=False), 1, MOST_REASONS)
    all_excess = F.aggregate(candidates, F.lit(0.0), lambda total, reason: total + reason["excess"])
    return F.transform(
        F.filter(strongest, lambda reason: reason["excess"] > 0),
        lambda reason: F.struct(
            reason["feature"].alias("feature"),
            reason["value"].alias("value"),
            reason["usual"].alias("usual"),
            F.coalesce(F.try_divide(reason["excess"], all_excess), F.lit(0.0)).alias("share"),
            reason["text"].alias("text"),
        ),
    )


def _candidate(name: str, span: FeatureRange) -> Column:
    value = F.col(f"features.{name}")
    excess = (value - F.lit(span.usual)) / F.lit(span.tail - span.usual)
    usual, text = _WORDS[name]()
    return F.struct(
        F.least(F.lit(LARGEST_EXCESS), F.greatest(F.lit(0.0), excess)).alias("excess"),
        F.lit(name).alias("feature"),
        value.alias("value"),
        usual.cast("double").alias("usual"),
        text.alias("text"),
    )


def _amount() -> Column:
    return F.concat(F.format_number("transaction.amount", 2), F.lit(" "), F.col("transaction.currency"))


def _amount_against_usual() -> tuple[Column, Column]:
    usual = F.col("evidence.usual_amount_eur")
    times = F.try_divide(F.col("amount_eur"), usual)
    text = F.concat(_amount(), F.lit(", "), F.format_number(times, 1), F.lit(" times this account's usual"))
    return usual, F.coalesce(text, _amount())


def _amount_against_spread() -> tuple[Column, Column]:
    times = F.format_number("features.amount_spread", 1)
    text = F.concat(_amount(), F.lit(", "), times, F.lit(" times further from the usual than its amounts tend to lie"))
    return F.col("evidence.usual_amount_eur"), text


def _amount_alone() -> tuple[Column, Column]:
    return F.col("evidence.usual_amount_eur"), F.concat(_amount(), F.lit(", a large amount in general"))


def _largest() -> tuple[Column, Column]:
    times = F.format_number(F.exp("features.amount_over_largest"), 1)
    return F.lit(None), F.concat(_amount(), F.lit(", "), times, F.lit(" times the largest of its recent payments"))


def _shift() -> tuple[Column, Column]:
    times = F.format_number(F.exp("features.amount_recent_shift"), 1)
    return F.lit(None), F.concat(F.lit("the last three payments are "), times, F.lit(" times those before"))


def _counted(feature: str, span: str) -> Callable[[], tuple[Column, Column]]:
    def words() -> tuple[Column, Column]:
        count = F.format_number(F.col(f"features.{feature}") + 1, 0)
        return F.lit(None), F.concat(count, F.lit(f" payments in {span}"))

    return words


def _small() -> tuple[Column, Column]:
    count = F.format_number("features.small_count_10m", 0)
    return F.lit(None), F.concat(count, F.lit(" payments under 5 EUR within ten minutes"))


def _daily() -> tuple[Column, Column]:
    times = F.format_number(F.exp("features.count_24h_excess"), 1)
    return F.lit(None), F.concat(times, F.lit(" times as many payments in 24 hours as usual"))


def _speed() -> tuple[Column, Column]:
    distance = F.format_number("evidence.distance_km", 0)
    minutes = F.format_number(F.col("evidence.gap_seconds") / 60, 0)
    text = F.concat(distance, F.lit(" km from the last payment "), minutes, F.lit(" minutes ago"))
    return F.lit(None), F.coalesce(text, F.lit("far from the last payment"))


def _far() -> tuple[Column, Column]:
    distance = F.format_number("evidence.distance_from_usual_km", 0)
    return F.lit(None), F.coalesce(F.concat(distance, F.lit(" km from where it usually pays")), F.lit("far away"))


def _merchant() -> tuple[Column, Column]:
    return F.lit(None), F.lit("first payment to this merchant")


def _country() -> tuple[Column, Column]:
    text = F.concat(F.lit("first payment in "), F.col("transaction.country"))
    return F.lit(None), F.coalesce(text, F.lit("first payment in this country"))


def _merchants() -> tuple[Column, Column]:
    count = F.format_number(F.col("features.new_merchant_share") * 4, 0)
    return F.lit(None), F.concat(count, F.lit(" of the last 4 payments went to new merchants"))


def _hour() -> tuple[Column, Column]:
    clock = F.date_format(F.timestamp_millis("transaction.timestamp_ms"), "HH:mm")
    return F.lit(None), F.concat(F.lit("at "), clock, F.lit(" UTC, when this account seldom pays"))


_WORDS: Final[dict[str, Callable[[], tuple[Column, Column]]]] = {
    "amount_log": _amount_alone,
    "amount_over_usual": _amount_against_usual,
    "amount_spread": _amount_against_spread,
    "amount_over_largest": _largest,
    "amount_recent_shift": _shift,
    "count_1m": _counted("count_1m", "60 s"),
    "count_1h": _counted("count_1h", "an hour"),
    "count_24h_excess": _daily,
    "small_count_10m": _small,
    "speed": _speed,
    "distance_from_usual": _far,
    "new_merchant": _merchant,
    "new_country": _country,
    "new_merchant_share": _merchants,
    "hour_rarity": _hour,
}
