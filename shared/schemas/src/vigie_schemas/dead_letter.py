"""A record that could not be scored, kept with the reason."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from vigie_schemas.record import Record


class RejectReason(StrEnum):
    """Why a record was refused. The order is the order of the checks: the first that fails is named."""

    TOMBSTONE = "tombstone"
    RECORD_TOO_LARGE = "record_too_large"
    INVALID_UTF8 = "invalid_utf8"
    MALFORMED_JSON = "malformed_json"
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
    DUPLICATE_TRANSACTION = "duplicate_transaction"


MAX_RECORD_BYTES = 65_536
MAX_KEPT_PAYLOAD_BYTES = 32_768


class DeadLetter(Record):
    """Where the refused record stands and what it held, so that it can be mended and sent again."""

    reason: RejectReason = Field(strict=False)
    topic: str
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    received_at_ms: int = Field(description="The broker's timestamp of the record.")
    payload_bytes: Annotated[int, Field(ge=0)] | None = Field(description="Size as received; null: tombstone.")
    payload_base64: str | None = Field(description="The record, cut after MAX_KEPT_PAYLOAD_BYTES bytes.")
    truncated: bool
