"""How far from the account's places, and how fast its holder would have had to travel.

Distances are measured by the account's own radius, within which half of its payments lie: what is a journey for one
is the daily way of another. Payments without a place, such as online ones, are passed over.
"""

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.history import is_timed
from spark_detector.statistics import at_least, kilometres, median, positive

KNOWN_PLACES_FROM: Final = 3
MIN_RADIUS_KM: Final = 10.0  # a town: places are too coarse to distinguish its quarters
LOCAL_KM: Final = 50.0  # within a region times are too coarse to compute a speed
LOCAL_RADII: Final = 4.0
USUAL_RADII: Final = 3.0
MIN_GAP_HOURS: Final = 1 / 12
SPEED_UNIT_KMH: Final = 100.0

FACTS: Final = ("distance_km", "minutes_since_place", "distance_from_usual_km", "radius_km")


def with_usual(transactions: DataFrame) -> DataFrame:
    """Adds columns placed, the earlier payments with a place, newest first, and usual_lat, usual_lon, their median."""
    return (
        transactions.withColumn(
            "placed", F.filter("earlier", lambda past: past["lat"].isNotNull() & past["lon"].isNotNull())
        )
        .withColumn("is_placed", F.size("placed") >= KNOWN_PLACES_FROM)
        .select(
            "*",
            F.when(F.col("is_placed"), median(F.col("placed.lat"))).alias("usual_lat"),
            F.when(F.col("is_placed"), median(F.col("placed.lon"))).alias("usual_lon"),
        )
    )


def with_facts(transactions: DataFrame) -> DataFrame:
    """Adds the columns of FACTS, in km and minutes; null where a place or a time of day is not known."""
    here = (F.col("transaction.lat"), F.col("transaction.lon"))
    middle = (F.col("usual_lat"), F.col("usual_lon"))
    last = F.get("placed", F.lit(0))
    # only for payments that have a place: sixteen distances cost most of all features
    distances = F.transform("placed", lambda past: kilometres(past["lat"], past["lon"], *middle))
    radius = F.when(F.col("is_placed") & here[0].isNotNull(), at_least(median(distances), MIN_RADIUS_KM))
    return transactions.select(
        "*",
        kilometres(*here, last["lat"], last["lon"]).alias("distance_km"),
        F.when(
            F.col("is_timed") & is_timed(last["timestamp_ms"]),
            positive(F.col("now_ms") - last["timestamp_ms"]) / 60_000,
        ).alias("minutes_since_place"),
        kilometres(*here, *middle).alias("distance_from_usual_km"),
        radius.alias("radius_km"),
    )


def _speed() -> Column:
    """Only what lies beyond the account's reach counts as a journey; ln(1 + 100 km/h)."""
    beyond = positive(F.col("distance_km") - at_least(F.col("radius_km") * LOCAL_RADII, LOCAL_KM))
    hours = at_least(F.col("minutes_since_place") / 60, MIN_GAP_HOURS)
    return F.log1p(beyond / hours / SPEED_UNIT_KMH)


def _distance_beyond_usual() -> Column:
    radii = F.col("distance_from_usual_km") / (F.col("radius_km") * USUAL_RADII)
    return F.when(radii > 1, F.log(radii))


FEATURES: Final[dict[str, Callable[[], Column]]] = {
    "speed": _speed,
    "distance_beyond_usual": _distance_beyond_usual,
}
