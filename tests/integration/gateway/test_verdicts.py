"""Verdicts of a real gateway on a real broker, where the test plays the detector."""

import json
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from vigie_runtime import KafkaSettings
from vigie_schemas import TRANSACTIONS, VERDICTS, Topic, Verdict
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import GatewayCaller, payment, running, settings_of
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

CARD = "4111-1111-1111-1111"


def records(kafka: KafkaSettings, topic: Topic) -> list[bytes]:
    """All values of a topic."""
    consumer, found = Consumer(kafka.consumer_config("test")), []
    name = kafka.topic_name(topic)
    try:
        places = [TopicPartition(name, number, 0) for number in range(topic.partitions)]
        left = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
        consumer.assign(places)
        while len(found) < left:
            message = consumer.poll(10)
            assert message is not None
            assert message.error() is None
            found.append(message.value() or b"")
    finally:
        consumer.close()
    return found


def test_a_payment_that_fits_its_account_is_allowed(gateway: GatewayCaller) -> None:
    verdict = gateway.verdict(transaction_id="pay-a", account_id="acct-a", amount=42.0)

    assert verdict["transaction_id"] == "pay-a"
    assert (verdict["verdict"], verdict["basis"], verdict["score"]) == ("allow", "model", 0.0042)
    assert (verdict["accepted"], verdict["late"], verdict["reasons"]) == (True, False, [])
    assert (verdict["model_version"], verdict["threshold_version"]) == (1, 1)


def test_one_that_does_not_is_declined_with_reasons(gateway: GatewayCaller, kafka: KafkaSettings) -> None:
    verdict = gateway.verdict(amount=9_500.0)

    assert (verdict["verdict"], verdict["severity"], verdict["basis"]) == ("decline", "high", "model")
    assert [reason["text"] for reason in verdict["reasons"]] == ["far above its usual"]
    wait_until(lambda: records(kafka, VERDICTS), what="the verdict on its topic")
    (record,) = (Verdict.model_validate_json(value) for value in records(kafka, VERDICTS))
    assert record.model_dump(exclude={"schema_version", "body_digest"}) == verdict


def test_an_alert_without_its_reasons_is_answered_at_the_deadline(
    gateway: GatewayCaller, detector: PlayedDetector
) -> None:
    detector.explains = False

    verdict = gateway.verdict(amount=9_500.0, deadline_ms=3_000)

    assert (verdict["verdict"], verdict["basis"], verdict["reasons"]) == ("decline", "model", [])


def test_without_a_model_the_rules_decide(gateway: GatewayCaller, detector: PlayedDetector) -> None:
    detector.has_model = False

    verdict = gateway.verdict(amount=9_500.0)

    assert (verdict["verdict"], verdict["basis"], verdict["score"]) == ("allow", "rules", None)


def test_what_the_detector_refuses_is_a_problem_with_its_reason(gateway: GatewayCaller) -> None:
    answer = gateway.send(merchant_id="refused")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == "invalid_merchant"
    assert "merchant_id" in answer.json()["detail"]


def test_an_account_number_enters_no_topic_and_no_answer(gateway: GatewayCaller, kafka: KafkaSettings) -> None:
    first = gateway.verdict(account_id=CARD, merchant_id="DE89 3704 0044 0532 0130 00")
    second = gateway.verdict(account_id=CARD.replace("-", ""))
    refused = gateway.send(category=CARD, currency="EUR", country="xx")

    assert first["account_id"] == second["account_id"]
    assert first["account_id"].startswith("acct-")
    assert refused.status_code == 422
    assert {problem["field"] for problem in refused.json()["fields"]} == {"category", "country"}
    written = b"".join([*records(kafka, TRANSACTIONS), *records(kafka, VERDICTS), refused.content])
    assert not [number for number in (b"4111", b"0532") if number in written]


def test_a_repeat_gets_the_same_verdict_and_is_not_sent_again(
    gateway: GatewayCaller, detector: PlayedDetector, kafka: KafkaSettings
) -> None:
    sent = payment(amount=700.0)
    first = gateway.verdict(**sent)
    again = gateway.verdict(**sent)
    wait_until(lambda: records(kafka, VERDICTS), what="the verdict on its topic")
    from_the_store = gateway.verdict(**sent)

    assert first == again == from_the_store
    assert detector.judged == [sent["transaction_id"]]
    other = gateway.send(**sent | {"amount": 701.0})
    assert (other.status_code, other.json()["type"]) == (409, "/v1/problems/other-body-under-this-id")


def test_repeats_at_once_share_one_verdict(gateway: GatewayCaller, detector: PlayedDetector) -> None:
    sent = payment()
    detector.works.clear()
    with ThreadPoolExecutor(5) as callers:
        answers = [callers.submit(gateway.verdict, **sent) for _ in range(5)]
        wait_until(lambda: gateway.status()["waiting_calls"] == 1, what="one call", seen=gateway.status)
        pending = gateway.http.get(f"/v1/transactions/{sent['transaction_id']}")
        detector.works.set()
        verdicts = [answer.result(30) for answer in answers]

    assert pending.status_code == 202
    assert verdicts == [verdicts[0]] * 5
    assert detector.judged == [sent["transaction_id"]]


def test_after_the_deadline_the_policy_decides_and_the_true_verdict_follows(
    gateway: GatewayCaller, detector: PlayedDetector
) -> None:
    sent = payment(amount=9_500.0)
    detector.works.clear()
    with gateway.http.stream("GET", "/v1/verdicts/stream") as stream:
        verdict = gateway.verdict(**sent, deadline_ms=1_000)
        assert (verdict["basis"], verdict["fallback_cause"], verdict["late"]) == ("fallback", "deadline", False)
        assert gateway.status()["fallback_share_5m"] == 1.0
        detector.works.set()
        events = _events(stream.iter_lines(), 2)

    assert [name for name, _ in events] == ["verdict", "verdict.late"]
    late = events[1][1]
    assert (late["verdict"], late["basis"], late["late"], late["score"]) == ("decline", "model", True, 0.95)
    address = f"/v1/transactions/{verdict['transaction_id']}"
    wait_until(lambda: gateway.http.get(address).json()["later"], what="the true verdict in the store")
    found = gateway.http.get(address).json()
    assert (found["basis"], found["later"]["verdict"]) == ("fallback", "decline")
    assert gateway.verdict(**sent) == verdict, "a repeat is answered as before"


def test_a_batch_gets_an_answer_for_each(gateway: GatewayCaller) -> None:
    batch = [payment(amount=1.0 + number) for number in range(300)]
    batch[7] = batch[7] | {"currency": "euro"}
    batch[8] = "no object"  # pyright: ignore[reportArgumentType, reportCallIssue]

    answer = gateway.http.post(
        "/v1/transactions:batch", json={"transactions": batch}, headers={"Vigie-Deadline-Ms": "10000"}
    )

    answers = answer.json()["answers"]
    assert [each["status"] for each in answers[6:9]] == [200, 422, 422]
    assert answers[7]["problem"]["fields"][0]["field"] == "currency"
    for sent, each in zip(batch, answers, strict=True):
        if each["status"] == 200:
            assert each["verdict"]["transaction_id"] == sent["transaction_id"]
            assert each["verdict"]["amount_eur"] == sent["amount"]


def test_more_calls_than_may_wait_are_refused_at_once(kafka: KafkaSettings, detector: PlayedDetector) -> None:
    with running(settings_of(kafka, gateway_in_flight=3)) as gateway:
        gateway.wait_ready()
        detector.works.clear()
        with ThreadPoolExecutor(3) as callers:
            waiting = [callers.submit(gateway.verdict) for _ in range(3)]
            wait_until(lambda: gateway.status()["waiting_calls"] == 3, what="three calls", seen=gateway.status)
            refused = gateway.send()
            detector.works.set()
            assert {answer.result(30)["basis"] for answer in waiting} == {"model"}

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "3 calls wait" in refused.json()["detail"]


def test_a_changed_policy_counts_without_a_restart(
    kafka: KafkaSettings, detector: PlayedDetector, tmp_path: Path
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[[verdicts]]\nseverity = "high"\nverdict = "review"\n')
    with running(settings_of(kafka, policy_file=file)) as gateway:
        gateway.wait_ready()
        before = gateway.verdict(amount=9_500.0)
        file.write_text('[[verdicts]]\nseverity = "high"\nverdict = "challenge"\n')
        wait_until(lambda: gateway.status()["policy"] != before["policy"], what="the new policy", seen=gateway.status)
        after = gateway.verdict(amount=9_500.0)

    assert (before["verdict"], after["verdict"]) == ("review", "challenge")
    assert before["policy"] != after["policy"]


def test_limits_count_what_is_on_its_way(kafka: KafkaSettings, detector: PlayedDetector, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        '[[verdicts]]\nseverity = "high"\nverdict = "decline"\n'
        '[[limits]]\nname = "daily"\nverdict = "review"\nper_day_eur = 100\n'
    )
    with running(settings_of(kafka, policy_file=file)) as gateway:
        gateway.wait_ready()
        detector.works.clear()
        with ThreadPoolExecutor(3) as callers:
            sent = [callers.submit(gateway.verdict, account_id="acct-limit", amount=60.0) for _ in range(3)]
            wait_until(lambda: gateway.status()["waiting_calls"] == 3, what="three calls", seen=gateway.status)
            detector.works.set()
            verdicts = sorted(answer.result(30)["verdict"] for answer in sent)
        later = gateway.verdict(account_id="acct-limit", amount=1.0)

    assert verdicts == ["allow", "review", "review"]
    assert later["rules"][0]["rule"] == "limits.daily"


def test_a_caller_who_hangs_up_takes_nothing_away(gateway: GatewayCaller, detector: PlayedDetector) -> None:
    detector.works.clear()
    sent = payment()
    body = json.dumps(sent).encode()
    with socket.create_connection(("127.0.0.1", int(gateway.address.rsplit(":", 1)[1]))) as line:
        head = f"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        line.sendall(f"{head}Vigie-Deadline-Ms: 10000\r\n\r\n".encode() + body)
        wait_until(lambda: gateway.status()["waiting_calls"] == 1, what="the call", seen=gateway.status)
    detector.works.set()

    address = f"/v1/transactions/{sent['transaction_id']}"
    wait_until(lambda: gateway.http.get(address).status_code == 200, what="the verdict")
    assert gateway.http.get(address).json()["basis"] == "model"


def _events(lines: Iterable[str], count: int) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            found.append((name, json.loads(line.removeprefix("data: "))))
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")
