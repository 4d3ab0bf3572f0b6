"""When the service says that it can do its work, and what becomes of a thread that fails."""

import threading

import pytest

from alert_webhook.service import readiness_of
from alert_webhook.threads import RestartingThreads
from alert_webhook.web.views import ServiceView
from vigie_runtime import KafkaState
from vigie_runtime.topic_admin import TopicDifference
from vigie_testing.waiting import wait_until

WELL = ServiceView(kafka_reachable=True, outbox_reachable=True, intake_lag=9)


def available() -> KafkaState:
    state = KafkaState()
    state.waiting_for = None
    return state


def test_is_ready_when_all_is_well() -> None:
    assert readiness_of(WELL, available(), [], 10).ready


def test_says_what_it_waits_for_and_which_topics_differ() -> None:
    kafka = available()
    kafka.topic_differences = (TopicDifference("transactions.alerts", "partitions", found="3", contract="1"),)
    ready = readiness_of(WELL, kafka, [], 10)
    kafka.waiting_for = "Kafka does not answer."
    waiting = readiness_of(WELL, kafka, [], 10)

    assert (ready.ready, ready.waiting_for) == (True, None)
    assert (waiting.ready, waiting.waiting_for) == (False, "Kafka does not answer.")
    assert ready.topic_differences == [
        {"topic": "transactions.alerts", "setting": "partitions", "found": "3", "contract": "1"}
    ]


@pytest.mark.parametrize(
    ("service", "ended"),
    [
        (ServiceView(), []),
        (WELL.model_copy(update={"kafka_reachable": False}), []),
        (WELL.model_copy(update={"outbox_reachable": False}), []),
        (WELL.model_copy(update={"intake_lag": None}), []),
        (WELL.model_copy(update={"intake_lag": 10}), []),
        (WELL, ["courier"]),
    ],
)
def test_is_not_ready_when_anything_is_missing(service: ServiceView, ended: list[str]) -> None:
    state = readiness_of(service, available(), ended, 10)

    assert not state.ready
    assert (state.intake_lag, state.ended_threads) == (service.intake_lag, ended)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> RestartingThreads:
    monkeypatch.setattr("alert_webhook.threads.RESTART_INTERVAL_SECONDS", 60.0)
    return RestartingThreads()


def test_a_thread_that_fails_is_known_and_stops_when_asked(threads: RestartingThreads) -> None:
    def fail(stop: threading.Event) -> None:
        raise ZeroDivisionError

    def work(stop: threading.Event) -> None:
        stop.wait(60)

    threads.start("well", work)
    threads.start("unwell", fail)
    threads.start("lazy", lambda stop: None)

    wait_until(lambda: threads.ended == ["lazy", "unwell"], what="both threads to end", seen=lambda: threads.ended)
    threads.request_stop()
    threads.join(5)
    assert threads.ended == ["lazy", "unwell", "well"]


def test_a_thread_that_failed_starts_again(threads: RestartingThreads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alert_webhook.threads.RESTART_INTERVAL_SECONDS", 0.01)
    tries = []

    def fail_twice(stop: threading.Event) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ZeroDivisionError
        stop.wait(60)

    threads.start("unwell", fail_twice)

    wait_until(
        lambda: len(tries) == 3 and threads.ended == [], what="the third try", seen=lambda: (tries, threads.ended)
    )
    threads.request_stop()
    threads.join(5)
