"""Whom the account pays: merchants and countries among its recent ones, or new to it.

How much a new one says depends on the account: for somebody who always returns to the same few shops it is news, for
somebody who never does it is not.
"""

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.history import once_established
from vigie_schemas import HISTORY_LENGTH

LOOKED_AT: Final = 4
KNOWN_COUNTRIES_FROM: Final = 3

FACTS: Final = ("new_of_four",)


def with_facts(transactions: DataFrame) -> DataFrame:
    """Adds the columns of FACTS, and known_count, distinct_count: counterparties of the account's earlier payments."""
    return transactions.select(
        "*",
        F.col("recent.merchant").alias("merchants"),
        F.array_compact("earlier.merchant").alias("known_merchants"),
        F.array_compact("earlier.country").alias("known_countries"),
    ).select(
        "*",
        F.size("known_merchants").alias("known_count"),
        F.size(F.array_distinct("known_merchants")).alias("distinct_count"),
        _new_of_four().alias("new_of_four"),
    )


def _new_of_four() -> Column:
    """Of the last four payments, how many went to a merchant not seen in the payments before each."""
    is_new = [
        F.coalesce(
            _is_new(
                F.get("merchants", F.lit(position)),
                F.array_compact(F.slice("merchants", position + 2, HISTORY_LENGTH)),
            ),
            F.lit(0.0),
        )
        for position in range(LOOKED_AT)
    ]
    return sum(is_new[1:], is_new[0])


def _new_merchant() -> Column:
    """-ln of the share of new receivers to be expected: distinct ones among the known, half a payment of doubt."""
    merchant = F.get("merchants", F.lit(0))
    expected = F.try_divide(F.col("distinct_count") + 0.5, F.col("known_count") + 1)
    return once_established(_is_new(merchant, F.col("known_merchants")) * -F.log(expected))


def _new_merchants_of_four() -> Column:
    habit = F.try_divide(F.col("distinct_count"), F.col("known_count"))
    return once_established(F.col("new_of_four") - LOOKED_AT * habit)


def _new_country() -> Column:
    country = F.get("recent.country", F.lit(0))
    return F.when(F.size("known_countries") >= KNOWN_COUNTRIES_FROM, _is_new(country, F.col("known_countries")))


def _is_new(value: Column, known: Column) -> Column:
    """1.0 or 0.0; null where the source does not know the value."""
    return F.when(value.isNotNull(), F.when(F.array_contains(known, value), 0.0).otherwise(1.0))


FEATURES: Final[dict[str, Callable[[], Column]]] = {
    "new_merchant": _new_merchant,
    "new_merchants_of_four": _new_merchants_of_four,
    "new_country": _new_country,
}
