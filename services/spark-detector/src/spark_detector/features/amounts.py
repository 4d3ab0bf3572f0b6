"""How the amount compares with what the account usually pays, alone and together with the payments before it.

Amounts are compared as logarithms, ln(1 + EUR). The usual one is the mean over the account's whole past, which
separated thefts from habits better than the median of the last sixteen; accounts with little past lean on their peers:
two payments of an ordinary account stand in for what is not known yet (docs/adr/0007).
"""

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.history import is_timed, once_established
from spark_detector.statistics import at_least, at_most, positive

PEER_PAYMENTS: Final = 2.0
PEER_AMOUNT_LOG: Final = 3.3  # ln(1 + 26 EUR)
PEER_VARIANCE: Final = 1.0
MIN_SPREAD: Final = 0.25  # in ln EUR: for an account that always pays the same, 10 % more is no anomaly
MAX_SPREAD_MULTIPLE: Final = 20.0
HOUR_MS: Final = 3_600_000

FACTS: Final = ("usual_amount_eur", "second_amount_eur", "third_amount_eur", "hour_sum_eur")


def with_usual(transactions: DataFrame) -> DataFrame:
    """Adds columns usual_log, the account's usual amount without this payment, last_hour and last_five."""
    count, now = F.col("history_count"), F.col("now_ms")
    earlier_sum = F.col("amount_log_sum") - F.col("amount_log")
    return transactions.select(
        "*",
        ((earlier_sum + PEER_PAYMENTS * PEER_AMOUNT_LOG) / (count + PEER_PAYMENTS)).alias("usual_log"),
        # where only the day is known, this payment is all that is known of its hour
        F.filter("earlier", lambda past: _is_in_hour(past["timestamp_ms"], now)).alias("last_hour"),
        F.sort_array(F.slice("recent.amount_eur", 1, 5), asc=False).alias("last_five"),
    )


def _is_in_hour(earlier_ms: Column, now_ms: Column) -> Column:
    return F.col("is_timed") & is_timed(earlier_ms) & earlier_ms.between(now_ms - HOUR_MS, now_ms)


def with_facts(transactions: DataFrame) -> DataFrame:
    """Adds the columns of FACTS, in EUR, and spread_log, how far the account's amounts lie apart."""
    before = F.aggregate("last_hour", F.lit(0.0), lambda total, past: total + past["amount_eur"])
    return transactions.select(
        "*",
        F.expm1("usual_log").alias("usual_amount_eur"),
        F.get("last_five", F.lit(1)).alias("second_amount_eur"),
        F.get("last_five", F.lit(2)).alias("third_amount_eur"),
        (before + F.col("amount_eur")).alias("hour_sum_eur"),
        F.sqrt(at_least(_variance(), 0.0)).alias("spread_log"),
    )


def _variance() -> Column:
    """Mean squared distance from the usual amount, the peers' payments included."""
    usual, count = F.col("usual_log"), F.col("history_count")
    log, square = F.col("amount_log"), F.col("amount_log") * F.col("amount_log")
    earlier = (F.col("amount_log_square_sum") - square) - 2 * usual * (F.col("amount_log_sum") - log)
    peers = PEER_PAYMENTS * (PEER_VARIANCE + (usual - PEER_AMOUNT_LOG) * (usual - PEER_AMOUNT_LOG))
    return (earlier + count * usual * usual + peers) / (count + PEER_PAYMENTS)


def _over_usual(amount_log: Column) -> Column:
    return positive(amount_log - F.col("usual_log"))


def _spread() -> Column:
    multiple = _over_usual(F.col("amount_log")) / at_least(F.col("spread_log"), MIN_SPREAD)
    return at_most(multiple, MAX_SPREAD_MULTIPLE)


FEATURES: Final[dict[str, Callable[[], Column]]] = {
    "amount_log": lambda: F.col("amount_log"),
    "amount_over_usual": lambda: _over_usual(F.col("amount_log")),
    "amount_spread": _spread,
    "amount_second_of_five": lambda: once_established(_over_usual(F.log1p("second_amount_eur"))),
    "amount_third_of_five": lambda: once_established(_over_usual(F.log1p("third_amount_eur"))),
    "amount_in_hour": lambda: _over_usual(F.log1p("hour_sum_eur")),
}
