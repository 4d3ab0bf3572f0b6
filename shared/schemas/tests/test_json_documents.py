"""A transaction is read from one JSON document that every parser reads alike."""

import json

import pytest
from pydantic import ValidationError

from vigie_schemas import Transaction
from vigie_schemas.dead_letter import MAX_RECORD_BYTES
from vigie_schemas.json_documents import MAX_DIGITS, problem_of

TEXT = json.dumps(
    {
        "schema_version": 1,
        "transaction_id": "t-1",
        "account_id": "acct-1",
        "timestamp_ms": 1_735_732_800_000,
        "amount": 12.5,
        "currency": "EUR",
    }
)


@pytest.mark.parametrize("document", [TEXT, TEXT.encode(), bytearray(TEXT.encode())])
def test_texts_and_bytes_are_read_alike(document: str | bytes | bytearray) -> None:
    assert problem_of(document) is None
    assert Transaction.model_validate_json(document).amount == 12.5


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ('"amount":12.5', "a field stands in it twice"),
        ('"x":NaN', "NaN is no number in JSON"),
        ('"x":[-Infinity]', "-Infinity is no number in JSON"),
        (f'"x":{"9" * (MAX_DIGITS + 1)}', "a number has too many digits"),
        (f'"{"n" * 50_001}":1', "the name of a field is too long"),
        (f'"x":"{"y" * MAX_RECORD_BYTES}"', "it has more than 65536 bytes"),
    ],
    ids=lambda part: part[:24],
)
def test_what_parsers_take_differently_is_refused_with_the_reason(field: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Transaction.model_validate_json(f"{TEXT[:-1]},{field}}}")


def test_a_refusal_shows_no_account_number() -> None:
    with pytest.raises(ValidationError, match="merchant_id") as refused:
        Transaction.model_validate_json(f'{TEXT[:-1]},"merchant_id":"PAN:4111111111111111"}}')

    assert "4111" not in str(refused.value)
