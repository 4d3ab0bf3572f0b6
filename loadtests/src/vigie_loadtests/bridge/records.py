"""The same payments in each format the bridge is measured with, as their usual writers write them."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from fastavro import parse_schema, schemaless_writer

ACCOUNTS: Final = 5_000
START_MS: Final = 1_772_359_200_000
DIFFERENT: Final = 20_000
"""Values made once and written again and again."""
CATEGORIES: Final = ("groceries", "travel", "restaurant", "fuel", "online")
AVRO_SCHEMA: Final[dict[str, Any]] = {
    "type": "record",
    "name": "Payment",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "account", "type": "string"},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "currency", "type": "string"},
        {"name": "merchant", "type": ["null", "string"], "default": None},
        {"name": "category", "type": ["null", "string"], "default": None},
        {"name": "country", "type": ["null", "string"], "default": None},
    ],
}
MAPPING: Final = """
version = 1
[timestamp]
column = "{prefix}at"
[account_id]
column = "{prefix}account"
[amount]
column = "{prefix}amount"
[currency]
column = "{prefix}currency"
[transaction_id]
column = "{prefix}id"
[merchant_id]
column = "{prefix}merchant"
[category]
column = "{prefix}category"
[country]
column = "{prefix}country"
"""
Row = dict[str, Any]


def rows() -> Iterator[Row]:
    """Payments of five thousand accounts, a second apart, with time and amount as Python's own types."""
    for number in range(DIFFERENT):
        yield {
            "id": f"p-{number}",
            "at": datetime.fromtimestamp(START_MS / 1000 + number, UTC),
            "account": f"acct-{number * 7919 % ACCOUNTS}",
            "amount": Decimal(number % 9_000 + 100).scaleb(-2),
            "currency": "EUR",
            "merchant": f"shop-{number % 800}",
            "category": CATEGORIES[number % len(CATEGORIES)],
            "country": "FR",
        }


def as_json(row: Row) -> bytes:
    """Plain JSON."""
    return json.dumps(row | {"at": row["at"].isoformat(), "amount": float(row["amount"])}).encode()


def as_debezium(row: Row) -> bytes:
    """A change event without its schema, with the scale of decimals beside them."""
    cents = int(row["amount"].scaleb(2))
    value = base64.b64encode(cents.to_bytes(4, "big", signed=True)).decode()
    after = row | {"at": int(row["at"].timestamp() * 1000), "amount": {"scale": 2, "value": value}}
    source = {"version": "3.0", "connector": "postgresql", "name": "bank", "db": "bank", "schema": "public"}
    return json.dumps({"before": None, "after": after, "source": source, "op": "c", "ts_ms": START_MS}).encode()


def avro_writer(address: str) -> Callable[[Row], bytes]:
    """Writes the wire format, under a schema that is registered there."""
    with SchemaRegistryClient({"url": address}) as client:
        number = client.register_schema("bench-value", Schema(json.dumps(AVRO_SCHEMA), "AVRO"))
    parsed, head = parse_schema(AVRO_SCHEMA), b"\0" + number.to_bytes(4, "big")

    def write(row: Row) -> bytes:
        out = io.BytesIO(head)
        out.seek(len(head))
        schemaless_writer(out, parsed, row)
        return out.getvalue()

    return write
