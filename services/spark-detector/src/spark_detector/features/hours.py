"""How rarely the account pays at this time of day."""

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_detector.history import TIME_OF_DAY_BUCKETS, time_of_day_bucket


def _hour_rarity() -> Column:
    """Ln of uniform share over the share of this time of day, its neighbours counted half; one count of doubt.

    Payments of which only the day is known have no share in it.
    """
    bucket = time_of_day_bucket(F.col("now_ms"))

    def seen(shift: int) -> Column:
        position = F.pmod(bucket + shift, F.lit(TIME_OF_DAY_BUCKETS)).cast("int")
        return F.get("time_of_day_counts", position)

    around = seen(0) - 1 + (seen(-1) + seen(1)) / 2
    timed = F.aggregate("time_of_day_counts", F.lit(0).cast("long"), lambda total, count: total + count)
    usual = (timed - 1) * (2 / TIME_OF_DAY_BUCKETS)
    return F.when(F.col("is_timed"), F.log((usual + 1) / (around + 1)))


FEATURES: Final[dict[str, Callable[[], Column]]] = {"hour_rarity": _hour_rarity}
