"""The features of a transaction, from the account's history. Every expression is total (docs/adr/0002).

Steps are selects of their own where a value is used again: Spark would otherwise compute it anew for each use.
"""

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.history import DAY_MS, TIME_OF_DAY_BUCKETS, amount_eur, time_of_day_bucket
from spark_detector.statistics import at_least, at_most, centred_at, kilometres, mean_of, median, positive
from vigie_schemas import ESTABLISHED_FROM, FEATURE_NAMES, HISTORY_LENGTH, SEGMENT_ESTABLISHED, SEGMENT_NEW
from vigie_schemas.dead_letter import RejectReason

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
SMALL_AMOUNT_LOG: Final = 1.791759469228055  # ln(1 + 5 EUR)
SMALLEST_SPREAD: Final = 0.25  # in ln EUR: an account that always pays the same is not alarmed by 10 % more
LARGEST_SPREAD_MULTIPLE: Final = 20.0
LOCAL_KILOMETRES: Final = 50.0  # within a town's reach the clock and the map are too coarse to speak of speed
SHORTEST_GAP_HOURS: Final = 1 / 12
KNOWN_PLACES_FROM: Final = 3


def with_features(transactions: DataFrame) -> DataFrame:
    """History columns → `features` (struct in FEATURE_NAMES order), `evidence` for reasons, segment, history_count."""
    return (
        transactions.transform(_without_repeats)
        .transform(_with_columns_of_history)
        .transform(_with_usual)
        .transform(_with_facts)
        .select(
            "partition",
            "offset",
            "received_at_ms",
            "transaction",
            "reject_reason",
            "payload",
            "payload_bytes",
            "amount_eur",
            "history_count",
            F.when(F.col("history_count") < ESTABLISHED_FROM, SEGMENT_NEW)
            .otherwise(SEGMENT_ESTABLISHED)
            .alias("segment"),
            F.struct(*[_feature(name) for name in FEATURE_NAMES]).alias("features"),
            F.struct("usual_amount_eur", "gap_seconds", "distance_km", "distance_from_usual_km", "speed_kmh").alias(
                "evidence"
            ),
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
            "recent": F.array_distinct("recent"),
        }
    )


def _with_columns_of_history(transactions: DataFrame) -> DataFrame:
    """Arrays of the earlier transactions, newest first, and the current values beside them."""
    current = F.get("recent", F.lit(0))
    earlier = F.slice("recent", 2, HISTORY_LENGTH)
    return transactions.select(
        "*",
        amount_eur("transaction").alias("amount_eur"),
        current["timestamp_ms"].alias("now_ms"),
        current["amount_log"].alias("amount_log"),
        current["merchant"].alias("merchant"),
        current["country"].alias("place_country"),
        current["lat"].alias("lat"),
        current["lon"].alias("lon"),
        earlier.alias("earlier"),
        earlier["timestamp_ms"].alias("earlier_ms"),
        earlier["amount_log"].alias("earlier_amounts"),
        F.array_compact(earlier["country"]).alias("earlier_countries"),
        (F.col("transaction_count") - 1).alias("history_count"),
    )


def _with_usual(transactions: DataFrame) -> DataFrame:
    """What is usual for the account, from its earlier transactions; null where it has none."""
    earlier = F.col("earlier")
    return transactions.select(
        "*",
        median(F.col("earlier_amounts")).alias("usual_log"),
        F.array_max("earlier_amounts").alias("largest_log"),
        median(F.slice("recent.amount_log", 4, HISTORY_LENGTH)).alias("usual_before_log"),
        mean_of(F.slice("recent.amount_log", 1, 3)).alias("last_three_log"),
        median(F.array_compact(earlier["lat"])).alias("usual_lat"),
        median(F.array_compact(earlier["lon"])).alias("usual_lon"),
        _count_between(F.col("earlier_ms"), MINUTE_MS).alias("count_1m"),
        _count_between(F.col("earlier_ms"), HOUR_MS).alias("count_1h"),
        _count_between(F.col("earlier_ms"), DAY_MS).alias("count_24h"),
        at_least((F.col("now_ms") - F.col("first_timestamp_ms")) / F.lit(float(DAY_MS)), 1.0).alias("age_days"),
        (positive(F.col("now_ms") - F.get("earlier_ms", F.lit(0))) / 1000).alias("gap_seconds"),
    )


def _with_facts(transactions: DataFrame) -> DataFrame:
    """Facts that need what is usual: spread, distances, speed."""
    previous = F.get("earlier", F.lit(0))
    distance = kilometres(F.col("lat"), F.col("lon"), previous["lat"], previous["lon"])
    gap_hours = at_least(F.col("gap_seconds") / 3600, SHORTEST_GAP_HOURS)
    return transactions.select(
        "*",
        F.expm1("usual_log").alias("usual_amount_eur"),
        (median(centred_at(F.col("earlier_amounts"), F.col("usual_log"))) * 1.4826).alias("spread_log"),
        distance.alias("distance_km"),
        (positive(distance - LOCAL_KILOMETRES) / gap_hours).alias("speed_kmh"),
        kilometres(F.col("lat"), F.col("lon"), F.col("usual_lat"), F.col("usual_lon")).alias("distance_from_usual_km"),
    )


def _feature(name: str) -> Column:
    """The feature as the forest gets it: a float as scikit-learn has it, its neutral value where unknown."""
    return F.coalesce(_FEATURES[name]().cast("double"), F.lit(0.0)).alias(name)


def _amount_over_usual() -> Column:
    return positive(F.col("amount_log") - F.col("usual_log"))


def _amount_spread() -> Column:
    return at_most(_amount_over_usual() / at_least(F.col("spread_log"), SMALLEST_SPREAD), LARGEST_SPREAD_MULTIPLE)


def _amount_recent_shift() -> Column:
    return F.when(
        F.col("history_count") >= ESTABLISHED_FROM, positive(F.col("last_three_log") - F.col("usual_before_log"))
    )


def _count_24h_excess() -> Column:
    usual_daily = F.col("history_count") / F.col("age_days")
    return positive(F.log((F.col("count_24h") + 1) / (usual_daily + 1)))


def _small_count_10m() -> Column:
    now = F.col("now_ms")

    def is_small_and_recent(past: Column) -> Column:
        lately = past["timestamp_ms"].between(now - 10 * MINUTE_MS, now)
        return lately & (past["amount_log"] <= SMALL_AMOUNT_LOG)

    return F.when(F.col("amount_log") <= SMALL_AMOUNT_LOG, F.size(F.filter("recent", is_small_and_recent)))


def _new_merchant() -> Column:
    return _is_new(F.col("merchant"), F.col("earlier.merchant"))


def _new_country() -> Column:
    known = F.size("earlier_countries") >= KNOWN_PLACES_FROM
    return F.when(known, _is_new(F.col("place_country"), F.col("earlier_countries")))


def _new_merchant_share() -> Column:
    """Of the last four payments, how many went to a merchant not seen in the payments before each."""
    merchants = F.col("recent.merchant")
    is_new = [
        F.coalesce(
            _is_new(F.get(merchants, F.lit(position)), F.slice(merchants, position + 2, HISTORY_LENGTH)), F.lit(0.0)
        )
        for position in range(4)
    ]
    return F.when(F.col("history_count") >= ESTABLISHED_FROM, sum(is_new[1:], is_new[0]) / 4)


def _hour_rarity() -> Column:
    """Ln of uniform share over the share of this time of day, its neighbours counted half; one count of doubt."""
    bucket = time_of_day_bucket(F.col("now_ms"))

    def seen(shift: int) -> Column:
        position = F.pmod(bucket + shift, F.lit(TIME_OF_DAY_BUCKETS)).cast("int")
        return F.get("time_of_day_counts", position)

    around = seen(0) - 1 + (seen(-1) + seen(1)) / 2
    usual = F.col("history_count") * (2 / TIME_OF_DAY_BUCKETS)
    return positive(F.log((usual + 1) / (around + 1)))


def _is_new(value: Column, known: Column) -> Column:
    """1.0 or 0.0; null where the source does not know the value."""
    return F.when(value.isNull(), None).otherwise(
        F.when(F.coalesce(F.array_contains(F.array_compact(known), value), F.lit(False)), 0.0).otherwise(1.0)
    )


def _count_between(times: Column, span_ms: int) -> Column:
    now = F.col("now_ms")
    return F.size(F.filter(times, lambda past: past.between(now - span_ms, now)))


_FEATURES: Final = {
    "amount_log": lambda: F.col("amount_log"),
    "amount_over_usual": _amount_over_usual,
    "amount_spread": _amount_spread,
    "amount_over_largest": lambda: positive(F.col("amount_log") - F.col("largest_log")),
    "amount_recent_shift": _amount_recent_shift,
    "count_1m": lambda: F.col("count_1m"),
    "count_1h": lambda: F.col("count_1h"),
    "count_24h_excess": _count_24h_excess,
    "small_count_10m": _small_count_10m,
    "speed": lambda: F.log1p("speed_kmh"),
    "distance_from_usual": lambda: F.log1p("distance_from_usual_km"),
    "new_merchant": lambda: F.when(F.col("history_count") >= ESTABLISHED_FROM, _new_merchant()),
    "new_country": _new_country,
    "new_merchant_share": _new_merchant_share,
    "hour_rarity": _hour_rarity,
}
