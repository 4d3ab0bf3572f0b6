"""What the page is given of the registry's answers; the reader's own tests say how each is understood."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest

from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.registry_watch import RegistryWatch
from alert_webhook.web.views import RegistryView
from vigie_registry import RegistryReader
from vigie_testing.mlflow import Reply, StandInMlflow, stand_in_mlflow

ALIAS = "registered-models/alias"


@pytest.fixture
def mlflow() -> Iterator[StandInMlflow]:
    with stand_in_mlflow() as mlflow:
        yield mlflow


@pytest.fixture
def seen(mlflow: StandInMlflow, hub: Hub) -> Callable[[], RegistryView]:
    """What the page is given when it asks now."""

    def look() -> RegistryView:
        with RegistryReader(mlflow.address) as registry:
            RegistryWatch(registry, hub).look()
        subscription = hub.subscribe(10)
        assert subscription is not None
        return RegistryView(**json.loads(next(iter(subscription)).split("data: ")[1])["registry"])

    return look


def test_the_champion_and_its_thresholds(mlflow: StandInMlflow, seen: Callable[[], RegistryView]) -> None:
    mlflow.register(7, note="x", threshold_version="5")

    assert seen() == RegistryView(reachable=True, champion_version=7, threshold_version=5)


def test_no_champion_yet_is_an_answer_too(seen: Callable[[], RegistryView]) -> None:
    assert seen() == RegistryView(reachable=True)


def test_everything_else_is_not_reachable(mlflow: StandInMlflow, seen: Callable[[], RegistryView]) -> None:
    views = []
    for reply in (Reply(401), Reply(403, b"Invalid Host header"), Reply(500, b"{}"), Reply(200, b"<html>")):
        mlflow.replies[ALIAS] = reply
        views.append(seen())
    mlflow.register(7, threshold_version="five")
    views.append(seen())

    assert views == [RegistryView(reachable=False)] * 5


def test_it_asks_until_it_is_stopped(mlflow: StandInMlflow, hub: Hub) -> None:
    stop = threading.Event()
    stop.set()

    RegistryWatch(RegistryReader(mlflow.address), hub).run(stop)

    assert mlflow.questions == []
