"""What open pages are told."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest

from alert_webhook.page import hub as hub_module
from alert_webhook.page.hub import KEPT_ALERTS, KEPT_SECONDS, LARGEST_BACKLOG, Hub
from vigie_schemas import Alert, Metrics

NOW_MS = 1_780_000_000_000


def open_page(hub: Hub) -> Iterator[str]:
    subscription = hub.subscribe(10)
    assert subscription is not None
    return iter(subscription)


def read(event: str) -> tuple[str, dict[str, object]]:
    name, data, *rest = event.split("\n")
    assert rest == ["", ""]
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


@pytest.fixture
def hub() -> Hub:
    return Hub(clock=lambda: NOW_MS / 1000 + 7)


def test_a_page_starts_with_all_there_is(
    hub: Hub, alert_of: Callable[[str], Alert], metrics_at: Callable[[int], Metrics]
) -> None:
    hub.set_kafka_reachable(True)
    hub.add_metrics(metrics_at(NOW_MS))
    hub.add_alert(alert_of("t1"))
    name, snapshot = read(next(open_page(hub)))
    assert name == "snapshot"
    assert snapshot["history"] == [metrics_at(NOW_MS).model_dump(mode="json")]
    assert snapshot["history_age_ms"] == 7000
    assert snapshot["alerts"] == [alert_of("t1").model_dump(mode="json")]
    assert snapshot["service"] == {
        "kafka_reachable": True,
        "webhook_set": False,
        "webhook_problem": None,
        "webhook_attempts": 0,
    }


def test_a_page_is_told_what_follows(
    hub: Hub, alert_of: Callable[[str], Alert], metrics_at: Callable[[int], Metrics]
) -> None:
    page = open_page(hub)
    next(page)
    hub.add_alert(alert_of("t1"))
    hub.add_alert(alert_of("t1"))
    hub.add_metrics(metrics_at(NOW_MS))
    hub.set_webhook(is_set=True, problem="it answers 500", attempts=2)
    assert [read(next(page))[0] for _ in range(3)] == ["alert", "metrics", "service"]
    assert hub.latest_metrics() == metrics_at(NOW_MS).model_dump(mode="json")


def test_keeps_the_latest_only(
    hub: Hub, alert_of: Callable[[str], Alert], metrics_at: Callable[[int], Metrics]
) -> None:
    for number in range(KEPT_ALERTS + 5):
        hub.add_alert(alert_of(f"t{number}"))
        hub.add_metrics(metrics_at(NOW_MS + number * 1000))
    alerts = hub.latest_alerts()
    assert (len(alerts), alerts[0]["alert_id"]) == (KEPT_ALERTS, f"alert:t{KEPT_ALERTS + 4}")
    assert len(hub.latest_alerts(3)) == 3
    history = read(next(open_page(hub)))[1]["history"]
    assert isinstance(history, list)
    assert len(history) == KEPT_SECONDS


def test_a_slow_page_is_cut_off_and_others_go_on(hub: Hub, metrics_at: Callable[[int], Metrics]) -> None:
    slow, quick = open_page(hub), open_page(hub)
    next(slow)
    for number in range(LARGEST_BACKLOG + 2):
        next(quick)
        hub.add_metrics(metrics_at(NOW_MS + number))
    assert sum(1 for _ in slow) < LARGEST_BACKLOG
    assert next(quick)


def test_there_is_room_for_some_pages_only(hub: Hub) -> None:
    first = hub.subscribe(1)
    assert first is not None
    assert hub.subscribe(1) is None
    first.close()
    assert hub.subscribe(1) is not None


def test_closing_ends_the_streams(hub: Hub) -> None:
    page = open_page(hub)
    next(page)
    ended = threading.Event()

    def read_on() -> None:
        for _ in page:
            pass
        ended.set()

    threading.Thread(target=read_on, daemon=True).start()
    hub.close()
    assert ended.wait(5)
    assert hub.subscribe(10) is None


def test_silence_is_broken_by_a_comment(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "HEARTBEAT_SECONDS", 0.01)
    page = open_page(hub)
    next(page)
    assert next(page).startswith(":")
