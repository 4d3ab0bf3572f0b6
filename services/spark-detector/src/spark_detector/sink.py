"""From decisions to messages on the topics for scored transactions, alerts and dead letters."""

from collections.abc import Callable
from pathlib import Path

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from spark_detector.decode import TRANSACTION_FIELDS
from spark_detector.history import counterparty
from spark_detector.session import kafka_options
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, DEAD_LETTERS, SCHEMA_VERSION, SCORED, TRANSACTIONS
from vigie_schemas.dead_letter import HINTS, MAX_KEPT_PAYLOAD_BYTES

_JSON_OPTIONS = {"ignoreNullFields": "false"}


def to_messages(kafka: KafkaSettings) -> Callable[[DataFrame], DataFrame]:
    """One decision → one or two rows with columns topic, key, value: scored and perhaps an alert, or a dead letter."""

    def route(decisions: DataFrame) -> DataFrame:
        rejected = F.col("reject_reason").isNotNull()
        first = F.when(rejected, _dead_letter(kafka)).otherwise(_scored(kafka))
        second = F.when(F.col("is_anomaly"), _alert(kafka))
        return (
            decisions.select(F.explode(F.array(first, second)).alias("message"))
            .where(F.col("message").isNotNull())
            .select("message.topic", "message.key", "message.value")
        )

    return route


def start_writing(
    messages: DataFrame, kafka: KafkaSettings, *, name: str, checkpoint: Path, seconds: int
) -> StreamingQuery:
    """Write columns topic, key, value by a Real-time Mode query; `seconds` is its interval, no latency."""
    return (
        messages.writeStream.format("kafka")
        .options(**kafka_options(kafka))
        .option("kafka.linger.ms", "0")
        .option("kafka.compression.type", "none")
        .option("kafka.max.request.size", "2097152")
        .option("checkpointLocation", checkpoint.as_uri())
        .outputMode("update")
        .queryName(name)
        .trigger(realTime=f"{seconds} seconds")  # pyright: ignore[reportCallIssue]
        .start()
    )


def _scored(kafka: KafkaSettings) -> Column:
    record = F.struct(
        F.lit(SCHEMA_VERSION).alias("schema_version"),
        "transaction.transaction_id",
        "transaction.account_id",
        "transaction.timestamp_ms",
        "transaction.sent_at_us",
        "amount_eur",
        "partition",
        "offset",
        F.when(F.col("score").isNull(), "learning").otherwise("scored").alias("status"),
        "segment",
        "history_count",
        "features",
        "score",
        "threshold",
        "is_anomaly",
        "model_version",
        "threshold_version",
        counterparty().alias("counterparty_id"),
        "counterparty_labels",
    )
    return _message(kafka.topic_name(SCORED), F.col("transaction.account_id"), record)


def _alert(kafka: KafkaSettings) -> Column:
    record = F.struct(
        F.lit(SCHEMA_VERSION).alias("schema_version"),
        F.concat(F.lit("alert:"), "transaction.transaction_id").alias("alert_id"),
        "transaction",
        "amount_eur",
        "segment",
        "severity",
        "score",
        "threshold",
        "quantile",
        "model_version",
        "threshold_version",
        "reasons",
        _recent().alias("recent"),
    )
    return _message(kafka.topic_name(ALERTS), F.col("transaction.account_id"), record)


def _recent() -> Column:
    """The account's earlier transactions, so that who reads the alert need not look for them elsewhere."""
    merchant, country = F.xxhash64(counterparty()), F.xxhash64("transaction.country")
    is_known = counterparty().isNotNull(), F.col("transaction.country").isNotNull()
    return F.transform(
        "earlier",
        lambda past: F.struct(
            past["timestamp_ms"].alias("timestamp_ms"),
            past["amount_eur"].alias("amount_eur"),
            F.when(is_known[0], past["merchant"] == merchant).alias("same_merchant"),
            F.when(is_known[1], past["country"] == country).alias("same_country"),
        ),
    )


def _dead_letter(kafka: KafkaSettings) -> Column:
    # a repeat was parsed, so its bytes are no longer at hand: written again from its fields
    rewritten = F.to_json(F.struct(*[f"transaction.{name}" for name in TRANSACTION_FIELDS]), _JSON_OPTIONS)
    payload = F.coalesce("payload", F.when(F.col("transaction").isNotNull(), F.encode(rewritten, "UTF-8")))
    record = F.struct(
        F.lit(SCHEMA_VERSION).alias("schema_version"),
        F.col("reject_reason").alias("reason"),
        F.col("reject_field").alias("field"),
        _hint().alias("hint"),
        F.lit(kafka.topic_name(TRANSACTIONS)).alias("topic"),
        "partition",
        "offset",
        "received_at_ms",
        "payload_bytes",
        F.base64(payload).alias("payload_base64"),
        F.coalesce(F.col("payload_bytes") > MAX_KEPT_PAYLOAD_BYTES, F.lit(False)).alias("truncated"),
    )
    return _message(kafka.topic_name(DEAD_LETTERS), F.col("reject_reason"), record)


def _hint() -> Column:
    hint = F.lit(None).cast("string")
    for reason, text in HINTS.items():
        hint = F.when(F.col("reject_reason") == reason.value, text).otherwise(hint)
    return hint


def _message(topic: str, key: Column, record: Column) -> Column:
    return F.struct(F.lit(topic).alias("topic"), key.alias("key"), F.to_json(record, _JSON_OPTIONS).alias("value"))
