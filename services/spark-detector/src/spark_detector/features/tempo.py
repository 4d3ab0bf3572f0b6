"""How surprising so many payments in so short a time are, given the account's own rate."""

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.history import DAY_MS, is_timed

TEN_MINUTES_MS: Final = 600_000
SMALL_AMOUNT_EUR: Final = 5.0
# A new account pays like its peers: two payments in the day before it began (docs/adr/0007).
PEER_PAYMENTS: Final = 2.0
PEER_DAYS: Final = 1.0

FACTS: Final = ("count_10m", "count_1h", "count_24h", "small_count", "payments_a_day")


def with_facts(transactions: DataFrame) -> DataFrame:
    """Adds the columns of FACTS: payments in each window, this one included, and the account's payments a day."""
    now = F.col("now_ms")
    age_days = (now - F.col("first_timestamp_ms")) / F.lit(float(DAY_MS))
    is_small = F.col("amount_eur") < SMALL_AMOUNT_EUR
    return transactions.select(
        "*",
        (F.size(F.filter("last_hour", _since(now - TEN_MINUTES_MS))) + 1).alias("count_10m"),
        (F.size("last_hour") + 1).alias("count_1h"),
        (F.size(F.filter("earlier", lambda past: _is_in_day(past["timestamp_ms"], now))) + 1).alias("count_24h"),
        F.when(is_small, F.size(F.filter("last_hour", lambda past: past["amount_eur"] < SMALL_AMOUNT_EUR)) + 1).alias(
            "small_count"
        ),
        ((F.col("history_count") + PEER_PAYMENTS) / (age_days + PEER_DAYS)).alias("payments_a_day"),
    )


def _since(begin_ms: Column) -> Callable[[Column], Column]:
    return lambda past: past["timestamp_ms"] >= begin_ms


def _is_in_day(earlier_ms: Column, now_ms: Column) -> Column:
    """Within 24 hours before a payment; none where only the day is known, where counting by dates found less."""
    return F.col("is_timed") & is_timed(earlier_ms) & earlier_ms.between(now_ms - DAY_MS, now_ms)


def _surprise(count: str, days: float) -> Column:
    """-ln of Chernoff's bound on a Poisson count's upper tail, P(X >= k) <= exp(-(k ln(k/m) - k + m)), in nats.

    This payment itself is certain, so the mean m is one more than the rate gives for the window.
    """
    counted, mean = F.col(count).cast("double"), F.col("payments_a_day") * days + 1
    return F.when(counted > mean, counted * F.log(counted / mean) - counted + mean)


FEATURES: Final[dict[str, Callable[[], Column]]] = {
    "tempo_10m": lambda: _surprise("count_10m", 1 / 144),
    "tempo_1h": lambda: _surprise("count_1h", 1 / 24),
    "tempo_24h": lambda: _surprise("count_24h", 1.0),
    "small_count_1h": lambda: F.col("small_count"),
}
