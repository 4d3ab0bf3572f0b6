"""How the newest record lies in the state of its account: in the layout of the first checkpoints (docs/adr/0004).

Spark reads no state of another layout, and every account would be a stranger at the next deployment. So what came later
lies in columns that were there: the refused field beside the reason, and fields that were added to transactions, as
JSON, in the place of the payload, which an accepted record does not have.
"""

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_detector.decode import TRANSACTION_FIELDS, sql_type_of

FIRST_FIELDS: Final = TRANSACTION_FIELDS[: TRANSACTION_FIELDS.index("sent_at_us") + 1]
ADDED_FIELDS: Final = TRANSACTION_FIELDS[len(FIRST_FIELDS) :]
_BEFORE_FIELD: Final = ":"


def in_state() -> Column:
    """A record's columns as one struct of the state's layout."""
    first = ", ".join(f"transaction.{name}" for name in FIRST_FIELDS)
    added = ", ".join(f"transaction.{name}" for name in ADDED_FIELDS)
    has_none = " and ".join(f"transaction.{name} is null" for name in ADDED_FIELDS)
    return F.struct(
        "offset",
        "received_at_ms",
        F.expr(f"if(transaction is null, null, struct({first}))").alias("transaction"),
        F.expr(f"if(reject_reason is null, null, concat_ws('{_BEFORE_FIELD}', reject_reason, reject_field))").alias(
            "reject_reason"
        ),
        F.expr(f"if({has_none}, payload, encode(to_json(struct({added})), 'UTF-8'))").alias("payload"),
        "payload_bytes",
    )


def from_state(histories: DataFrame) -> DataFrame:
    """The struct `current` of `in_state` as the columns it was made of; other columns stay."""
    types = ", ".join(f"{name} {sql_type_of(name)}" for name in ADDED_FIELDS)
    first = ", ".join(f"current.transaction.{name}" for name in FIRST_FIELDS)
    added = ", ".join(f"added.{name}" for name in ADDED_FIELDS)
    is_accepted = "current.transaction is not null"
    return histories.withColumn(
        "added", F.expr(f"if({is_accepted}, from_json(decode(current.payload, 'UTF-8'), '{types}'), null)")
    ).select(
        *[name for name in histories.columns if name != "current"],
        "current.offset",
        "current.received_at_ms",
        F.expr(f"if({is_accepted}, struct({first}, {added}), null)").alias("transaction"),
        _part_of_reason(0).alias("reject_reason"),
        _part_of_reason(1).alias("reject_field"),
        F.expr(f"if({is_accepted}, null, current.payload)").alias("payload"),
        "current.payload_bytes",
    )


def _part_of_reason(position: int) -> Column:
    return F.get(F.split("current.reject_reason", _BEFORE_FIELD), F.lit(position))
