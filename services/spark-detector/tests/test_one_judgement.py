"""One record, one judgement: Spark's parser and pydantic accept and refuse the same bytes, whatever became of them."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pyspark.sql import SparkSession

from spark_detector.parse import parse
from vigie_schemas import RejectReason, Transaction
from vigie_schemas.dead_letter import MAX_RECORD_BYTES
from vigie_schemas.json_documents import MAX_DEPTH, MAX_DIGITS, MAX_NAME_UNITS

pytestmark = pytest.mark.spark

RECORDS_A_JOB = 500
JOBS = 5
GOOD = {
    "schema_version": 1,
    "transaction_id": "t-1",
    "account_id": "acct-1",
    "timestamp_ms": 1_735_732_800_000,
    "amount": 12.5,
    "currency": "EUR",
}
FULL = GOOD | {
    "merchant_id": "grocer-7",
    "category": "groceries",
    "country": "FR",
    "lat": 48.85,
    "lon": 2.35,
    "sent_at_us": 1_735_732_800_000_000,
    "channel": "transfer",
    "device_id": "dev-4c",
    "payee_id": "payee-9f",
    "direction": "out",
    "ip_country": "DE",
    "card_present": False,
}
TEXT = json.dumps(GOOD)
VALUES: tuple[object, ...] = (
    None, True, False, 0, 1, -1, -0.0, 1.5, 1e308, 5e-324, 2**31, 2**62, 2**63, 2**64, 10**30, 1e9, "", "1",
    "NaN",
    "EUR", "FR", "acct-2", [], {}, [1], {"a": 1}, "\x00", "€" * 64, "€" * 129, "😀" * 128, "x" * 65,
    "4111-1111-1111-1111", "IBAN de89 3704 0044 0532 0130 00", "4111111111111112", 1_735_732_800_000, 90, -180.0,
    180.1, "a b", "t-1\n", "out", "in", "OUT", "true", "DE\n", "payee\\\"9", "x" * 129,
)  # fmt: skip
TOKENS = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"'", b"\\", b"\\u", b"\\ud83d", b"\\ude00", b"\\u0000", b"null", b"true",
    b"NaN", b"-Infinity", b"1e400", b"0", b"-", b".", b"e5", b"//", b"/*", b"#", b"\xef\xbb\xbf", b"\x00", b"\x1f",
    b" ", b"\t", b"\r\n", b"\x0b", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xff", b"\xed\xa0\x80", b'"x":', b'"amount":1,',
    b"\\n", b'"account_id":"acct-9",', b'"x":[[]],', b'"record":', b'"card_present":"",',
    b'"direction":"in",', b"false",
)  # fmt: skip


def beside(field: str) -> str:
    return f"{TEXT[:-1]},{field}}}"


def nested(levels: int) -> str:
    return beside('"x":' + "[" * levels + "]" * levels)


KNOWN: dict[str, tuple[str, bool]] = {
    "as it should be": (TEXT, True),
    "space around it": (f"\r\n\t {TEXT} \n", True),
    "single quotes": (TEXT.replace('"', "'"), False),
    "a closing brace more": (TEXT + "}", False),
    "what follows a closing brace": (TEXT + '},"x":{"a":1', False),
    "another record in its place": (f'{TEXT},"record":{TEXT}', False),
    "a field after it": (TEXT + ',"x":1', False),
    "two documents": (TEXT + TEXT, False),
    "two with a comma": (f"{TEXT},{TEXT}", False),
    "in a list": (f"[{TEXT}]", False),
    "byte order mark": ("\ufeff" + TEXT, False),
    "comment": (TEXT + "//x", False),
    "form feed after it": (TEXT + "\x0c", False),
    "NaN in an unknown field": (beside('"x":NaN'), False),
    "infinity in a list": (beside('"x":[-Infinity]'), False),
    "beyond a double in an unknown field": (beside('"x":1e400'), True),
    "digits as many as may be": (beside('"x":' + "9" * MAX_DIGITS), True),
    "a digit too many": (beside('"x":' + "9" * (MAX_DIGITS + 1)), False),
    "a fraction as long as may be": (beside('"x":0.' + "9" * (MAX_DIGITS - 2)), True),
    "a fraction too long": (beside('"x":0.' + "9" * (MAX_DIGITS - 1)), False),
    "a name too long": (beside('"' + "n" * (MAX_NAME_UNITS + 1) + '":1'), False),
    "half a surrogate pair": (beside(r'"x":"\ud800"'), False),
    "its lower half": (beside(r'"x":"\udc00"'), False),
    "half of one in a name": (beside(r'"\ud800":1'), False),
    "half of one before a whole one": (beside(r'"x":"\ud83d\ud83d\ude00"'), False),
    "a whole one": (beside(r'"x":"\ud83d\ude00"'), True),
    "a backslash before what is none": (beside(r'"x":"\\ud800"'), True),
    "a backslash before half of one": (beside(r'"x":"\\\ud800"'), False),
    "a field twice, the same": (beside('"amount":12.5'), False),
    "a field twice, the first of a wrong type": ('{"amount":"x",' + TEXT[1:], False),
    "an unknown field twice": (beside('"x":1,"x":2'), False),
    "a field twice, once by an escape": (beside(r'"amo\u0075nt":1'), False),
    "twice in an unknown field": (beside('"x":{"a":1,"a":2}'), True),
    "control character": (beside('"x":"\x01"'), False),
    "as deep as may be": (nested(MAX_DEPTH - 1), True),
    "too deep": (nested(MAX_DEPTH), False),
    "brackets in a text": (beside('"x":"' + "[" * 500 + '"'), True),
    "brackets behind an escaped quote": (beside(r'"x":"\"' + "[" * 500 + '"'), True),
    "many brackets beside one another": (beside('"x":[' + ",".join(["[]"] * 500) + "]"), True),
    "as large as may be": (beside('"x":"' + "y" * (MAX_RECORD_BYTES - len(TEXT) - 7) + '"'), True),
    "a byte too large": (beside('"x":"' + "y" * (MAX_RECORD_BYTES - len(TEXT) - 6) + '"'), False),
    "a card number as the receiver": (beside('"merchant_id":"PAN:4111111111111111"'), False),
    "a card number as the payee": (beside('"payee_id":"PAN:4111111111111111"'), False),
    "a card number as the device": (beside('"device_id":"4111-1111-1111-1111"'), False),
    "an IBAN as the channel": (beside('"channel":"DE89 3704 0044 0532 0130 00"'), False),
    "money in": (beside('"direction":"in"'), False),
    "money out": (beside('"direction":"out"'), True),
    "a text for a truth": (beside('"card_present":"true"'), False),
    "an empty text for a truth": (beside('"card_present":""'), False),
    "a number for a truth": (beside('"card_present":1'), False),
    "a truth": (beside('"card_present":true'), True),
    "an address in no country": (beside('"ip_country":"XXX"'), False),
    "an IBAN as the category": (beside('"category":"DE89 3704 0044 0532 0130 00"'), False),
}


def accepted_by_spark(spark: SparkSession, records: list[bytes]) -> list[bool]:
    rows = [(record, 0, number, 1) for number, record in enumerate(records)]
    frame = spark.createDataFrame(rows, "value binary, partition int, offset long, received_at_ms long")
    found = parse(frame).select("offset", "reject_reason").orderBy("offset").collect()
    assert {row.reject_reason for row in found} <= {None, *(reason.value for reason in RejectReason)}
    return [row.reject_reason is None for row in found]


def is_accepted_by_pydantic(record: bytes) -> bool:
    try:
        Transaction.model_validate_json(record)
    except ValidationError:
        return False
    return True


def test_what_parsers_take_differently_is_judged_once(spark: SparkSession) -> None:
    expected = {name: is_taken for name, (_, is_taken) in KNOWN.items()}
    texts = [text.encode() for text, _ in KNOWN.values()]

    assert dict(zip(KNOWN, accepted_by_spark(spark, texts), strict=True)) == expected
    assert dict(zip(KNOWN, map(is_accepted_by_pydantic, texts), strict=True)) == expected


def test_all_records_are_judged_alike_when_they_come_together(spark: SparkSession) -> None:
    """A bad record beside good ones takes nothing along."""
    good = [json.dumps(GOOD | {"transaction_id": f"t-{number}"}).encode() for number in range(50)]
    bad = [text.encode() for text, is_taken in KNOWN.values() if not is_taken]

    found = accepted_by_spark(spark, [record for pair in zip(good, bad, strict=False) for record in pair])

    assert found == [True, False] * min(len(good), len(bad))


@settings(max_examples=JOBS)
@given(st.integers(min_value=0, max_value=2**32))
def test_spark_and_pydantic_agree_on_mutated_records(spark: SparkSession, seed: int) -> None:
    chance = random.Random(seed)
    records = [mutated(chance) for _ in range(RECORDS_A_JOB)]

    by_spark = accepted_by_spark(spark, records)

    by_pydantic = [is_accepted_by_pydantic(record) for record in records]
    disagreed = [pair for pair in zip(records, by_spark, by_pydantic, strict=True) if pair[1] != pair[2]]
    assert disagreed == []
    assert RECORDS_A_JOB / 20 < sum(by_spark) < RECORDS_A_JOB * 19 / 20


def mutated(chance: random.Random) -> bytes:
    """A good record to which one to three things were done."""
    fields = dict(chance.choice((GOOD, FULL)))
    if chance.random() < 0.5:
        fields[chance.choice(list(FULL))] = chance.choice(VALUES)
    record = json.dumps(fields, ensure_ascii=chance.random() < 0.5).encode()
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        record = chance.choice(MUTATIONS)(record, chance)
    return record


def _replace_byte(record: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(record) or 1)
    return record[:at] + bytes([chance.randrange(256)]) + record[at + 1 :]


def _delete(record: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(record) or 1)
    return record[:at] + record[at + chance.choice((1, 1, 1, 5)) :]


def _insert_token(record: bytes, chance: random.Random) -> bytes:
    at = chance.choice((0, 1, len(record) - 1, len(record), chance.randrange(len(record) + 1)))
    return record[:at] + chance.choice(TOKENS) + record[at:]


def _cut(record: bytes, chance: random.Random) -> bytes:
    return record[: chance.randrange(len(record) or 1)]


def _repeat_a_field(record: bytes, chance: random.Random) -> bytes:
    name, value = chance.choice(list(FULL)), json.dumps(chance.choice(VALUES))
    return record[:-1] + f',"{name}":{value}}}'.encode()


def _append_a_document(record: bytes, chance: random.Random) -> bytes:
    between = chance.choice((b"", b" ", b"\n", b",", b"}", b"},", b',"record":', b'},"x":{', b"]"))
    return record + between + chance.choice((TEXT.encode(), b"{}", b"1", b"null", b'"x"'))


def _change_quotes(record: bytes, chance: random.Random) -> bytes:
    return record.replace(b'"', b"'") if chance.random() < 0.5 else record.replace(b'"', b"'", 2)


def _add_an_unknown_field(record: bytes, chance: random.Random) -> bytes:
    value = chance.choice(
        (
            b"[]",
            b'{"a":{"a":1}}',
            b'"\\ud83d\\ude00"',
            b'"\\ud83d"',
            b"1E400",
            b"-0",
            b"NaN",
            b'"]}"',
            b"[" * 250 + b"]" * 250,
        )
    )
    return record[:1] + b'"added later":' + value + b"," + record[1:]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _replace_byte,
    _delete,
    _insert_token,
    _cut,
    _repeat_a_field,
    _append_a_document,
    _change_quotes,
    _add_an_unknown_field,
)
