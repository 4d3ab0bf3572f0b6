"""Protobuf in the wire format: schemas as text and as descriptors, nested messages, presence, and what is broken."""

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from bridge.formats.paths import path_of
from bridge.formats.proto_text import parse_proto
from bridge.formats.protobuf import ProtobufDecoder, message_indexes
from bridge.formats.protobuf_files import known_file
from bridge.refusals import RefusalError
from vigie_schemas import RejectReason

TEXT = """
// payments of the shop
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "google/type/money.proto";
import "google/type/date.proto";
import "google/protobuf/wrappers.proto";
option java_package = "com.example.shop";

message Note { string text = 1; }

message Payment {
  reserved 90, 95 to 99;
  string id = 1 [json_name = "ID"];
  google.protobuf.Timestamp at = 2;
  google.type.Money paid = 3;
  optional double fee = 4;  /* optional */
  enum Kind { UNKNOWN = 0; CARD = 1; TRANSFER = 2; }
  Kind kind = 5;
  oneof payer { string account = 6; int64 customer = 7; }
  map<string, string> tags = 8;
  repeated Line lines = 9;
  google.type.Date booked = 10;
  google.protobuf.StringValue country = 11;
  message Line { int64 cents = 1; repeated string words = 2; }
}

service Shop { rpc Pay (Payment) returns (Note) { option idempotency_level = IDEMPOTENT; } }
"""
COLUMNS = [
    "id",
    "at",
    "paid",
    "fee",
    "kind",
    "account",
    "tags.channel",
    "lines[1].cents",
    "booked",
    "country",
    "paid.currency_code",
]
NEEDED = [path_of(column) for column in COLUMNS]
IMPORTS = ("protobuf/timestamp", "type/money", "type/date", "protobuf/wrappers")
Framed = Callable[[int, bytes], bytes]


def payment(**fields: object) -> bytes:
    pool = DescriptorPool()
    for name in IMPORTS:
        pool.Add(known_file(f"google/{name}.proto"))
    file = parse_proto(TEXT)
    file.name = "shop.proto"
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("shop.v1.Payment"))(**fields).SerializeToString()


FULL = payment(
    id="p1",
    at=datetime(2026, 3, 1, 10, tzinfo=UTC),
    paid={"currency_code": "EUR", "units": 12, "nanos": 340_000_000},
    fee=0.0,
    kind=2,
    account="acct-1",
    tags={"channel": "web"},
    lines=[{"cents": 1}, {"cents": 2}],
    booked={"year": 2026, "month": 3, "day": 1},
    country={"value": "FR"},
)
SECOND_MESSAGE = b"\2\2"
"""One index, 1, as zigzag numbers."""


@pytest.fixture(params=["text", "descriptor"])
def registered(request: pytest.FixtureRequest, schemas: Any) -> Any:
    text = TEXT if request.param == "text" else base64.b64encode(parse_proto(TEXT).SerializeToString()).decode()
    schemas.by_id[1] = Schema(text, "PROTOBUF")
    return schemas


def test_needed_fields_become_plain_values(registered: Any, framed: Framed) -> None:
    record = ProtobufDecoder(registered, [each for each in NEEDED if each != ("paid", "currency_code")]).decode(
        framed(1, SECOND_MESSAGE + FULL)
    )

    assert record == {
        "id": "p1",
        "at": datetime(2026, 3, 1, 10, tzinfo=UTC),
        "paid": Decimal("12.34"),
        "fee": 0.0,
        "kind": "TRANSFER",
        "account": "acct-1",
        "tags": {"channel": "web"},
        "lines": [{"cents": 1}, {"cents": 2}],
        "booked": date(2026, 3, 1),
        "country": "FR",
    }


def test_money_can_be_taken_apart(registered: Any, framed: Framed) -> None:
    needed = [path_of("paid.units"), path_of("paid.currency_code")]

    record = ProtobufDecoder(registered, needed).decode(framed(1, SECOND_MESSAGE + FULL))

    assert record == {"paid": {"currency_code": "EUR", "units": 12}}


def test_what_is_not_set_is_missing(registered: Any, framed: Framed) -> None:
    record = ProtobufDecoder(registered, NEEDED).decode(framed(1, SECOND_MESSAGE + payment(customer=7)))

    assert record["id"] is record["at"] is record["fee"] is record["account"] is record["country"] is None
    assert record["kind"] == "UNKNOWN"


def test_a_newer_writers_fields_are_not_read(schemas: Any, framed: Framed) -> None:
    """An older version of the same type, as text that the newer value is written by."""
    older = 'syntax = "proto3"; message Payment { string id = 1; }'
    schemas.by_id = {1: Schema(older, "PROTOBUF"), 2: Schema(TEXT, "PROTOBUF")}
    decode = ProtobufDecoder(schemas, [("id",), ("account",)]).decode

    assert decode(framed(1, b"\0" + FULL)) == {"id": "p1"}
    assert decode(framed(2, SECOND_MESSAGE + FULL)) == {"id": "p1", "account": "acct-1"}


def test_types_of_other_subjects(known_schemas: Any, framed: Framed) -> None:
    schemas = known_schemas(money=Schema('syntax="proto3"; package m; message Sum { int64 cents = 1; }', "PROTOBUF"))
    text = 'syntax="proto3"; import "m/sum.proto"; message Paid { m.Sum sum = 1; }'
    schemas.by_id[1] = Schema(text, "PROTOBUF", [SchemaReference("m/sum.proto", "money", 1)])

    record = ProtobufDecoder(schemas, [path_of("sum.cents")]).decode(framed(1, b"\0\x0a\2\x08\5"))

    assert record == {"sum": {"cents": 5}}


@pytest.mark.parametrize(
    ("start", "indexes"), [(b"\0", (0,)), (b"\2\0", (0,)), (b"\2\2", (1,)), (b"\4\2\6", (1, 3)), (b"\2\x80\2", (128,))]
)
def test_which_message_it_is(start: bytes, indexes: tuple[int, ...]) -> None:
    assert message_indexes(start + b"rest", 0) == (indexes, len(start))


@pytest.mark.parametrize(
    "schema",
    [
        Schema("syntax", "PROTOBUF"),
        Schema("message A { B b = 1; }", "PROTOBUF"),
        Schema("{}", "JSON"),
        Schema("", "PROTOBUF"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: Schema, schemas: Any, framed: Framed) -> None:
    schemas.by_id[1] = schema

    with pytest.raises(RefusalError) as refusal:
        ProtobufDecoder(schemas, NEEDED).decode(framed(1, b"\0"))

    assert refusal.value.reason is RejectReason.SCHEMA_REGISTRY_FRAMING


@given(st.binary(max_size=40), st.integers(0, 40))
def test_any_bytes_are_read_or_refused(known_schemas: Any, noise: bytes, cut: int) -> None:
    schemas = known_schemas()
    schemas.by_id[1] = Schema(TEXT, "PROTOBUF")
    decode = ProtobufDecoder(schemas, NEEDED).decode
    head = b"\0\0\0\0\1"

    for value in (noise, head + noise, head + SECOND_MESSAGE + FULL[: -cut - 1] + noise, head + b"\2\4" + noise):
        try:
            record = decode(value)
        except RefusalError:
            continue
        assert isinstance(record, dict)


@given(st.text(alphabet='message enum{}=;1"/*<>,[]() \n', max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse_proto(text)
    except ValueError:
        return
