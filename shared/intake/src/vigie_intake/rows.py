"""What a mapping makes of a batch: transactions of the contract, and each row it did not take with the reason."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyarrow as pa

ROW_SCHEMA: Final = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),  # of the source, counted from 0
        pa.field("transaction_id", pa.string()),  # null where the source has none
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("timestamp_ms", pa.int64(), nullable=False),
        pa.field("amount", pa.float64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("merchant_id", pa.string()),
        pa.field("category", pa.string()),
        pa.field("country", pa.string()),
        pa.field("lat", pa.float64()),
        pa.field("lon", pa.float64()),
        pa.field("channel", pa.string()),
        pa.field("device_id", pa.string()),
        pa.field("payee_id", pa.string()),
        pa.field("direction", pa.string()),  # out, or null
        pa.field("ip_country", pa.string()),
        pa.field("card_present", pa.bool_()),
        pa.field("label", pa.int8()),  # 1, 0, or null where unknown
        pa.field("scenario", pa.string()),
    ]
)

LEFT_OUT_SCHEMA: Final = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("field", pa.string(), nullable=False),  # of the transaction; where dropped, the mapping's reason
        pa.field("value", pa.string()),  # as the source has it; account numbers are masked
    ]
)


class LeftOut(StrEnum):
    """Why a row is not a transaction. The first two are no fault; the rest are refused, in the contract's words.

    What a mapping drops is looked at first, then money in; a refused row has the first of the rest that holds.
    """

    MONEY_IN = "money_in"
    DROPPED = "dropped"
    INVALID_ACCOUNT_ID = "invalid_account_id"
    INVALID_TIMESTAMP = "invalid_timestamp"
    INVALID_AMOUNT = "invalid_amount"
    UNKNOWN_CURRENCY = "unknown_currency"
    INVALID_TRANSACTION_ID = "invalid_transaction_id"
    INVALID_MERCHANT = "invalid_merchant"
    INVALID_CATEGORY = "invalid_category"
    INVALID_COUNTRY = "invalid_country"
    INVALID_PLACE = "invalid_place"
    INVALID_CHANNEL = "invalid_channel"
    INVALID_DEVICE = "invalid_device"
    INVALID_PAYEE = "invalid_payee"
    INVALID_DIRECTION = "invalid_direction"
    INVALID_IP_COUNTRY = "invalid_ip_country"
    INVALID_CARD_PRESENT = "invalid_card_present"
    INVALID_LABEL = "invalid_label"

    @property
    def is_refusal(self) -> bool:
        """Whether somebody has to mend something."""
        return self not in (LeftOut.MONEY_IN, LeftOut.DROPPED)


@dataclass(frozen=True)
class Converted:
    """One batch: `rows` in ROW_SCHEMA, `left_out` in LEFT_OUT_SCHEMA; each row of the source is in one of them."""

    rows: pa.RecordBatch
    left_out: pa.RecordBatch
