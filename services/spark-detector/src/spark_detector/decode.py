"""From a record's bytes to a typed record, and what the rules of `parse` ask about it. No value may throw."""

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_detector.json_documents import in_object, is_one_document
from vigie_schemas.dead_letter import MAX_KEPT_PAYLOAD_BYTES, MAX_RECORD_BYTES

TEXT_FIELDS: Final = (
    "transaction_id",
    "account_id",
    "currency",
    "merchant_id",
    "category",
    "country",
    "channel",
    "device_id",
    "payee_id",
    "direction",
    "ip_country",
)
OTHER_FIELDS: Final[dict[str, T.DataType]] = {
    "schema_version": T.LongType(),
    "timestamp_ms": T.LongType(),
    "amount": T.DoubleType(),
    "lat": T.DoubleType(),
    "lon": T.DoubleType(),
    "sent_at_us": T.LongType(),
    "card_present": T.BooleanType(),
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
    "channel",
    "device_id",
    "payee_id",
    "direction",
    "ip_country",
    "card_present",
)
FRAME_BYTES: Final = 5
"""Of a schema registry: a zero and four of a schema's id."""

# Text arrives as VARIANT: as STRING, Spark would take the number 12 for the text "12", which the contract refuses.
_RECORD_SCHEMA: Final = T.StructType(
    [T.StructField(name, T.VariantType()) for name in TEXT_FIELDS]
    + [T.StructField(name, kind) for name, kind in OTHER_FIELDS.items()]
)
_ENVELOPE_SCHEMA: Final = T.StructType(
    [T.StructField("record", _RECORD_SCHEMA), T.StructField("corrupt", T.StringType())]
)
_TYPES: Final = {
    "string": "^(STRING|VOID)$",
    "bigint": "^(BIGINT|VOID)$",
    "double": "^(BIGINT|DOUBLE|FLOAT|VOID|DECIMAL.*)$",
    "boolean": "^(BOOLEAN|VOID)$",
}
"""Types of VARIANT that a field may have."""
_JSON_OPTIONS: Final = {
    "columnNameOfCorruptRecord": "corrupt",
    "allowNonNumericNumbers": "false",
    "allowSingleQuotes": "false",
}


def decode(records: DataFrame) -> DataFrame:
    """Adds columns payload (cut), payload_bytes, is_utf8, is_framed, text, record, is_one_document, has_wrong_type."""
    size = F.octet_length("value")
    text = F.when(size <= MAX_RECORD_BYTES, F.col("value").cast("string"))
    is_utf8 = F.is_valid_utf8(text)
    return (
        records.select(
            "partition",
            "offset",
            "received_at_ms",
            F.substring("value", 1, MAX_KEPT_PAYLOAD_BYTES).alias("payload"),
            size.alias("payload_bytes"),
            F.coalesce(is_utf8, F.lit(True)).alias("is_utf8"),
            _is_framed().alias("is_framed"),
            F.when(is_utf8, text).alias("text"),
        )
        .withColumn("envelope", F.from_json(F.expr(in_object("text")), _ENVELOPE_SCHEMA, _JSON_OPTIONS))
        .select(
            "partition",
            "offset",
            "received_at_ms",
            "payload",
            "payload_bytes",
            "is_utf8",
            "is_framed",
            "text",
            F.when(F.col("envelope.record").isNotNull(), F.struct(*_typed_fields())).alias("record"),
            is_one_document("text").alias("is_one_document"),
            _has_wrong_type().alias("has_wrong_type"),
        )
    )


def sql_of_wrong_field() -> str:
    """SQL of the name of the first field whose value is of a wrong type: read once more, for refused records only."""
    fields = ", ".join(f"{name}: variant" for name in TRANSACTION_FIELDS)
    options = ", ".join(f"'{name}', '{value}'" for name, value in _JSON_OPTIONS.items())
    again = f"from_json({in_object('text')}, 'record struct<{fields}>, corrupt string', map({options})).record"
    cases = [
        f"when not schema_of_variant(again.{name}) rlike '{_TYPES[sql_type_of(name)]}' then '{name}'"
        for name in TRANSACTION_FIELDS
    ]
    return f"get(transform(array({again}), again -> case {' '.join(cases)} end), 0)"


def sql_type_of(name: str) -> str:
    """SQL's name of the type of a transaction's field."""
    return "string" if name in TEXT_FIELDS else OTHER_FIELDS[name].simpleString()


def _is_framed() -> Column:
    """JSON in UTF-16 also begins with a zero byte, and its third byte is one."""
    return F.expr(
        f"octet_length(value) >= {FRAME_BYTES} and substring(value, 1, 1) = X'00' "
        "and not (substring(value, 2, 1) <> X'00' and substring(value, 3, 1) = X'00')"
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


def _has_wrong_type() -> Column:
    text = [
        f"not coalesce(schema_of_variant(envelope.record.{name}) rlike '{_TYPES['string']}', true)"
        for name in TEXT_FIELDS
    ]
    return F.expr(" or ".join(["envelope.corrupt is not null", *text]))
