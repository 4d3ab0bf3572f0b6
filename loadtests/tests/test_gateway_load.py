"""What a load of the gateway sends, and what it notes of the answers and of the topics."""

import itertools
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_loadtests.gateway.answers import BASES, UNKNOWN, AnswerLog, CallAnswers, parsed
from vigie_loadtests.gateway.prepared import PreparedTransactions
from vigie_loadtests.gateway.recorded import CallRecords, RecordedCalls
from vigie_loadtests.gateway.settings import (
    MAX_CALLERS,
    TOPIC_SENDERS,
    GatewayLoadSettings,
    callers_for,
    gateway_locust_command,
)
from vigie_schemas import Transaction
from vigie_schemas.verdict import VERDICTS_BY_STRICTNESS

POOL = [
    {
        "schema_version": 1,
        "transaction_id": f"g7-1-{number}",
        "account_id": f"acct-{number}",
        "timestamp_ms": 1_735_732_800_000 + 1000 * number,
        "amount": 12.5,
        "currency": "EUR",
        "merchant_id": "bäcker",
        "country": None,
        "sent_at_us": None,
    }
    for number in range(3)
]


def test_a_body_is_the_transaction_under_the_calls_own_id() -> None:
    prepared = PreparedTransactions(POOL)

    bodies = [prepared.body(f"call-{number}") for number in range(3)]

    for number, body in enumerate(bodies):
        transaction = Transaction.model_validate_json(body)
        assert transaction.transaction_id == f"call-{number}"
        assert transaction.timestamp_ms == POOL[number]["timestamp_ms"]
        assert transaction.merchant_id == "bäcker"
    assert b"null" not in b"".join(bodies)


def test_bodies_and_records_take_turns_in_one_sequence() -> None:
    prepared = PreparedTransactions(POOL)
    records = prepared.records()

    first, second, third = json.loads(prepared.body("call-0")), next(records), json.loads(prepared.body("call-1"))

    assert [record["account_id"] for record in (first, second, third)] == ["acct-0", "acct-1", "acct-2"]


@given(st.integers(min_value=4, max_value=50))
def test_time_never_runs_backwards_however_often_the_pool_is_sent(count: int) -> None:
    prepared = PreparedTransactions(POOL)

    times = [json.loads(prepared.body("call-0"))["timestamp_ms"] for _ in range(count)]

    assert all(before < after for before, after in itertools.pairwise(times))


def test_an_answer_is_noted_and_read_again(tmp_path: Path) -> None:
    log, path = AnswerLog(), tmp_path / "answers.npz"
    own = {"transaction_id": "call-7", "basis": "fallback", "verdict": "decline", "spent_ms": 150.25}

    log.add(7, (1_000_000, 2_000_000, 9_000_000), 200, json.dumps(own).encode())
    log.add(8, (1_000_000, 2_000_000, 9_000_000), 200, json.dumps(own | {"verdict": "perhaps"}).encode())
    log.add(9, (1_000_000, 2_000_000, 9_000_000), 503, b'{"title": "Too busy"}')
    log.add(10, (1_000_000, 2_000_000, 9_000_000), 0, None)
    log.write(path)
    found = CallAnswers.load(path)

    assert list(found.numbers) == [7, 8, 9, 10]
    assert list(found.statuses) == [200, 200, 503, 0]
    assert list(found.is_own) == [1, 0, 0, 0]
    assert list(found.bases) == [BASES.index("fallback")] * 2 + [UNKNOWN] * 2
    assert list(found.verdicts) == [VERDICTS_BY_STRICTNESS.index("decline"), UNKNOWN, UNKNOWN, UNKNOWN]
    assert list(found.spent_us[:1]) == [150_250]
    assert list(found.latencies_ms) == [8.0] * 4
    assert list(found.answered().numbers) == [7, 8]


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[1]", None])
def test_what_is_no_object_is_no_answer(content: bytes | None) -> None:
    assert parsed(content) == {}


def test_records_of_calls_are_counted_once_each() -> None:
    records = CallRecords()
    for number, late, accepted in (
        (0, False, True),
        (0, False, True),
        (1, False, False),
        (1, True, True),
        (2, False, True),
    ):
        records.take_verdict(number, {"late": late, "accepted": accepted})
    assert not records.is_complete(3)
    for number in (0, 1, 1):
        records.take_score(number, {})

    assert records.counts() == RecordedCalls(
        verdicts=3, verdicts_repeated=1, late=1, scored=2, scored_repeated=1, unscored=1
    )
    records.take_score(2, {})
    assert records.is_complete(3)
    assert not records.is_complete(4)


@pytest.mark.parametrize(("rate", "callers"), [(1, 20), (100, 60), (1000, 600), (20_000, MAX_CALLERS)])
def test_there_are_callers_for_more_than_half_a_second_of_silence(rate: int, callers: int) -> None:
    command = gateway_locust_command(GatewayLoadSettings(load_call_rate=rate, load_url="http://127.0.0.1:8123"))

    assert callers_for(rate) == callers
    assert command[command.index("-u") + 1] == str(callers + TOPIC_SENDERS)
    assert command[command.index("--host") + 1] == "http://127.0.0.1:8123"


def test_every_column_of_the_answers_is_logged(tmp_path: Path) -> None:
    AnswerLog().write(tmp_path / "answers.npz")

    assert set(np.load(tmp_path / "answers.npz")) == {field.name for field in fields(CallAnswers)}
