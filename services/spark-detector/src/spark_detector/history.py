"""What the detector remembers of an account: its last transactions and a few running counts (docs/adr/0004).

Both forms below give the same columns, so that everything after them serves stream and batch alike:
transaction (the current one), recent (newest first, the current one at 0), transaction_count, first_timestamp_ms,
amount_log_sum, amount_log_square_sum and time_of_day_counts, the current one included.
"""

from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark_detector.state_layout import from_state, in_state
from vigie_schemas import ESTABLISHED_FROM, HISTORY_LENGTH, Rates, shipped_rates

DAY_MS: Final = 86_400_000
TIME_OF_DAY_BUCKETS: Final = 8
BUCKET_MS: Final = DAY_MS // TIME_OF_DAY_BUCKETS
SUM_UNIT: Final = 2**30
"""Sums are kept in whole units of 2^-30, so that their order changes nothing: a checkpoint adds up a minute's
transactions of an account before it adds them to the account, the stream each by itself (docs/adr/0022)."""

CARRIED: Final = (
    "offset",
    "received_at_ms",
    "transaction",
    "reject_reason",
    "reject_field",
    "payload",
    "payload_bytes",
)
"""Columns of a record that pass through history and features as they are."""


def with_history(transactions: DataFrame, rates: Rates | None = None) -> DataFrame:
    """Stream form: one updated row for each record, refused ones included, so that one pass writes every topic.

    Offsets grow only within a partition, so the group is (partition, account): with accounts as keys that is the
    account, and the record that caused the update is always the one with the greatest offset, late events included.
    Adds the columns that features reads: recent, and the counts over the account's whole past.
    """
    return state(transactions, rates).transform(from_state).select("partition", *CARRIED, "recent", *_counts())


def state(transactions: DataFrame, rates: Rates | None = None) -> DataFrame:
    """Columns partition, account_id, current (`state_layout`), recent, counts and sums: what is kept of each group.

    Another layout of them needs another `STATE_VERSION` (docs/adr/0004).
    """
    is_accepted = F.col("transaction").isNotNull()
    order = F.when(is_accepted, F.col("offset"))
    return (
        transactions.transform(_with_amount, rates)
        .withColumn("account_id", F.col("transaction.account_id"))
        .groupBy("partition", "account_id")
        .agg(
            F.max_by(in_state(), F.col("offset")).alias("current"),
            F.max_by(_remembered(), order, HISTORY_LENGTH).alias("recent"),
            F.count(F.when(is_accepted, True)).alias("transaction_count"),
            F.min("transaction.timestamp_ms").alias("first_timestamp_ms"),
            _exact_sum(F.col("amount_log")).alias("amount_log_sum"),
            _exact_sum(F.col("amount_log") * F.col("amount_log")).alias("amount_log_square_sum"),
            *[F.count(F.when(_bucket() == number, True)).alias(f"bucket_{number}") for number in _buckets()],
        )
    )


def with_history_over_window(transactions: DataFrame, rates: Rates | None = None) -> DataFrame:
    """Batch form: the same columns from window frames; every row must hold an accepted transaction."""
    account = Window.partitionBy("partition", "transaction.account_id").orderBy("offset")
    lately = account.rowsBetween(-(HISTORY_LENGTH - 1), Window.currentRow)
    ever = account.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return (
        transactions.transform(_with_amount, rates)
        .select(
            "partition",
            *CARRIED,
            F.reverse(F.collect_list(_remembered()).over(lately)).alias("recent"),
            F.count(F.lit(True)).over(ever).alias("transaction_count"),
            F.min("transaction.timestamp_ms").over(ever).alias("first_timestamp_ms"),
            _exact_sum(F.col("amount_log")).over(ever).alias("amount_log_sum"),
            _exact_sum(F.col("amount_log") * F.col("amount_log")).over(ever).alias("amount_log_square_sum"),
            *[F.count(F.when(_bucket() == number, True)).over(ever).alias(f"bucket_{number}") for number in _buckets()],
        )
        .select("partition", *CARRIED, "recent", *_counts())
    )


def amount_eur(transaction: str, rates: Rates | None = None) -> Column:
    """Amount in EUR at the reference rates, the shipped ones unless given; null for an unknown currency.

    The map becomes one literal beside the generated code, in the order of the rates, in which Spark looks.
    """
    worth = (rates or shipped_rates()).eur_per_unit
    literal = F.create_map(*[F.lit(part) for pair in worth.items() for part in pair])
    return F.col(f"{transaction}.amount") * F.try_element_at(literal, F.col(f"{transaction}.currency"))


def counterparty() -> Column:
    """Who is paid by the transaction: its merchant, or else its payee; null where it names neither."""
    return F.expr("coalesce(transaction.merchant_id, transaction.payee_id)")


def time_of_day_bucket(timestamp_ms: Column) -> Column:
    """Eighth of the UTC day, 0 to 7; an account lives in one time zone, so the offset does not matter to it."""
    return F.floor(F.pmod(timestamp_ms, F.lit(DAY_MS)) / F.lit(BUCKET_MS)).cast("int")


def is_timed(timestamp_ms: Column) -> Column:
    """Whether more than the day is known: midnight exactly stands for a date without a time (vigie_schemas)."""
    return F.pmod(timestamp_ms, F.lit(DAY_MS)) != 0


def once_established(value: Column) -> Column:
    """The value once the account's own history is worth comparing with; null before."""
    return F.when(F.col("history_count") >= ESTABLISHED_FROM, value)


def _with_amount(transactions: DataFrame, rates: Rates | None) -> DataFrame:
    """The amount in EUR and its logarithm once, for all that is remembered of it."""
    return transactions.withColumn("amount_eur", amount_eur("transaction", rates)).withColumn(
        "amount_log", F.log1p("amount_eur")
    )


def _remembered() -> Column:
    """One past transaction in few bytes: names are hashed, the state holds no text."""
    return F.struct(
        F.xxhash64("transaction.transaction_id").alias("id_hash"),
        F.col("transaction.timestamp_ms").alias("timestamp_ms"),
        "amount_eur",
        _hash_or_null(counterparty()).alias("merchant"),
        _hash_or_null(F.col("transaction.country")).alias("country"),
        F.col("transaction.lat").alias("lat"),
        F.col("transaction.lon").alias("lon"),
    )


def _hash_or_null(value: Column) -> Column:
    return F.when(value.isNotNull(), F.xxhash64(value))


def _bucket() -> Column:
    """Null where the time of day is not known."""
    timestamp_ms = F.col("transaction.timestamp_ms")
    return F.when(is_timed(timestamp_ms), time_of_day_bucket(timestamp_ms))


def _buckets() -> range:
    return range(TIME_OF_DAY_BUCKETS)


def _exact_sum(value: Column) -> Column:
    """Sum in whole units; null instead of an error beyond what a long can hold."""
    return F.try_sum(F.round(value * SUM_UNIT).try_cast("long"))


def _counts() -> list[Column]:
    return [
        F.col("transaction_count"),
        F.col("first_timestamp_ms"),
        *[(F.col(name) / F.lit(float(SUM_UNIT))).alias(name) for name in ("amount_log_sum", "amount_log_square_sum")],
        F.array(*[F.col(f"bucket_{number}") for number in _buckets()]).alias("time_of_day_counts"),
    ]
