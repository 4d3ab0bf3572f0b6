"""From raw records to transactions, or to the reason why not. No value may throw: docs/adr/0002."""

from collections.abc import Sequence
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from vigie_schemas import EUR_PER_UNIT, SCHEMA_VERSION, RejectReason
from vigie_schemas.dead_letter import MAX_KEPT_PAYLOAD_BYTES, MAX_RECORD_BYTES
from vigie_schemas.record import (
    CARD_NUMBER_PATTERN,
    EARLIEST_TIMESTAMP_MS,
    IBAN_PATTERN,
    IDENTIFIER_PATTERN,
    LATEST_TIMESTAMP_MS,
)
from vigie_schemas.transaction import MAX_AMOUNT, MAX_TEXT_LENGTH

TEXT_FIELDS: Final = ("transaction_id", "account_id", "currency", "merchant_id", "category", "country")
NUMBER_FIELDS: Final[dict[str, T.DataType]] = {
    "schema_version": T.LongType(),
    "timestamp_ms": T.LongType(),
    "amount": T.DoubleType(),
    "lat": T.DoubleType(),
    "lon": T.DoubleType(),
    "sent_at_us": T.LongType(),
}
TRANSACTION_FIELDS: Final = (
    "schema_version",
    "transaction_id",
    "account_id",
    "timestamp_ms",
    "amount",
    "currency",
    "merchant_id",
    "category",
    "country",
    "lat",
    "lon",
    "sent_at_us",
)

# Text arrives as VARIANT: as STRING, Spark would take the number 12 for the text "12", which the contract refuses.
_RECORD_SCHEMA: Final = T.StructType(
    [T.StructField(name, T.VariantType()) for name in TEXT_FIELDS]
    + [T.StructField(name, kind) for name, kind in NUMBER_FIELDS.items()]
)
_ENVELOPE_SCHEMA: Final = T.StructType(
    [T.StructField("record", _RECORD_SCHEMA), T.StructField("corrupt", T.StringType())]
)
_JSON_OPTIONS: Final = {"columnNameOfCorruptRecord": "corrupt", "allowNonNumericNumbers": "false"}

Rule = tuple[RejectReason, Column]


def parse(records: DataFrame) -> DataFrame:
    """Raw records → columns partition, offset, received_at_ms, transaction, reject_reason, payload, payload_bytes."""
    decoded = records.transform(_decode)
    judged = decoded.withColumn("reject_reason", first_broken(record_rules() + transaction_rules("record")))
    return judged.select(
        "partition",
        "offset",
        "received_at_ms",
        F.when(F.col("reject_reason").isNull(), F.col("record")).alias("transaction"),
        "reject_reason",
        F.when(F.col("reject_reason").isNotNull(), F.col("payload")).alias("payload"),
        "payload_bytes",
    )


def record_rules() -> list[Rule]:
    """What must hold of the bytes before there is a transaction to speak of."""
    return [
        (RejectReason.TOMBSTONE, F.col("payload_bytes").isNull()),
        (RejectReason.RECORD_TOO_LARGE, F.col("payload_bytes") > MAX_RECORD_BYTES),
        (RejectReason.INVALID_UTF8, ~F.col("is_utf8")),
        (RejectReason.MALFORMED_JSON, F.col("record").isNull()),
        (RejectReason.WRONG_TYPE, F.col("has_wrong_type")),
    ]


def transaction_rules(record: str) -> list[Rule]:
    """The contract of vigie_schemas.Transaction, rule by rule; `record` names the struct that is judged."""

    def field(name: str) -> Column:
        return F.col(f"{record}.{name}")

    return [
        (RejectReason.UNSUPPORTED_SCHEMA_VERSION, ~F.equal_null(field("schema_version"), F.lit(SCHEMA_VERSION))),
        (RejectReason.INVALID_TRANSACTION_ID, ~_is_identifier(field("transaction_id"))),
        (RejectReason.INVALID_ACCOUNT_ID, ~_is_identifier(field("account_id"))),
        (RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM, _is_account_number(field("account_id"))),
        (
            RejectReason.INVALID_TIMESTAMP,
            ~_holds(field("timestamp_ms").between(EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS)),
        ),
        (RejectReason.INVALID_AMOUNT, ~_holds((field("amount") > 0) & (field("amount") <= MAX_AMOUNT))),
        (RejectReason.UNKNOWN_CURRENCY, ~_holds(field("currency").isin(*EUR_PER_UNIT))),
        (RejectReason.INVALID_MERCHANT, F.length(field("merchant_id")) > MAX_TEXT_LENGTH),
        (RejectReason.INVALID_CATEGORY, F.length(field("category")) > MAX_TEXT_LENGTH),
        (RejectReason.INVALID_COUNTRY, ~field("country").rlike(_whole("^[A-Z]{2}$"))),
        (RejectReason.INVALID_PLACE, ~field("lat").between(-90, 90) | ~field("lon").between(-180, 180)),
        (RejectReason.INVALID_SENT_AT, ~field("sent_at_us").between(0, 2**62)),
    ]


def first_broken(rules: Sequence[Rule]) -> Column:
    """Reason of the first rule whose condition is true, else null; a condition that is null is not broken."""
    reason = F.lit(None).cast("string")
    for name, broken in reversed(rules):
        reason = F.when(broken, F.lit(name.value)).otherwise(reason)
    return reason


def _decode(records: DataFrame) -> DataFrame:
    """Bytes → typed record, cut payload and what rules ask about them."""
    size = F.octet_length("value")
    text = F.when(size <= MAX_RECORD_BYTES, F.col("value").cast("string"))
    # In an envelope, a second document or an array after or around the object is malformed instead of ignored.
    envelope = F.from_json(
        F.concat(F.lit('{"record":'), F.when(F.is_valid_utf8(text), text), F.lit("}")), _ENVELOPE_SCHEMA, _JSON_OPTIONS
    )
    parsed = records.select(
        "partition",
        "offset",
        "received_at_ms",
        F.substring("value", 1, MAX_KEPT_PAYLOAD_BYTES).alias("payload"),
        size.alias("payload_bytes"),
        F.coalesce(F.is_valid_utf8(text), F.lit(True)).alias("is_utf8"),
        envelope.alias("envelope"),
    )
    return parsed.select(
        "partition",
        "offset",
        "received_at_ms",
        "payload",
        "payload_bytes",
        "is_utf8",
        (F.col("envelope.corrupt").isNotNull() | _any([~_is_text_or_null(name) for name in TEXT_FIELDS])).alias(
            "has_wrong_type"
        ),
        F.when(F.col("envelope.record").isNotNull(), F.struct(*_typed_fields())).alias("record"),
    )


def _typed_fields() -> list[Column]:
    return [
        (
            F.try_variant_get(F.col(f"envelope.record.{name}"), "$", "string").alias(name)
            if name in TEXT_FIELDS
            else F.col(f"envelope.record.{name}").alias(name)
        )
        for name in TRANSACTION_FIELDS
    ]


def _is_text_or_null(name: str) -> Column:
    value = F.col(f"envelope.record.{name}")
    return F.coalesce(F.schema_of_variant(value).isin("STRING", "VOID"), F.lit(True))


def _is_identifier(value: Column) -> Column:
    return _holds(value.rlike(_whole(IDENTIFIER_PATTERN)))


def _is_account_number(value: Column) -> Column:
    return value.rlike(_whole(CARD_NUMBER_PATTERN)) | value.rlike(_whole(IBAN_PATTERN))


def _holds(condition: Column) -> Column:
    return F.coalesce(condition, F.lit(False))


def _any(conditions: Sequence[Column]) -> Column:
    result = F.lit(False)
    for condition in conditions:
        result = result | condition
    return result


def _whole(pattern: str) -> str:
    r"""Java's `$` also stands before a final newline; `\z` does not."""
    return pattern.removesuffix("$") + r"\z"
