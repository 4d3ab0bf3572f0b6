"""What a call becomes before anything leaves the gateway."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.door.payment import PaymentReader
from gateway.errors import InvalidTransactionProblem, MalformedRequestProblem
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import Transaction, is_account_number, shipped_rates

CARDS = ["4111111111111111", "4111 1111 1111 1111", "PAN:5555-5555-5555-4444", "de89 3704 0044 0532 0130 00"]
FIELDS = {"transaction_id": "pay-1", "account_id": "acct-1", "amount": 12.5, "currency": "EUR"}
NOW_MS = 1_772_359_200_000


@pytest.fixture
def reader() -> PaymentReader:
    return PaymentReader(Pseudonyms("k" * 20 + "ey" * 8), shipped_rates(), lambda: NOW_MS)


def test_a_call_is_a_transaction_of_now(reader: PaymentReader) -> None:
    payment = reader.payment(FIELDS | {"currency": "USD"})

    assert payment.transaction.timestamp_ms == NOW_MS
    assert payment.amount_eur == pytest.approx(12.5 * shipped_rates().eur_per_unit["USD"])
    assert Transaction.model_validate_json(payment.record) == payment.transaction


@pytest.mark.parametrize("number", CARDS)
@pytest.mark.parametrize("field", ["account_id", "merchant_id", "payee_id", "device_id"])
def test_account_numbers_become_pseudonyms(reader: PaymentReader, field: str, number: str) -> None:
    record = json.loads(reader.payment(FIELDS | {field: number}).record)

    assert record[field] == json.loads(reader.payment(FIELDS | {field: number.replace(" ", "")}).record)[field]
    assert not is_account_number(record[field])


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\t"])
def test_a_payment_of_no_account_is_refused(reader: PaymentReader, blank: str) -> None:
    with pytest.raises(InvalidTransactionProblem, match="account_id"):
        reader.payment(FIELDS | {"account_id": blank})


@pytest.mark.parametrize("field", ["transaction_id", "category", "channel", "country", "currency"])
def test_elsewhere_they_are_refused_and_not_repeated(reader: PaymentReader, field: str) -> None:
    with pytest.raises(InvalidTransactionProblem) as refused:
        reader.payment(FIELDS | {field: CARDS[0]})

    assert field in refused.value.detail
    assert CARDS[0] not in refused.value.body().decode()


def test_the_digest_is_of_what_was_sent(reader: PaymentReader) -> None:
    digests = {
        reader.payment(fields).digest
        for fields in (FIELDS, dict(reversed(FIELDS.items())), FIELDS | {"unknown": 1}, FIELDS | {"sent_at_us": 5})
    }

    assert len(digests) == 1
    assert reader.payment(FIELDS | {"amount": 12.6}).digest not in digests
    assert reader.payment(FIELDS | {"country": "FR"}).digest not in digests


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff{}",
        b'{"amount": NaN}',
        b'{"amount": 1, "amount": 2}',
        b'{"transactions": [{"amount": 1, "amount": 2}]}',
        b"{} {}",
        b"[]",
        b"17",
    ],
)
def test_bodies_that_not_every_program_reads_alike(reader: PaymentReader, body: bytes) -> None:
    with pytest.raises(MalformedRequestProblem):
        reader.document(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(Transaction.model_fields)), json_values) | json_values)
def test_any_json_is_a_payment_or_a_problem(fields: object) -> None:
    reader = PaymentReader(Pseudonyms("k" * 20 + "ey" * 8), shipped_rates(), lambda: NOW_MS)
    whole = FIELDS | fields if isinstance(fields, dict) else fields

    with suppress(InvalidTransactionProblem, MalformedRequestProblem):
        payment = reader.payment(reader.document(json.dumps(whole).encode()))
        assert Transaction.model_validate_json(payment.record) == payment.transaction
