"""Avro in the wire format: types, versions of a schema, references, and what is broken."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference
from fastavro import parse_schema, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from bridge.formats.avro import AvroDecoder
from bridge.formats.paths import path_of, value_at
from bridge.refusals import RefusalError
from vigie_schemas import RejectReason

Framed = Callable[[int, bytes], bytes]
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}
PAYMENT = {
    "type": "record",
    "name": "Payment",
    "namespace": "shop",
    "fields": [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "account", "type": "string"},
        {"name": "amount", "type": ["null", DECIMAL]},
    ],
}
ROW = {"at": datetime(2026, 3, 1, 10, tzinfo=UTC), "account": "acct-1", "amount": Decimal("12.34")}
NEEDED = [path_of(column) for column in ("at", "account", "amount", "currency", "after.amount", "after.at")]


def written(schema: dict, record: dict) -> bytes:
    out = io.BytesIO()
    schemaless_writer(out, parse_schema(schema), record)
    return out.getvalue()


def test_logical_types_keep_their_meaning(schemas: Any, framed: Framed) -> None:
    schemas.by_id[1] = Schema(json.dumps(PAYMENT), "AVRO")

    assert AvroDecoder(schemas, NEEDED).decode(framed(1, written(PAYMENT, ROW))) == ROW


def test_older_and_newer_writers_are_read_side_by_side(schemas: Any, framed: Framed) -> None:
    newer = PAYMENT | {"fields": [*PAYMENT["fields"], {"name": "currency", "type": "string", "default": "EUR"}]}
    schemas.by_id = {1: Schema(json.dumps(PAYMENT), "AVRO"), 2: Schema(json.dumps(newer), "AVRO")}
    decode = AvroDecoder(schemas, NEEDED).decode
    values = [framed(1, written(PAYMENT, ROW)), framed(2, written(newer, ROW | {"currency": "GBP"}))] * 3

    assert [decode(value).get("currency") for value in values] == [None, "GBP"] * 3
    assert schemas.asked == 2


def test_types_of_debezium(schemas: Any, framed: Framed) -> None:
    variable = {
        "type": "record",
        "name": "VariableScaleDecimal",
        "namespace": "io.debezium.data",
        "fields": [{"name": "scale", "type": "int"}, {"name": "value", "type": "bytes"}],
    }
    row = {
        "type": "record",
        "name": "Value",
        "fields": [
            {"name": "at", "type": {"type": "long", "connect.name": "io.debezium.time.MicroTimestamp"}},
            {"name": "amount", "type": ["null", variable]},
        ],
    }
    event = {
        "type": "record",
        "name": "Envelope",
        "namespace": "bank",
        "fields": [
            {"name": "before", "type": ["null", row]},
            {"name": "after", "type": ["null", "bank.Value"]},
            {"name": "op", "type": "string"},
        ],
    }
    record = {
        "before": None,
        "op": "c",
        "after": {"at": 1_772_359_200_000_000, "amount": {"scale": 2, "value": b"\4\xd2"}},
    }
    schemas.by_id[1] = Schema(json.dumps(event), "AVRO")

    found = AvroDecoder(schemas, NEEDED).decode(framed(1, written(event, record)))

    assert value_at(found, ("after", "amount")) == Decimal("12.34")
    assert value_at(found, ("after", "at")) == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_types_of_other_subjects(known_schemas: Any, framed: Framed) -> None:
    money = {"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "sum", "type": DECIMAL}]}
    payment = {
        "type": "record",
        "name": "Paid",
        "namespace": "shop",
        "fields": [{"name": "amount", "type": "shop.Money"}],
    }
    schemas = known_schemas(money=Schema(json.dumps(money), "AVRO"))
    references = [SchemaReference("shop.Money", "money", 1)]
    schemas.by_id[1] = Schema(json.dumps(payment), "AVRO", references)
    inlined = payment | {"fields": [{"name": "amount", "type": money}]}

    value = framed(1, written(inlined, {"amount": {"sum": Decimal("12.34")}}))

    assert AvroDecoder(schemas, NEEDED).decode(value) == {"amount": {"sum": Decimal("12.34")}}


@pytest.mark.parametrize(
    "schema",
    [
        Schema("{", "AVRO"),
        Schema('{"type": "record"}', "AVRO"),
        Schema('{"type": "object"}', "JSON"),
        Schema('"string"', "AVRO"),
    ],
)
def test_a_schema_that_is_none_is_asked_for_once(schema: Schema, schemas: Any, framed: Framed) -> None:
    schemas.by_id[1] = schema
    decode = AvroDecoder(schemas, NEEDED).decode

    for _ in range(2):
        with pytest.raises(RefusalError) as refusal:
            decode(framed(1, b"\2a"))
        assert refusal.value.reason is RejectReason.SCHEMA_REGISTRY_FRAMING
    assert schemas.asked == 1


def test_an_id_that_is_registered_late_is_found(schemas: Any, framed: Framed) -> None:
    decode, value = AvroDecoder(schemas, NEEDED).decode, framed(1, written(PAYMENT, ROW))
    with pytest.raises(RefusalError):
        decode(value)

    schemas.by_id[1] = Schema(json.dumps(PAYMENT), "AVRO")

    assert decode(value) == ROW


@given(st.binary(max_size=60), st.integers(0, 20))
def test_any_bytes_are_read_or_refused(known_schemas: Any, noise: bytes, cut: int) -> None:
    schemas = known_schemas()
    schemas.by_id[1] = Schema(json.dumps(PAYMENT), "AVRO")
    decode, whole = AvroDecoder(schemas, NEEDED).decode, written(PAYMENT, ROW)
    head = b"\0\0\0\0\1"
    assert decode(head + whole) == ROW

    for value in (noise, head + noise, head + whole[: -cut - 1], head + whole + noise + b"x"):
        try:
            record = decode(value)
        except RefusalError:
            continue
        assert record.keys() == ROW.keys()
