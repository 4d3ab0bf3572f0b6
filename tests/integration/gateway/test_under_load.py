"""A gateway that is killed, or whose detector is slow, while calls come at a steady rate: what each caller got."""

import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from vigie_runtime import KafkaSettings
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import gateway_process, payment, running, settings_of
from vigie_testing.steady_callers import NO_ANSWER, SteadyCallers
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

CALLS = 600
RATE = 200.0


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """A verdict without what its way back decides."""
    return {name: answer[name] for name in ("transaction_id", "verdict", "basis", "score", "model_version")}


def test_callers_of_a_killed_gateway_repeat_and_each_payment_is_judged_once(
    kafka: KafkaSettings, detector: PlayedDetector
) -> None:
    settings, sent = settings_of(kafka), [payment(amount=9_000.0 if n % 10 == 0 else 42.0) for n in range(CALLS)]
    with gateway_process(settings) as (process, gateway), SteadyCallers(gateway.address, sent, rate=RATE) as callers:
        wait_until(lambda: len(callers.results) >= CALLS / 3, what="a third of the answers")
        process.send_signal(signal.SIGKILL)

    got = callers.statuses
    assert len(callers.results) == CALLS
    assert set(got) == {200, NO_ANSWER}
    assert min(got.values()) >= CALLS / 10, "some were answered before, some found nothing"
    with running(settings) as gateway:
        gateway.wait_ready()
        with SteadyCallers(gateway.address, sent, rate=RATE) as repeats:
            pass
    assert repeats.statuses == Counter({200: CALLS})
    verdicts = {result.sent["transaction_id"]: result.answer for result in repeats.results}
    assert all(name == verdict["transaction_id"] for name, verdict in verdicts.items())
    assert Counter(verdict["verdict"] for verdict in verdicts.values()) == {"decline": 60, "allow": 540}
    for result in callers.results:
        if result.status == 200:
            assert lasting(result.answer) == lasting(verdicts[result.sent["transaction_id"]])
    assert sorted(detector.judged) == sorted(each["transaction_id"] for each in sent), "each once"


def test_callers_of_a_slow_detector_get_a_fallback_or_are_refused_and_true_verdicts_follow(
    kafka: KafkaSettings, detector: PlayedDetector, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[[verdicts]]\nseverity = "high"\nverdict = "decline"\n[callers.default]\non_fallback = "review"\n'
    )
    detector.seconds_a_record = 0.05
    sent = [payment(amount=9_500.0) for _ in range(CALLS)]
    with running(settings_of(kafka, policy_file=policy)) as gateway:
        gateway.wait_ready()
        with SteadyCallers(gateway.address, sent, rate=RATE, deadline_ms=150) as callers:
            pass
        detector.seconds_a_record = 0.0
        accepted = [result for result in callers.results if result.status == 200]
        fallbacks = [result.answer for result in accepted if result.answer["basis"] == "fallback"]
        wait_until(lambda: gateway.status()["overdue_calls"] == 0, what="the true verdicts", seen=gateway.status)
        later = [
            wait_until(lambda each=each: gateway.later(each["transaction_id"]), what="the true verdict")
            for each in fallbacks
        ]

    assert callers.statuses.keys() == {200, 503}, "ten times what the detector does: it refuses early"
    assert all(result.answer["type"].endswith("busy") for result in callers.results if result.status == 503)
    assert fallbacks
    assert {each["verdict"] for each in fallbacks} == {"review"}
    assert {each["fallback_cause"] for each in fallbacks} <= {"deadline", "kafka"}, "a busy Kafka is slow too"
    assert {(each["verdict"], each["basis"], each["late"]) for each in later} == {("decline", "model", True)}
    assert sorted(detector.judged) == sorted(result.sent["transaction_id"] for result in accepted)
