"""The quick reader agrees with the contracts and refuses everything else without an exception."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.intake.parsing import (
    read_alert,
    read_dead_letter,
    read_delivery,
    read_label,
    read_scored,
    read_verdict,
)
from vigie_schemas import Alert, DeadLetter, RejectReason, ScoredTransaction, Verdict
from vigie_testing.golden import golden_record

SCORED = ScoredTransaction(
    schema_version=1,
    transaction_id="t1",
    account_id="acc-1",
    timestamp_ms=1_780_000_000_000,
    sent_at_us=1_780_000_000_000_000,
    amount_eur=12.5,
    partition=1,
    offset=42,
    status="scored",
    segment="new_account",
    history_count=0,
    features={"amount_log": 2.6},
    score=0.41,
    threshold=0.6,
    is_anomaly=False,
    model_version=3,
    threshold_version=4,
)
LEARNING = SCORED.model_copy(
    update={"status": "learning", "score": None, "threshold": None, "model_version": None, "threshold_version": None}
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def test_reads_a_scored_record() -> None:
    record = read_scored(SCORED.model_dump_json().encode())
    assert record is not None
    assert not record.is_canary
    shared = set(record._fields) - {"is_canary"}
    assert {name: getattr(record, name) for name in shared} == {name: getattr(SCORED, name) for name in shared}


def test_knows_a_canary_by_its_account() -> None:
    record = read_scored(SCORED.model_copy(update={"account_id": "canary-1"}).model_dump_json().encode())
    assert record is not None
    assert record.is_canary


def test_reads_a_learning_record() -> None:
    record = read_scored(LEARNING.model_dump_json().encode())
    assert record is not None
    assert (record.score, record.threshold, record.model_version, record.offset) == (None, None, None, 42)


def test_reads_a_dead_letter() -> None:
    letter = DeadLetter(
        schema_version=1,
        reason=RejectReason.INVALID_AMOUNT,
        topic="transactions",
        partition=1,
        offset=7,
        received_at_ms=1,
        payload_bytes=2,
        payload_base64="e30=",
        truncated=False,
    )
    assert read_dead_letter(letter.model_dump_json().encode()) == ("transactions", 1, 7, "invalid_amount")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offset", -1),
        ("offset", 2**64),
        ("offset", "7"),
        ("offset", True),
        ("partition", None),
        ("score", float("nan")),
        ("score", 1.5),
        ("score", None),
        ("threshold", "0.5"),
        ("model_version", 0),
        ("sent_at_us", 1.5),
        ("timestamp_ms", 2**62),
        ("timestamp_ms", 0),
        ("transaction_id", ""),
        ("account_id", 5),
        ("segment", None),
        ("amount_eur", 0),
        ("amount_eur", "12"),
    ],
)
def test_a_wrong_value_makes_a_record_unreadable(name: str, value: object) -> None:
    assert read_scored(json.dumps(SCORED.model_dump() | {name: value}).encode()) is None


@settings(deadline=None)
@given(st.binary(max_size=100) | json_values.map(lambda value: json.dumps(value).encode()))
def test_nothing_makes_a_reader_raise(payload: bytes) -> None:
    assert read_scored(payload) is None
    assert read_dead_letter(payload) is None
    assert read_alert(payload) is None
    assert read_label(payload) is None
    assert read_verdict(payload) is None
    assert read_delivery(payload) is None


def example(contract: str, name: str) -> bytes:
    return json.dumps(golden_record(contract, name)).encode()


def test_reads_an_alert() -> None:
    alert = Alert.model_validate_json(example("alert", "alert.json"))

    sight = read_alert(example("alert", "alert.json"))

    assert sight is not None
    assert (sight.alert_id, sight.account_id, sight.amount_eur) == (alert.alert_id, alert.account_id, alert.amount_eur)
    assert (sight.severity, sight.segment, sight.score) == (alert.severity, alert.segment, alert.score)
    assert (sight.first_reason, sight.first_feature) == (alert.reasons[0].text, alert.reasons[0].feature)
    assert sight.made_at_ms == alert.transaction.timestamp_ms


def test_an_alert_without_reasons_is_one_too() -> None:
    record = json.loads(example("alert", "alert.json")) | {"reasons": []}

    sight = read_alert(json.dumps(record).encode())

    assert sight is not None
    assert sight.first_reason == ""


@pytest.mark.parametrize("name", ["model.json", "rules.json", "fallback.json", "late.json", "shadow.json"])
def test_reads_a_verdict(name: str) -> None:
    verdict = Verdict.model_validate_json(example("verdict", name))

    record = read_verdict(example("verdict", name))

    assert record is not None
    shared = set(record._fields) - {"is_canary", "is_late"}
    assert {field: getattr(record, field) for field in shared} == {field: getattr(verdict, field) for field in shared}
    assert (record.is_late, record.is_canary) == (verdict.late, False)
    assert (record.verdict_id == verdict.transaction_id) is not verdict.late


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verdict", "maybe"),
        ("verdict", ["allow"]),
        ("would_be", "maybe"),
        ("basis", None),
        ("fallback_cause", "weather"),
        ("late", 1),
        ("spent_ms", -1),
        ("spent_ms", True),
        ("spent_ms", "40"),
        ("transaction_id", ""),
    ],
)
def test_a_wrong_value_makes_a_verdict_unreadable(name: str, value: object) -> None:
    record = golden_record("verdict", "model.json") | {name: value}

    assert read_verdict(json.dumps(record).encode()) is None


def test_reads_labels_with_the_trust_in_their_source() -> None:
    generator, analyst = read_label(example("label", "generator.json")), read_label(example("label", "analyst.json"))

    assert generator is not None
    assert analyst is not None
    assert generator.trust < analyst.trust


@pytest.mark.parametrize(("name", "value"), [("is_fraud", 1), ("source", "rumour"), ("transaction_id", None)])
def test_a_wrong_value_makes_a_label_unreadable(name: str, value: object) -> None:
    record = json.loads(example("label", "generator.json")) | {name: value}

    assert read_label(json.dumps(record).encode()) is None


@settings(deadline=None)
@given(st.sampled_from(sorted(SCORED.model_dump())), json_values)
def test_no_single_value_makes_the_reader_raise(name: str, value: object) -> None:
    record = read_scored(json.dumps(SCORED.model_dump() | {name: value}).encode())
    assert record is None or record.offset >= 0


def test_deeply_nested_text_is_unreadable() -> None:
    assert read_scored(b'{"a":' * 100_000) is None
    assert read_alert(b"[" * 100_000) is None
