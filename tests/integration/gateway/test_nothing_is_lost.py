"""A gateway that is killed, restarted, doubled or without Kafka: what was accepted is scored and can be asked for."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from vigie_local.broker import EmbeddedKafka
from vigie_runtime import KafkaSettings
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.ports import free_port
from vigie_testing.running_gateway import GatewayCaller, gateway_process, payment, running, settings_of
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration


def found(gateway: GatewayCaller, sent: dict[str, Any]) -> dict[str, Any]:
    """The verdict afterwards, waited for."""

    def look() -> dict[str, Any] | None:
        answer = gateway.http.get(f"/v1/transactions/{sent['transaction_id']}")
        return answer.json() if answer.status_code == 200 else None

    return wait_until(look, what="the verdict afterwards")


@pytest.mark.parametrize("keeps_its_folder", [True, False], ids=["same-folder", "empty-folder"])
def test_what_a_killed_gateway_accepted_can_be_asked_for(
    kafka: KafkaSettings, detector: PlayedDetector, tmp_path: Path, keeps_its_folder: bool
) -> None:
    settings, sent = settings_of(kafka), [payment(amount=9_000.0) for _ in range(20)]
    with gateway_process(settings) as (process, gateway), ThreadPoolExecutor(20) as callers:
        detector.works.clear()
        for each in sent:
            callers.submit(gateway.send, **each)
        wait_until(
            lambda: (status := gateway.status())["waiting_calls"] == 20 and status["unacknowledged_records"] == 0,
            what="twenty calls in Kafka",
            seen=gateway.status,
        )
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    detector.works.set()
    wait_until(lambda: len(detector.judged) == 20, what="all to be judged")

    restarted = settings_of(kafka) if keeps_its_folder else settings_of(kafka, data_dir=tmp_path / "other")
    with running(restarted) as gateway:
        gateway.wait_ready()
        for each in sent:
            verdict = found(gateway, each)
            assert (verdict["verdict"], verdict["basis"], len(verdict["reasons"])) == ("decline", "model", 1)
            assert gateway.verdict(**each) == {name: verdict[name] for name in verdict if name != "later"}
        assert gateway.send(**sent[0] | {"amount": 1.0}).status_code == 409
    assert len(detector.judged) == 20, "nothing was sent twice"


def test_a_repeat_after_a_kill_and_before_the_detector_is_judged_once(
    kafka: KafkaSettings, detector: PlayedDetector
) -> None:
    settings, sent = settings_of(kafka), payment()
    with gateway_process(settings) as (process, gateway), ThreadPoolExecutor(1) as callers:
        detector.works.clear()
        callers.submit(gateway.send, **sent)
        wait_until(
            lambda: (status := gateway.status())["waiting_calls"] == 1 and status["unacknowledged_records"] == 0,
            what="the call in Kafka",
            seen=gateway.status,
        )
        process.send_signal(signal.SIGKILL)
        process.wait(30)

    with running(settings_of(kafka)) as gateway, ThreadPoolExecutor(1) as callers:
        gateway.wait_ready()
        again = callers.submit(gateway.verdict, **sent)
        wait_until(lambda: gateway.status()["waiting_calls"] == 1, what="the repeat", seen=gateway.status)
        detector.works.set()
        verdict = again.result(30)

    assert (verdict["basis"], verdict["verdict"]) == ("model", "allow")


def test_any_replica_answers_for_any_transaction(
    kafka: KafkaSettings, detector: PlayedDetector, tmp_path: Path
) -> None:
    first_settings = settings_of(kafka)
    with running(first_settings) as first, running(settings_of(kafka, data_dir=tmp_path / "second")) as second:
        first.wait_ready()
        second.wait_ready()
        sent = payment(amount=9_500.0)
        verdict = first.verdict(**sent)
        assert {name: value for name, value in found(second, sent).items() if name != "later"} == verdict
        assert second.verdict(**sent) == verdict
        with running(settings_of(kafka, data_dir=tmp_path / "third")) as third:
            third.wait_ready()
            assert third.verdict(**sent) == verdict
        assert first.verdict()["basis"] == "model", "a replica that left takes no answer with it"


def test_the_true_verdict_follows_a_fallback_also_after_a_restart(
    kafka: KafkaSettings, detector: PlayedDetector
) -> None:
    sent = payment(amount=9_500.0)
    with running(settings_of(kafka)) as gateway:
        gateway.wait_ready()
        detector.works.clear()
        assert gateway.verdict(**sent, deadline_ms=50)["basis"] == "fallback"
        found(gateway, sent)
        wait_until(lambda: gateway.status()["unacknowledged_records"] == 0, what="the verdict in Kafka")
    with running(settings_of(kafka)) as gateway:
        gateway.wait_ready()
        detector.works.set()
        verdict = wait_until(lambda: found(gateway, sent)["later"], what="the true verdict")

    assert (verdict["verdict"], verdict["basis"], verdict["late"]) == ("decline", "model", True)


def test_without_kafka_callers_get_their_policy_and_nothing_is_lost(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "broker", port=free_port())
    broker.start()
    broker.wait_ready()
    kafka = KafkaSettings(kafka_bootstrap_servers=broker.bootstrap_servers, data_dir=tmp_path)  # pyright: ignore
    try:
        with running(settings_of(kafka)) as gateway:
            gateway.wait_ready()
            with PlayedDetector(kafka) as detector:
                assert gateway.verdict()["basis"] == "model"
                broker.stop()
                sent = [payment(amount=9_500.0) for _ in range(10)]
                answers = [gateway.verdict(**each, deadline_ms=100) for each in sent]
                assert {(each["basis"], each["accepted"]) for each in answers} == {("fallback", False)}
                assert {each["fallback_cause"] for each in answers} <= {"kafka", "reading"}
                wait_until(lambda: gateway.http.get("/readyz").status_code == 503, what="that it is not ready")
                broker.start()
                broker.wait_ready()
                for each in sent:
                    later = wait_until(lambda each=each: found(gateway, each)["later"], what="the true verdict")
                    assert (later["verdict"], later["accepted"]) == ("decline", True)
                gateway.wait_ready()
                assert len(detector.judged) == 11
    finally:
        broker.stop()
