"""How the service is: queues, what was held back, how far behind intake is."""

from collections.abc import Callable

import pytest

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, mark_accepted, mark_dead, mark_failed, oldest_waiting
from alert_webhook.core.outbox.positions import keep_offset
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.metrics_feed import TopicState
from alert_webhook.web.live_page.service_watch import ServiceWatch
from alert_webhook.web.views import ReceiverView, ServiceView
from vigie_runtime.offsets import KeptOffset

from .conftest import NOW_MS

WatchOf = Callable[..., ServiceWatch]
DAY_SECONDS = 86_400


@pytest.fixture
def watch_of(page_settings: AlertWebhookSettings, database: Database, hub: Hub) -> WatchOf:
    def build(topics: TopicState | None = None, clock: Callable[[], float] = lambda: NOW_MS / 1000) -> ServiceWatch:
        return ServiceWatch(page_settings, database, hub, lambda: topics or TopicState(), clock)

    return build


def test_gives_every_receivers_queue(watch_of: WatchOf, hub: Hub, database: Database) -> None:
    with database.writing() as connection:
        for number, name in enumerate(("m1", "m2", "m3", "m4")):
            enqueue(connection, "slack", name, "alert", now_ms=NOW_MS - 5000 + number)
        first = oldest_waiting(connection, "slack")
        assert first is not None
        mark_accepted(connection, first, now_ms=NOW_MS)
        second = oldest_waiting(connection, "slack")
        assert second is not None
        mark_dead(connection, second, "it answers 400", now_ms=NOW_MS)
        third = oldest_waiting(connection, "slack")
        assert third is not None
        mark_failed(connection, third, "it answers 500")
        enqueue(connection, "gone.test-1a2b3c", "m1", "alert", now_ms=NOW_MS)

    watch_of().look()

    assert hub.service.receivers == [
        ReceiverView(name="slack", waiting=2, dead=1, oldest_waiting_ms=4998, problem="it answers 500"),
        ReceiverView(name="labels", waiting=0, dead=0, oldest_waiting_ms=None, problem=None),
        ReceiverView(name="gone.test-1a2b3c", waiting=1, dead=0, oldest_waiting_ms=0, problem=None),
    ]


@pytest.mark.parametrize(
    ("ends", "next_offset", "lag"),
    [
        (None, None, None),
        ({0: (0, 0)}, None, 0),
        ({0: (5, 12)}, None, 7),
        ({0: (5, 12)}, 10, 2),
        ({0: (0, 12), 1: (0, 3)}, 12, 3),
        ({0: (0, 4)}, 9, 0),
    ],
)
def test_intake_lags_by_what_the_topic_holds_and_the_outbox_not(
    watch_of: WatchOf,
    hub: Hub,
    database: Database,
    ends: dict[int, tuple[int, int]] | None,
    next_offset: int | None,
    lag: int | None,
) -> None:
    if next_offset is not None:
        with database.writing() as connection:
            keep_offset(connection, "transactions.alerts", 0, KeptOffset(next_offset))

    watch_of(TopicState(reachable=ends is not None, alerts=ends)).look()

    assert hub.service.intake_lag == lag
    assert hub.service.kafka_reachable == (ends is not None)


def test_counts_what_was_held_back_since_midnight_where_people_are(
    watch_of: WatchOf, hub: Hub, keep: Callable[..., None]
) -> None:
    midnight_ms = 1_779_919_200_000  # 28 May 2026 00:00 in Paris, two hours before it is in UTC
    keep("t1", received_at_ms=midnight_ms - 1, handling="digest", cause="rate")
    keep("t2", received_at_ms=midnight_ms, handling="digest", cause="rate")
    now = [NOW_MS / 1000]
    watch = watch_of(clock=lambda: now[0])

    watch.look()
    assert hub.service.suppressed_today == {"rate": 1}
    keep("t3", handling="suppressed", cause="canary")
    watch.look()
    assert hub.service.suppressed_today == {"rate": 1, "canary": 1}
    now[0] += DAY_SECONDS
    watch.look()
    assert hub.service.suppressed_today == {}


def test_an_outbox_that_does_not_answer_is_shown_and_the_rest_kept(
    watch_of: WatchOf, hub: Hub, database: Database
) -> None:
    watch = watch_of(TopicState(reachable=True, alerts={0: (0, 0)}))
    watch.look()
    known = hub.service
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE deliveries")

    watch.look()

    assert known.outbox_reachable
    assert hub.service == known.model_copy(update={"outbox_reachable": False, "intake_lag": None})
    assert isinstance(hub.service, ServiceView)
