"""From raw records to transactions, or to the reason why not. No value may throw: docs/adr/0002."""

from collections.abc import Sequence
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.account_numbers import field_with_account_number, whole
from spark_detector.decode import decode, sql_of_wrong_field
from vigie_schemas import SCHEMA_VERSION, Rates, RejectReason, shipped_rates
from vigie_schemas.dead_letter import MAX_RECORD_BYTES
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, IDENTIFIER_PATTERN, LATEST_TIMESTAMP_MS
from vigie_schemas.transaction import COUNTRY_PATTERN, MAX_AMOUNT, MAX_TEXT_LENGTH, MONEY_OUT

_FIELD_OF: Final = {
    RejectReason.WRONG_TYPE: sql_of_wrong_field(),
    RejectReason.UNSUPPORTED_SCHEMA_VERSION: "'schema_version'",
    RejectReason.INVALID_TRANSACTION_ID: "'transaction_id'",
    RejectReason.INVALID_ACCOUNT_ID: "'account_id'",
    RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM: "numbered_field",
    RejectReason.INVALID_TIMESTAMP: "'timestamp_ms'",
    RejectReason.INVALID_AMOUNT: "'amount'",
    RejectReason.UNKNOWN_CURRENCY: "'currency'",
    RejectReason.INVALID_MERCHANT: "'merchant_id'",
    RejectReason.INVALID_CATEGORY: "'category'",
    RejectReason.INVALID_COUNTRY: "'country'",
    RejectReason.INVALID_PLACE: "if(record.lat between -90 and 90 or record.lat is null, 'lon', 'lat')",
    RejectReason.INVALID_SENT_AT: "'sent_at_us'",
    RejectReason.INVALID_CHANNEL: "'channel'",
    RejectReason.INVALID_DEVICE: "'device_id'",
    RejectReason.INVALID_PAYEE: "'payee_id'",
    RejectReason.INVALID_DIRECTION: "'direction'",
    RejectReason.INVALID_IP_COUNTRY: "'ip_country'",
}
"""SQL of the field that a reason speaks of; the others speak of the whole record."""

Rule = tuple[RejectReason, Column]


def parse(records: DataFrame, rates: Rates | None = None) -> DataFrame:
    """Raw records → columns partition, offset, received_at_ms, transaction, reject_reason, reject_field, payload_bytes.

    And payload, the bytes of a refused record, unless it names an account by its number.
    """
    decoded = records.transform(decode).withColumn("numbered_field", field_with_account_number("record"))
    rules = [*record_rules(), *transaction_rules("record", rates, F.col("numbered_field"))]
    is_refused = F.col("reject_reason").isNotNull()
    return decoded.withColumn("reject_reason", first_broken(rules)).select(
        "partition",
        "offset",
        "received_at_ms",
        F.when(~is_refused, F.col("record")).alias("transaction"),
        "reject_reason",
        _field_of_reason().alias("reject_field"),
        F.when(is_refused & F.col("numbered_field").isNull(), F.col("payload")).alias("payload"),
        "payload_bytes",
    )


def record_rules() -> list[Rule]:
    """What must hold of the bytes before there is a transaction to speak of."""
    return [
        (RejectReason.TOMBSTONE, F.col("payload_bytes").isNull()),
        (RejectReason.RECORD_TOO_LARGE, F.col("payload_bytes") > MAX_RECORD_BYTES),
        (RejectReason.SCHEMA_REGISTRY_FRAMING, F.col("is_framed")),
        (RejectReason.INVALID_UTF8, ~F.col("is_utf8")),
        (RejectReason.MALFORMED_JSON, F.col("record").isNull() | ~F.col("is_one_document")),
        (RejectReason.CONNECT_ENVELOPE, _is_connect_envelope()),
        (RejectReason.WRONG_TYPE, F.col("has_wrong_type")),
    ]


def transaction_rules(record: str, rates: Rates | None = None, numbered: Column | None = None) -> list[Rule]:
    """The contract of vigie_schemas.Transaction, rule by rule; `record` names the struct that is judged.

    `numbered` is its field_with_account_number where that is at hand.
    """
    numbered = field_with_account_number(record) if numbered is None else numbered

    def field(name: str) -> Column:
        return F.col(f"{record}.{name}")

    return [
        (RejectReason.UNSUPPORTED_SCHEMA_VERSION, ~F.equal_null(field("schema_version"), F.lit(SCHEMA_VERSION))),
        (RejectReason.INVALID_TRANSACTION_ID, ~_is_identifier(field("transaction_id"))),
        (RejectReason.INVALID_ACCOUNT_ID, ~_is_identifier(field("account_id"))),
        (RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM, numbered.isNotNull()),
        (
            RejectReason.INVALID_TIMESTAMP,
            ~_holds(field("timestamp_ms").between(EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS)),
        ),
        (RejectReason.INVALID_AMOUNT, ~_holds((field("amount") > 0) & (field("amount") <= MAX_AMOUNT))),
        (RejectReason.UNKNOWN_CURRENCY, ~_holds(field("currency").isin(*(rates or shipped_rates()).eur_per_unit))),
        (RejectReason.INVALID_MERCHANT, F.length(field("merchant_id")) > MAX_TEXT_LENGTH),
        (RejectReason.INVALID_CATEGORY, F.length(field("category")) > MAX_TEXT_LENGTH),
        (RejectReason.INVALID_COUNTRY, ~field("country").rlike(whole(COUNTRY_PATTERN))),
        (RejectReason.INVALID_PLACE, ~field("lat").between(-90, 90) | ~field("lon").between(-180, 180)),
        (RejectReason.INVALID_SENT_AT, ~field("sent_at_us").between(0, 2**62)),
        (RejectReason.INVALID_CHANNEL, F.length(field("channel")) > MAX_TEXT_LENGTH),
        (RejectReason.INVALID_DEVICE, F.length(field("device_id")) > MAX_TEXT_LENGTH),
        (RejectReason.INVALID_PAYEE, F.length(field("payee_id")) > MAX_TEXT_LENGTH),
        (RejectReason.INVALID_DIRECTION, field("direction") != MONEY_OUT),
        (RejectReason.INVALID_IP_COUNTRY, ~field("ip_country").rlike(whole(COUNTRY_PATTERN))),
    ]


def first_broken(rules: Sequence[Rule]) -> Column:
    """Reason of the first rule whose condition is true, else null; a condition that is null is not broken."""
    reason = F.lit(None).cast("string")
    for name, broken in reversed(rules):
        reason = F.when(broken, F.lit(name.value)).otherwise(reason)
    return reason


def _field_of_reason() -> Column:
    cases = [f"when '{reason.value}' then {field}" for reason, field in _FIELD_OF.items()]
    return F.expr(f"case reject_reason {' '.join(cases)} end")


def _is_connect_envelope() -> Column:
    """No field of ours, but those of Kafka Connect's JSON converter or of Debezium's changes."""
    pairs = ("'schema', 'payload'", "'after', 'op'", "'before', 'after'")
    has_one = " or ".join(f"size(array_intersect(json_object_keys(text), array({pair}))) = 2" for pair in pairs)
    return F.expr(f"record.schema_version is null and record.transaction_id is null and ({has_one})")


def _is_identifier(value: Column) -> Column:
    return _holds(value.rlike(whole(IDENTIFIER_PATTERN)))


def _holds(condition: Column) -> Column:
    return F.coalesce(condition, F.lit(False))
