"""Spark judges records as the contract does, and no record makes it throw."""

import json
import random
from pathlib import Path

import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from spark_detector.parse import parse
from vigie_schemas import RejectReason, Transaction
from vigie_schemas.dead_letter import MAX_KEPT_PAYLOAD_BYTES

pytestmark = pytest.mark.spark

RECORDS = T.StructType(
    [
        T.StructField("value", T.BinaryType()),
        T.StructField("partition", T.IntegerType()),
        T.StructField("offset", T.LongType()),
        T.StructField("received_at_ms", T.LongType()),
    ]
)
GOOD = {
    "schema_version": 1,
    "transaction_id": "t-1",
    "account_id": "acct-1",
    "timestamp_ms": 1_735_732_800_000,
    "amount": 12.5,
    "currency": "EUR",
}


def judged(spark: SparkSession, values: list[bytes | None]) -> list[T.Row]:
    rows = [(value, 0, number, 1) for number, value in enumerate(values)]
    return parse(spark.createDataFrame(rows, RECORDS)).orderBy("offset").collect()


def reasons(spark: SparkSession, values: list[bytes | None]) -> list[str | None]:
    return [row.reject_reason for row in judged(spark, values)]


def test_valid_examples_become_transactions_equal_to_pydantics(spark: SparkSession, examples: Path) -> None:
    values = [path.read_bytes() for path in sorted((examples / "valid").iterdir())]

    rows = judged(spark, list(values))

    assert [row.reject_reason for row in rows] == [None] * len(values)
    expected = [Transaction.model_validate_json(value) for value in values]
    assert [Transaction.model_validate(row.transaction.asDict()) for row in rows] == expected


def test_invalid_examples_are_refused_for_the_reason_their_name_says(spark: SparkSession, examples: Path) -> None:
    paths = sorted((examples / "invalid").iterdir())

    found = reasons(spark, [path.read_bytes() for path in paths])

    assert dict(zip((path.stem for path in paths), found, strict=True)) == {
        path.stem: path.stem.split(".")[0] for path in paths
    }


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, RejectReason.TOMBSTONE),
        (b"", RejectReason.MALFORMED_JSON),
        (b"null", RejectReason.MALFORMED_JSON),
        (b"x" * 1_048_576, RejectReason.RECORD_TOO_LARGE),
        (b'{"account_id": "\xff\xfe"}', RejectReason.INVALID_UTF8),
        (json.dumps({**GOOD, "transaction_id": "t-1\n"}).encode(), RejectReason.INVALID_TRANSACTION_ID),
        (json.dumps(GOOD).encode().replace(b"12.5", b"1e999"), RejectReason.INVALID_AMOUNT),
        (json.dumps(GOOD).encode().replace(b"1735732800000", b"9" * 40), RejectReason.WRONG_TYPE),
    ],
    ids=lambda part: str(part)[:24],
)
def test_bytes_that_are_no_transaction(spark: SparkSession, value: bytes | None, reason: RejectReason) -> None:
    assert reasons(spark, [value]) == [reason.value]


def test_a_refused_record_keeps_its_first_bytes_and_its_size(spark: SparkSession) -> None:
    (row,) = judged(spark, [b"ab" * 50_000])

    assert row.payload_bytes == 100_000
    assert bytes(row.payload) == b"ab" * (MAX_KEPT_PAYLOAD_BYTES // 2)


def test_an_accepted_record_carries_no_payload_on(spark: SparkSession) -> None:
    (row,) = judged(spark, [json.dumps(GOOD).encode()])

    assert row.payload is None


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"amount": "12"}, RejectReason.WRONG_TYPE, "amount"),
        ({"timestamp_ms": 1.5}, RejectReason.WRONG_TYPE, "timestamp_ms"),
        ({"timestamp_ms": 10**40}, RejectReason.WRONG_TYPE, "timestamp_ms"),
        ({"merchant_id": 7, "lat": "x"}, RejectReason.WRONG_TYPE, "merchant_id"),
        ({"country": {"code": "FR"}}, RejectReason.WRONG_TYPE, "country"),
        ({"schema_version": 2}, RejectReason.UNSUPPORTED_SCHEMA_VERSION, "schema_version"),
        ({"schema_version": "1"}, RejectReason.WRONG_TYPE, "schema_version"),
        ({"lat": 91}, RejectReason.INVALID_PLACE, "lat"),
        ({"lat": 1, "lon": 181}, RejectReason.INVALID_PLACE, "lon"),
        ({"currency": "ABC"}, RejectReason.UNKNOWN_CURRENCY, "currency"),
        ({"account_id": "1234567890123"}, RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM, "account_id"),
        ({"merchant_id": "4111 1111 1111 1111"}, RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM, "merchant_id"),
        ({"category": "DE89370400440532013000"}, RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM, "category"),
        ({"transaction_id": "PAN:4111111111111111"}, RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM, "transaction_id"),
        ({"merchant_id": "1234567890123"}, None, None),
        ({"card_present": "true"}, RejectReason.WRONG_TYPE, "card_present"),
        ({"channel": 1, "card_present": 1}, RejectReason.WRONG_TYPE, "channel"),
        ({"device_id": "x" * 129}, RejectReason.INVALID_DEVICE, "device_id"),
        ({"payee_id": "DE89 3704 0044 0532 0130 00"}, RejectReason.ACCOUNT_NUMBER_NOT_PSEUDONYM, "payee_id"),
        ({"direction": "in"}, RejectReason.INVALID_DIRECTION, "direction"),
        ({"ip_country": "fr"}, RejectReason.INVALID_IP_COUNTRY, "ip_country"),
    ],
    ids=str,
)
def test_a_refused_record_names_the_field(
    spark: SparkSession, changes: dict[str, object], reason: RejectReason | None, field: str | None
) -> None:
    (row,) = judged(spark, [json.dumps(GOOD | changes).encode()])

    assert (row.reject_reason, row.reject_field) == (reason, field)


def test_a_record_with_an_account_number_is_kept_nowhere(spark: SparkSession) -> None:
    numbered = [GOOD | {"account_id": "4111111111111111"}, GOOD | {"merchant_id": "IBAN DE89 3704 0044 0532 0130 00"}]
    twice_wrong = GOOD | {"merchant_id": "4111111111111111", "transaction_id": "a b"}

    rows = judged(spark, [json.dumps(record).encode() for record in (*numbered, twice_wrong)])

    assert [row.payload for row in rows] == [None] * 3


FRAMED = b"\x00\x00\x00\x00\x07"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (FRAMED + json.dumps(GOOD).encode(), RejectReason.SCHEMA_REGISTRY_FRAMING),
        (FRAMED + b"\x02\xff\xfe", RejectReason.SCHEMA_REGISTRY_FRAMING),
        (FRAMED, RejectReason.SCHEMA_REGISTRY_FRAMING),
        (FRAMED[:4], RejectReason.MALFORMED_JSON),
        (json.dumps(GOOD).encode("utf-16-be"), RejectReason.MALFORMED_JSON),
        (json.dumps({"schema": None, "payload": GOOD}).encode(), RejectReason.CONNECT_ENVELOPE),
        (json.dumps({"before": GOOD, "after": None}).encode(), RejectReason.CONNECT_ENVELOPE),
        (json.dumps({"payload": GOOD}).encode(), RejectReason.UNSUPPORTED_SCHEMA_VERSION),
        (json.dumps(GOOD | {"schema": 1, "payload": {"a": 1}}).encode(), None),
        (json.dumps(GOOD | {"schema": 1, "payload": {}, "amount": 0}).encode(), RejectReason.INVALID_AMOUNT),
    ],
    ids=lambda part: str(part)[:24],
)
def test_what_belongs_to_the_bridge_is_told_from_what_is_broken(
    spark: SparkSession, value: bytes, reason: RejectReason | None
) -> None:
    assert reasons(spark, [value]) == [reason]


def mutations(count: int, seed: int) -> list[bytes]:
    """Good records with bytes flipped, cut, doubled, or fields set to odd values."""
    chance = random.Random(seed)
    odd = [None, True, -1, 0, 1e308, 5e-324, 2**63, "", "NaN", [], {}, "\u0000", "€" * 70, -0.0, 1e-7]
    found: list[bytes] = []
    for _ in range(count):
        record: dict[str, object] = {**GOOD, "lat": 1.5, "lon": 2.5, "merchant_id": "m", "sent_at_us": 5}
        record[chance.choice(list(record))] = chance.choice(odd)
        value = bytearray(json.dumps(record).encode())
        if chance.random() < 0.5:
            value[chance.randrange(len(value))] = chance.randrange(256)
        if chance.random() < 0.1:
            value = value[: chance.randrange(len(value))]
        found.append(bytes(value))
    return found


def test_spark_and_pydantic_agree_on_two_thousand_damaged_records(spark: SparkSession) -> None:
    values = mutations(2000, seed=11)

    found = reasons(spark, list(values))

    def is_valid(value: bytes) -> bool:
        try:
            Transaction.model_validate_json(value)
        except ValidationError:
            return False
        return True

    accepted = [reason is None for reason in found]
    disagreements = [(v, r) for v, r, a in zip(values, found, accepted, strict=True) if a != is_valid(v)]
    assert disagreements == []
    assert 100 < sum(accepted) < 1900
