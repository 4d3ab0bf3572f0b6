"""JSON plain, in Connect's envelope, as Debezium's events, and after a schema's id."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema
from hypothesis import given
from hypothesis import strategies as st

from bridge.formats.decoder import Decoder, DecodingRules, WireFormat
from bridge.formats.paths import value_at
from bridge.refusals import LeftOutError, LeftOutKind, RefusalError
from vigie_intake.mapping import Mapping as TransactionMapping
from vigie_schemas import RejectReason

MakeMapping = Callable[..., TransactionMapping]
DECIMAL = {
    "type": "bytes",
    "name": "org.apache.kafka.connect.data.Decimal",
    "parameters": {"scale": "2"},
    "optional": True,
}
ROW_FIELDS = [
    {"field": "at", "type": "int64", "name": "io.debezium.time.Timestamp"},
    {"field": "account", "type": "string"},
    {"field": "amount", **DECIMAL},
]
ROW = {"at": 1_772_359_200_000, "account": "acct-1", "amount": "BNI="}


def decoder(mapping: TransactionMapping, *, envelope: bool = True, decimals: Mapping = {}, operations: str = "cr"):
    rules = DecodingRules(WireFormat.JSON, envelope, frozenset(operations), decimals)
    return Decoder(rules, mapping, None)


def event(operation: str, *, has_schema: bool, after: object = ROW, before: object = None) -> bytes:
    payload = {"op": operation, "before": before, "after": after, "ts_ms": 1, "source": {"table": "payments"}}
    row = {"type": "struct", "fields": ROW_FIELDS, "name": "payments.Value"}
    schema = {
        "type": "struct",
        "fields": [{"field": "before", **row}, {"field": "after", **row}, {"field": "op", "type": "string"}],
    }
    return json.dumps({"schema": schema, "payload": payload} if has_schema else payload).encode()


def test_plain_json_stays_as_it_is(mapping: MakeMapping) -> None:
    assert decoder(mapping()).decode(b'{"at":1,"amount":"1234"}') == {"at": 1, "amount": "1234"}


def test_an_envelope_of_connect_is_opened(mapping: MakeMapping) -> None:
    value = {"schema": {"type": "struct", "fields": ROW_FIELDS}, "payload": ROW}

    record = decoder(mapping()).decode(json.dumps(value).encode())

    assert record == {"at": datetime(2026, 3, 1, 10, tzinfo=UTC), "account": "acct-1", "amount": Decimal("12.34")}


def test_each_record_is_read_by_its_own_schema(mapping: MakeMapping) -> None:
    decode = decoder(mapping()).decode
    cents = [ROW_FIELDS[0], ROW_FIELDS[1], {"field": "amount", **DECIMAL, "parameters": {"scale": "4"}}]

    amounts = [
        decode(json.dumps({"schema": {"type": "struct", "fields": fields}, "payload": ROW}).encode())["amount"]
        for fields in (ROW_FIELDS, cents, ROW_FIELDS)
    ]

    assert amounts == [Decimal("12.34"), Decimal("0.1234"), Decimal("12.34")]


def test_decimals_in_lists_are_found(mapping: MakeMapping) -> None:
    lines = {"field": "lines", "type": "array", "items": {"type": "struct", "fields": [{"field": "sum", **DECIMAL}]}}
    value = {"schema": {"type": "struct", "fields": [lines]}, "payload": {"lines": [{"sum": "BNI="}, {"sum": "BNI="}]}}
    a_mapping = mapping(amount={"column": "lines[1].sum"})

    record = decoder(a_mapping).decode(json.dumps(value).encode())

    assert value_at(record, ("lines", 1, "sum")) == Decimal("12.34")
    assert value_at(record, ("lines", 0, "sum")) == "BNI="


@pytest.mark.parametrize(
    ("payload", "problem"),
    [(None, LeftOutError), ([1], RefusalError), ("text", RefusalError)],
)
def test_an_envelope_without_a_record(payload: object, problem: type[Exception], mapping: MakeMapping) -> None:
    with pytest.raises(problem):
        decoder(mapping()).decode(json.dumps({"schema": None, "payload": payload}).encode())


def test_envelopes_can_be_data(mapping: MakeMapping) -> None:
    value = {"schema": None, "payload": {"amount": 1}}

    assert decoder(mapping(), envelope=False).decode(json.dumps(value).encode()) == value


@pytest.mark.parametrize("operation", ["c", "r"])
def test_inserted_and_snapshot_rows_are_transactions(operation: str, mapping: MakeMapping) -> None:
    record = decoder(mapping("after.")).decode(event(operation, has_schema=True))

    assert value_at(record, ("after", "amount")) == Decimal("12.34")
    assert value_at(record, ("after", "at")) == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("u", LeftOutKind.UPDATE),
        ("d", LeftOutKind.DELETE),
        ("t", LeftOutKind.OTHER_CHANGE),
        ("m", LeftOutKind.OTHER_CHANGE),
    ],
)
@pytest.mark.parametrize("has_schema", [True, False])
def test_other_changes_are_counted(operation: str, kind: LeftOutKind, has_schema: bool, mapping: MakeMapping) -> None:
    with pytest.raises(LeftOutError) as left_out:
        decoder(mapping("after.")).decode(event(operation, has_schema=has_schema, after=None, before=ROW))

    assert left_out.value.kind is kind


def test_updates_can_be_wanted(mapping: MakeMapping) -> None:
    record = decoder(mapping("after."), operations="cu").decode(event("u", has_schema=True))

    assert value_at(record, ("after", "amount")) == Decimal("12.34")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"__deleted": "true"}, LeftOutKind.DELETE),
        ({"__op": "u", "__deleted": "false"}, LeftOutKind.UPDATE),
    ],
)
def test_flattened_events_tell_what_they_are(row: dict, kind: LeftOutKind, mapping: MakeMapping) -> None:
    with pytest.raises(LeftOutError) as left_out:
        decoder(mapping()).decode(json.dumps(ROW | row).encode())

    assert left_out.value.kind is kind


def test_base64_that_could_be_a_number_is_not_believed(mapping: MakeMapping) -> None:
    """`1234` is the base64 of a decimal as well as a number; without a schema nothing says which."""
    value = event("c", has_schema=False, after=ROW | {"amount": "1234"})

    with pytest.raises(RefusalError) as refusal:
        decoder(mapping("after.")).decode(value)

    assert (refusal.value.reason, refusal.value.path) == (RejectReason.INVALID_AMOUNT, "after.amount")
    as_text = decoder(mapping("after."), decimals={("after", "amount"): None}).decode(value)
    assert value_at(as_text, ("after", "amount")) == "1234"
    scaled = decoder(mapping("after."), decimals={("after", "amount"): 2}).decode(value)
    assert value_at(scaled, ("after", "amount")) == Decimal("-26588.24")


@pytest.mark.parametrize("amount", ["12.34", 12.34, "-5.00"])
def test_amounts_that_are_no_base64_need_no_setting(amount: object, mapping: MakeMapping) -> None:
    record = decoder(mapping("after.")).decode(event("c", has_schema=False, after=ROW | {"amount": amount}))

    assert value_at(record, ("after", "amount")) == amount


def test_a_decimal_with_its_scale_needs_no_schema(mapping: MakeMapping) -> None:
    value = event("c", has_schema=False, after=ROW | {"amount": {"scale": 3, "value": "MDk="}})

    assert value_at(decoder(mapping("after.")).decode(value), ("after", "amount")) == Decimal("12.345")


def test_a_value_that_is_not_what_its_schema_says_names_its_path(mapping: MakeMapping) -> None:
    with pytest.raises(RefusalError) as refusal:
        decoder(mapping("after.")).decode(event("c", has_schema=True, after=ROW | {"amount": "12.34"}))

    assert (refusal.value.reason, refusal.value.path) == (RejectReason.WRONG_TYPE, "after.amount")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", RejectReason.MALFORMED_JSON),
        (b"{", RejectReason.MALFORMED_JSON),
        (b"{'a': 1}", RejectReason.MALFORMED_JSON),
        (b'{"a": NaN}', RejectReason.MALFORMED_JSON),
        (b'{"a": "\xff"}', RejectReason.INVALID_UTF8),
        (b"[1]", RejectReason.WRONG_TYPE),
        (b"\0\0\0\0\7{}", RejectReason.SCHEMA_REGISTRY_FRAMING),
    ],
)
def test_what_is_no_json_object_is_refused(value: bytes, reason: RejectReason, mapping: MakeMapping) -> None:
    with pytest.raises(RefusalError) as refusal:
        decoder(mapping()).decode(value)

    assert refusal.value.reason is reason


def test_a_tombstone_is_no_fault(mapping: MakeMapping) -> None:
    with pytest.raises(LeftOutError) as left_out:
        decoder(mapping()).decode(None)

    assert left_out.value.kind is LeftOutKind.TOMBSTONE


@given(st.binary() | st.from_regex(r'\{"(schema|payload|op|after)": .{0,20}\}', fullmatch=True).map(str.encode))
def test_any_bytes_are_read_or_refused(value: bytes) -> None:
    parts = {"timestamp": {"column": "at"}, "account_id": {"column": "account"}, "amount": {"column": "after.amount"}}
    decode = decoder(TransactionMapping.model_validate(parts)).decode

    try:
        record = decode(value)
    except (RefusalError, LeftOutError):
        return
    assert isinstance(record, dict)


def test_json_schema_says_what_connect_means(
    mapping: MakeMapping, schemas: Any, framed: Callable[[int, bytes], bytes]
) -> None:
    title = "org.apache.kafka.connect.data.Decimal"
    amount = {"oneOf": [{"type": "null"}, {"type": "string", "title": title, "connect.parameters": {"scale": "2"}}]}
    schemas.by_id[5] = Schema(json.dumps({"type": "object", "properties": {"amount": amount}}), "JSON")
    decode = Decoder(DecodingRules(WireFormat.JSON_SCHEMA, True, frozenset("c"), {}), mapping(), schemas).decode

    assert decode(framed(5, b'{"amount": "BNI="}'))["amount"] == Decimal("12.34")
    with pytest.raises(RefusalError, match="schema_registry_framing"):
        decode(b'{"amount": 1}')
