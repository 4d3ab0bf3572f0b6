"""A batch becomes transactions, dead letters and counts; no record in two of them, none in none."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.conversion import Conversion, Outcome
from bridge.formats.decoder import Decoder, DecodingRules, WireFormat
from bridge.names import PlaceNames
from bridge.refusals import LeftOutKind
from vigie_intake.mapping import Mapping
from vigie_intake.rows import LeftOut
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import DeadLetter, RejectReason, Transaction
from vigie_schemas.account_numbers import is_account_number

IBAN = "DE89370400440532013000"
CARD = "4111 1111 1111 1111"
KEY = "k3y-of-tests-only-and-long-enough-7Q"
MakeMapping = Callable[..., Mapping]
PAYMENT = {"at": "2026-03-01T10:00:00Z", "account": "acct-1", "amount": 12.5}


@dataclass(frozen=True)
class Message:
    """As a consumer returns it."""

    content: bytes | None
    place: int = 0

    def topic(self) -> str:
        return "payments"

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return self.place

    def value(self) -> bytes | None:
        return self.content

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_772_359_200_000


def a_conversion(mapping: Mapping, *, source_name: str = "") -> Conversion:
    decoder = Decoder(DecodingRules(WireFormat.JSON, True, frozenset("cr"), {}), mapping, None)
    return Conversion(
        decoder,
        mapping,
        pseudonyms=lambda: Pseudonyms(KEY),
        currencies=frozenset({"EUR", "GBP"}),
        name_of=PlaceNames("payments", "someTopicId").of,
        source_name=source_name,
    )


def messages(*records: Any) -> list[Message]:
    contents = [record if isinstance(record, bytes | None) else json.dumps(record).encode() for record in records]
    return [Message(content, place) for place, content in enumerate(contents)]


def transactions(outcome: Outcome) -> list[Transaction]:
    return [Transaction.model_validate_json(value) for _, value in outcome.transactions]


def test_transactions_keep_order_and_are_keyed_by_account(mapping: MakeMapping) -> None:
    records = [PAYMENT | {"account": f"acct-{number % 3}", "amount": number + 1} for number in range(50)]

    outcome = a_conversion(mapping()).convert(messages(*records))

    assert [key.decode() for key, _ in outcome.transactions] == [record["account"] for record in records]
    found = transactions(outcome)
    assert [each.amount for each in found] == [record["amount"] for record in records]
    assert {each.timestamp_ms for each in found} == {1_772_359_200_000}
    assert all(each.sent_at_us for each in found)


def test_names_follow_from_the_place_where_the_source_has_none(mapping: MakeMapping) -> None:
    batch = messages(PAYMENT, PAYMENT)
    first, again = (transactions(a_conversion(mapping()).convert(batch)) for _ in range(2))

    assert [each.transaction_id for each in first] == [each.transaction_id for each in again]
    assert len({each.transaction_id for each in first}) == 2


def test_the_sources_own_names_are_kept(mapping: MakeMapping) -> None:
    named = mapping(transaction_id={"column": "id"})

    found = transactions(a_conversion(named).convert(messages(PAYMENT | {"id": "p-1"}, PAYMENT)))

    assert found[0].transaction_id == "p-1"
    assert found[1].transaction_id.endswith(".p3o1")


def test_accounts_by_number_get_pseudonyms(mapping: MakeMapping) -> None:
    outcome = a_conversion(mapping()).convert(messages(PAYMENT | {"account": IBAN}, PAYMENT | {"account": CARD}))

    names = [each.account_id for each in transactions(outcome)]
    assert names == [Pseudonyms(KEY).of(IBAN), Pseudonyms(KEY).of(CARD)]
    assert [key.decode() for key, _ in outcome.transactions] == names


def letters(mapping: Mapping, batch: Sequence[Message], **changes: str) -> list[DeadLetter]:
    conversion = a_conversion(mapping, **changes)
    refused = conversion.convert(batch).refused
    return [DeadLetter.model_validate_json(conversion.dead_letter(*each).value) for each in refused]


def test_a_dead_letter_names_field_reason_and_place_but_no_content(mapping: MakeMapping) -> None:
    broken = PAYMENT | {"account": IBAN, "amount": "much"}

    (letter,) = letters(mapping(), messages(PAYMENT, broken))

    assert (letter.reason, letter.field) == (RejectReason.INVALID_AMOUNT, "amount")
    assert (letter.topic, letter.partition, letter.offset) == ("payments", 3, 1)
    assert letter.payload_base64 is None
    assert letter.payload_bytes == len(json.dumps(broken))
    assert IBAN not in letter.model_dump_json()


def test_another_kafkas_topic_is_told_apart(mapping: MakeMapping) -> None:
    (letter,) = letters(mapping(), messages({}), source_name="@other:9092")

    assert letter.topic == "payments@other:9092"


def test_a_path_leads_to_the_field_it_is_for(mapping: MakeMapping) -> None:
    event = {"op": "c", "after": PAYMENT | {"amount": "1234"}}

    (letter,) = letters(mapping("after."), messages(event))

    assert (letter.reason, letter.field) == (RejectReason.INVALID_AMOUNT, "amount")
    assert "VIGIE_BRIDGE_DECIMALS" in (letter.hint or "")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"at": "yesterday"}, RejectReason.INVALID_TIMESTAMP, "timestamp"),
        ({"account": None}, RejectReason.INVALID_ACCOUNT_ID, "account_id"),
        ({"amount": None}, RejectReason.INVALID_AMOUNT, "amount"),
        ({"amount": -1}, RejectReason.INVALID_AMOUNT, "amount"),
        ({"amount": {"value": 1}}, RejectReason.WRONG_TYPE, None),
        ({"currency": "XYZ"}, RejectReason.UNKNOWN_CURRENCY, "currency"),
    ],
)
def test_why_a_record_is_refused(
    changes: dict[str, Any], reason: RejectReason, field: str | None, mapping: MakeMapping
) -> None:
    with_currency = mapping(currency={"column": "currency", "default": "EUR"})

    (letter,) = letters(with_currency, messages(PAYMENT, PAYMENT | changes))

    assert (letter.reason, letter.field) == (reason, field)


def test_what_else_the_source_knows_is_written_where_it_knows_it(mapping: MakeMapping) -> None:
    more = mapping(
        payee_id={"column": "to"},
        direction={"column": "way", "values": {"DBIT": "out", "CRDT": "in"}},
        card_present={"column": "chip"},
    )
    batch = messages(
        PAYMENT | {"to": IBAN, "way": "DBIT"},
        PAYMENT | {"way": "CRDT"},
        PAYMENT | {"chip": False},
        PAYMENT | {"chip": "?"},
    )

    outcome = a_conversion(more).convert(batch)

    transfer, at_a_distance = transactions(outcome)
    assert (transfer.payee_id, transfer.direction, transfer.card_present) == (Pseudonyms(KEY).of(IBAN), "out", None)
    assert at_a_distance.card_present is False
    assert b"payee_id" not in outcome.transactions[1].value
    assert outcome.left_out == {LeftOutKind.MONEY_IN: 1}
    assert [refusal.reason for _, refusal in outcome.refused] == [RejectReason.INVALID_CARD_PRESENT]


def test_what_is_no_transaction_is_counted(mapping: MakeMapping) -> None:
    signed = mapping(
        amount={"column": "amount", "out": "negative"},
        drop=[{"column": "state", "values": ["pending"], "reason": "pending"}],
    )
    batch = messages(
        None, PAYMENT | {"amount": 5}, PAYMENT | {"amount": -5}, PAYMENT | {"amount": -5, "state": "pending"}
    )

    outcome = a_conversion(signed).convert(batch)

    assert outcome.left_out == {LeftOutKind.TOMBSTONE: 1, LeftOutKind.MONEY_IN: 1, LeftOutKind.DROPPED: 1}
    assert [each.amount for each in transactions(outcome)] == [5]


def test_a_broken_label_refuses_no_transaction(mapping: MakeMapping) -> None:
    labelled = mapping(label={"column": "fraud"})

    assert len(a_conversion(labelled).convert(messages(PAYMENT | {"fraud": "perhaps"})).transactions) == 1


def test_every_refusal_of_a_mapping_is_a_reject_reason() -> None:
    refusals = {reason.value for reason in LeftOut if reason.is_refusal} - {LeftOut.INVALID_LABEL}

    assert refusals <= {reason.value for reason in RejectReason}


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)
)
RECORDS = st.fixed_dictionaries({}, optional={name: VALUES | st.just(PAYMENT[name]) for name in PAYMENT})


@given(st.lists(st.none() | st.binary(max_size=5) | RECORDS, max_size=12))
def test_each_record_ends_in_exactly_one_place(records: list[Any]) -> None:
    parts = {"timestamp": {"column": "at"}, "account_id": {"column": "account"}, "amount": {"column": "amount"}}
    conversion = a_conversion(Mapping.model_validate(parts))

    outcome = conversion.convert(messages(*records))

    refused = [message.offset() for message, _ in outcome.refused]
    assert len(set(refused)) == len(refused)
    assert len(outcome.transactions) + len(refused) + outcome.left_out.total() == len(records)
    transactions(outcome)
    for each in outcome.refused:
        DeadLetter.model_validate_json(conversion.dead_letter(*each).value)


@given(st.text(max_size=249), st.text(max_size=22), st.integers(0, 2**31), st.integers(0, 2**63))
def test_no_place_passes_for_an_account_number(topic: str, topic_id: str, partition: int, offset: int) -> None:
    class Place(Message):
        def partition(self) -> int:
            return partition

    name = PlaceNames(topic, topic_id).of(Place(None, offset))

    assert not is_account_number(name)
    assert len(name) <= 64


def test_a_topic_made_again_gives_other_names() -> None:
    assert PlaceNames("payments", "one").of(Message(None)) != PlaceNames("payments", "two").of(Message(None))
