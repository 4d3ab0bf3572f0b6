"""What the measuring of delivery accepts and what it reports."""

import random

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie_loadtests.delivery.measuring import Completeness, completeness, latencies
from vigie_loadtests.delivery.run import failing_at_random
from vigie_testing.inbox import Answer, Inbox

SENT = [f"alert:{number}" for number in range(6)]


def measured(accepted: list[str], *, kills: int = 1, altered: int = 0, attempts: int = 20) -> Completeness:
    return completeness(SENT, accepted, kills=kills, altered=altered, attempts=attempts)


def test_all_in_order_with_one_repeat_a_crash_is_the_target() -> None:
    found = measured(["alert:0", "alert:1", "alert:1", *SENT[2:]])

    assert (found.lost, found.out_of_order, found.repeats, found.refused) == (0, 0, 1, 13)
    assert found.missed() == []


@pytest.mark.parametrize(
    ("accepted", "sentence"),
    [
        (SENT[:2] + SENT[3:], "1 of 6 alerts were lost"),
        ([SENT[1], SENT[0], *SENT[2:]], "2 alerts came out of order"),
        ([*SENT, "alert:unknown"], "1 alerts came out of order"),
        ([SENT[0], SENT[0], SENT[1], *SENT[1:]], "2 repeats for 1 crashes, at most one each is allowed"),
        ([SENT[0], SENT[0], SENT[0], *SENT[1:]], "2 repeats for 1 crashes, at most one each is allowed"),
    ],
)
def test_each_missed_target_is_a_sentence(accepted: list[str], sentence: str) -> None:
    assert measured(accepted).missed() == [sentence]


def test_an_altered_message_and_a_receiver_that_never_failed_are_reported() -> None:
    assert measured(SENT, altered=2).missed() == ["2 messages were altered or not signed"]
    assert measured(SENT, attempts=6).missed() == ["the receiver never failed: this run shows nothing"]


@given(st.permutations(SENT))
def test_only_the_order_of_the_topic_is_in_order(order: list[str]) -> None:
    assert (measured(order).out_of_order == 0) == (order == SENT)


def test_latencies_are_of_the_first_sight() -> None:
    sent = {f"alert:{number}": float(number) for number in range(100)}
    seen = [(alert_id, at + 0.1) for alert_id, at in sent.items()]

    found = latencies("accepted", 250, sent, [("warm-up", 0.0), *seen, ("alert:7", 99.0)])

    assert (found.count, found.missing) == (100, 0)
    assert found.max_ms == pytest.approx(100)
    assert found.missed() == []


def test_slow_and_missing_alerts_are_reported() -> None:
    sent = {f"alert:{number}": 0.0 for number in range(10)}
    seen = [(f"alert:{number}", 0.3 if number == 4 else 0.05) for number in range(9)]

    assert latencies("accepted", 250, sent, seen).missed() == [
        "accepted: 1 of 10 alerts never came",
        "accepted: p99 is 300 ms, the bound 250 ms",
    ]
    assert latencies("accepted", 250, sent, []).missed() == ["accepted: 10 of 10 alerts never came"]
    assert latencies("accepted", 250, {}, []).missed() == ["accepted: 0 of 0 alerts never came"]


def test_a_receiver_that_fails_at_random_fails_in_every_way_and_mostly_accepts() -> None:
    choose = failing_at_random(random.Random(1))

    answers = [choose("alert:1") for _ in range(5_000)]

    assert {answer.fault for answer in answers} == {None, "silence", "reset"}
    assert {answer.status for answer in answers if not answer.fault} == {200, 429, 500, 503}
    assert 0.9 < sum(answer.accepts for answer in answers) / len(answers) < 0.99


def test_the_receiver_refuses_what_is_not_signed() -> None:
    with Inbox() as inbox:
        headers = {"webhook-id": "m1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        answer = httpx2.post(inbox.url, content=b"{}", headers=headers)

    assert (answer.status_code, inbox.forged, inbox.attempts) == (401, 1, [])


@pytest.mark.parametrize("answer", [Answer(500), Answer(307), Answer(fault="reset"), Answer(fault="silence")])
def test_only_a_good_answer_accepts(answer: Answer) -> None:
    assert not answer.accepts
    assert Answer(204).accepts
