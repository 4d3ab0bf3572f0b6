"""What open pages receive."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest

from alert_webhook.web.live_page import hub as hub_module
from alert_webhook.web.live_page.hub import KEPT_SECONDS, MAX_ALERTS, MAX_BACKLOG, Hub
from alert_webhook.web.views import AlertView, LinksView, RegistryView, ServiceView
from vigie_schemas import Alert, Metrics

from .conftest import NOW_MS


def open_page(hub: Hub) -> Iterator[str]:
    subscription = hub.subscribe(10)
    assert subscription is not None
    return iter(subscription)


def read(event: str) -> tuple[str, dict[str, object]]:
    name, data, *rest = event.split("\n")
    assert rest == ["", ""]
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def snapshot_of(hub: Hub) -> dict[str, list]:
    return json.loads(next(open_page(hub)).split("data: ")[1])


@pytest.fixture
def view_of(alert_of: Callable[[str], Alert]) -> Callable[..., AlertView]:
    def build(name: str, revision: int = 1, received_at_ms: int = NOW_MS) -> AlertView:
        return AlertView(
            alert=alert_of(name),
            revision=revision,
            received_at_ms=received_at_ms,
            handling="message",
            cause=None,
            episode_id=None,
            episode_alerts=0,
            digest_id=None,
            decision=None,
            deliveries=[],
            links=LinksView(grafana=None),
        )

    return build


def test_a_page_starts_with_all_there_is(
    hub: Hub, view_of: Callable[..., AlertView], metrics_at: Callable[[int], Metrics]
) -> None:
    service = ServiceView(kafka_reachable=True, outbox_reachable=True, intake_lag=3)
    registry = RegistryView(reachable=True, champion_version=4, threshold_version=2)
    hub.set_service(service)
    hub.set_registry(registry)
    hub.add_metrics(metrics_at(NOW_MS))
    hub.put_alerts([view_of("t1")])

    name, snapshot = read(next(open_page(hub)))

    assert name == "snapshot"
    assert snapshot == {
        "history": [metrics_at(NOW_MS).model_dump(mode="json")],
        "history_age_ms": 7000,
        "alerts": [view_of("t1").model_dump(mode="json")],
        "service": service.model_dump(mode="json"),
        "challenger": None,
        "registry": registry.model_dump(mode="json"),
    }


def test_a_page_receives_what_changes_and_nothing_else(
    hub: Hub, view_of: Callable[..., AlertView], metrics_at: Callable[[int], Metrics]
) -> None:
    page = open_page(hub)
    next(page)

    hub.put_alerts([view_of("t1"), view_of("t1")])
    hub.put_alerts([view_of("t1", revision=2)])
    hub.add_metrics(metrics_at(NOW_MS))
    for _ in range(2):
        hub.set_service(ServiceView(kafka_reachable=True))
        hub.set_registry(RegistryView(reachable=False))

    received = [read(next(page)) for _ in range(5)]
    assert [name for name, _ in received] == ["alert", "alert", "metrics", "service", "registry"]
    assert [fields["revision"] for name, fields in received if name == "alert"] == [1, 2]
    assert hub.latest_metrics() == metrics_at(NOW_MS)


def test_keeps_the_latest_only(
    hub: Hub, view_of: Callable[..., AlertView], metrics_at: Callable[[int], Metrics]
) -> None:
    for number in range(MAX_ALERTS + 5):
        hub.put_alerts([view_of(f"t{number}", received_at_ms=NOW_MS + number)])
        hub.add_metrics(metrics_at(NOW_MS + number * 1000))

    snapshot = snapshot_of(hub)

    assert len(snapshot["history"]) == KEPT_SECONDS
    kept = [view["alert"]["alert_id"] for view in snapshot["alerts"]]
    assert kept == [f"alert:t{number}" for number in range(5, MAX_ALERTS + 5)]


def test_an_old_alert_that_changes_is_sent_but_pushes_no_newer_one_out(
    hub: Hub, view_of: Callable[..., AlertView]
) -> None:
    hub.put_alerts([view_of(f"t{number}", received_at_ms=NOW_MS + number) for number in range(MAX_ALERTS)])
    page = open_page(hub)
    next(page)

    hub.put_alerts([view_of("old", revision=500, received_at_ms=NOW_MS - 1)])

    assert read(next(page))[1]["revision"] == 500
    assert "alert:old" not in {view["alert"]["alert_id"] for view in snapshot_of(hub)["alerts"]}


def test_a_slow_page_is_cut_off_and_others_go_on(hub: Hub, metrics_at: Callable[[int], Metrics]) -> None:
    slow, quick = open_page(hub), open_page(hub)
    next(slow)
    for number in range(MAX_BACKLOG + 2):
        next(quick)
        hub.add_metrics(metrics_at(NOW_MS + number))

    assert sum(1 for _ in slow) < MAX_BACKLOG
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
    monkeypatch.setattr(hub_module, "HEARTBEAT_INTERVAL_SECONDS", 0.01)
    page = open_page(hub)
    next(page)

    assert next(page).startswith(":")


def test_a_stream_ends_after_a_while_so_that_the_page_has_to_be_let_in_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "MAX_STREAM_SECONDS", 0.0)

    assert list(open_page(hub)) == []
