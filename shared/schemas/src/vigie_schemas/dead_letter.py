"""A record that could not be scored, kept with the reason."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from vigie_schemas.record import Record


class RejectReason(StrEnum):
    """Why a record was refused. The order is the order of the checks: the first that fails is named."""

    TOMBSTONE = "tombstone"
    RECORD_TOO_LARGE = "record_too_large"
    SCHEMA_REGISTRY_FRAMING = "schema_registry_framing"
    INVALID_UTF8 = "invalid_utf8"
    MALFORMED_JSON = "malformed_json"
    CONNECT_ENVELOPE = "connect_envelope"
    WRONG_TYPE = "wrong_type"
    UNSUPPORTED_SCHEMA_VERSION = "unsupported_schema_version"
    INVALID_TRANSACTION_ID = "invalid_transaction_id"
    INVALID_ACCOUNT_ID = "invalid_account_id"
    ACCOUNT_NUMBER_NOT_PSEUDONYM = "account_number_not_pseudonym"
    INVALID_TIMESTAMP = "invalid_timestamp"
    INVALID_AMOUNT = "invalid_amount"
    UNKNOWN_CURRENCY = "unknown_currency"
    INVALID_MERCHANT = "invalid_merchant"
    INVALID_CATEGORY = "invalid_category"
    INVALID_COUNTRY = "invalid_country"
    INVALID_PLACE = "invalid_place"
    INVALID_SENT_AT = "invalid_sent_at"
    INVALID_CHANNEL = "invalid_channel"
    INVALID_DEVICE = "invalid_device"
    INVALID_PAYEE = "invalid_payee"
    INVALID_DIRECTION = "invalid_direction"
    INVALID_IP_COUNTRY = "invalid_ip_country"
    INVALID_CARD_PRESENT = "invalid_card_present"  # by a mapping's words; as JSON anything else is a wrong type
    DUPLICATE_TRANSACTION = "duplicate_transaction"


MAX_RECORD_BYTES = 65_536
MAX_KEPT_PAYLOAD_BYTES = 32_768

_BRIDGE: Final = "read this topic with the bridge (services/bridge), which writes transactions from it by a mapping"
HINTS: Final[dict[RejectReason, str]] = {
    RejectReason.SCHEMA_REGISTRY_FRAMING: "The record begins with a schema registry's id, as Avro, Protobuf and JSON "
    f"Schema serializers write it: {_BRIDGE}.",
    RejectReason.CONNECT_ENVELOPE: "The record is an envelope of Kafka Connect or Debezium and the fields lie in its "
    f"payload, before or after: {_BRIDGE}.",
    RejectReason.MALFORMED_JSON: "Send exactly one JSON object a record, in which each field stands once.",
    RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM: "A card number or an IBAN may enter no topic, so the record's bytes are "
    "not kept here: send a pseudonym in its place.",
    RejectReason.UNSUPPORTED_SCHEMA_VERSION: "Say schema_version 1, a number.",
    RejectReason.INVALID_DIRECTION: "Only money that leaves the account is judged: say out, or leave the field away, "
    "and send no money in.",
}
"""What to do, where the reason and the field do not say it."""


class DeadLetter(Record):
    """Where the refused record stands and what it held, so that it can be mended and sent again."""

    reason: RejectReason = Field(strict=False)
    field: str | None = Field(
        default=None, description="The transaction's field that is meant; null: the whole record."
    )
    hint: str | None = Field(default=None, description="What to do, where reason and field do not say it.")
    topic: str
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    received_at_ms: int = Field(description="The broker's timestamp of the record.")
    payload_bytes: Annotated[int, Field(ge=0)] | None = Field(description="Size as received; null: tombstone.")
    payload_base64: str | None = Field(
        description="The record, cut after MAX_KEPT_PAYLOAD_BYTES bytes; null where it names an account by its number."
    )
    truncated: bool
