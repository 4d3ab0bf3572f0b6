"""Alerts reach the page from the outbox, whoever put them there."""

import json
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import insert

from alert_webhook.core.answers import Person, decide
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, mark_accepted, oldest_waiting
from alert_webhook.core.outbox.tables import episodes
from alert_webhook.core.recipients import Recipients
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.alert_feed import AlertFeed
from alert_webhook.web.live_page.hub import Hub, Subscription

from .conftest import NOW_MS


@pytest.fixture
def feed(page_settings: AlertWebhookSettings, database: Database, hub: Hub) -> AlertFeed:
    return AlertFeed(page_settings, database, hub)


def subscribed(hub: Hub) -> Subscription:
    subscription = hub.subscribe(10)
    assert subscription is not None
    next(iter(subscription))
    return subscription


def received(page: Subscription, number: int) -> list[dict]:
    events = iter(page)
    return [json.loads(next(events).split("data: ")[1]) for _ in range(number)]


def test_begins_with_the_latest_and_goes_on_with_what_changes(
    feed: AlertFeed, hub: Hub, database: Database, keep: Callable[..., None]
) -> None:
    keep("t1")
    keep("t2", received_at_ms=NOW_MS + 1)
    page = subscribed(hub)

    assert feed.look()
    assert not feed.look()
    assert [view["alert"]["alert_id"] for view in received(page, 2)] == ["alert:t1", "alert:t2"]

    keep("t3", received_at_ms=NOW_MS + 2)
    with database.writing() as connection:
        enqueue(connection, "slack", "alert:t1", "alert", now_ms=NOW_MS, alert_id="alert:t1")
        turn = oldest_waiting(connection, "slack")
        assert turn is not None
        mark_accepted(connection, turn, now_ms=NOW_MS + 5)
        anna = Person("anna", "slack")
        decide(connection, "alert:t2", anna, is_fraud=True, now_ms=NOW_MS, recipients=Recipients(slack=False))
    assert feed.look()
    third, first, second = received(page, 3)
    assert third["alert"]["alert_id"] == "alert:t3"
    assert [(one["receiver"], one["state"]) for one in first["deliveries"]] == [("slack", "accepted")]
    assert second["decision"] == {"is_fraud": True, "by": "anna", "at_ms": NOW_MS}
    assert not feed.look()


def test_an_alert_that_opened_an_episode_is_sent_again_when_it_grows(
    feed: AlertFeed, hub: Hub, database: Database, keep: Callable[..., None]
) -> None:
    def episode(count: int) -> dict[str, object]:
        times = {"opened_at_ms": NOW_MS, "last_alert_at_ms": NOW_MS}
        return {"episode_id": "e1", "account_id": "acc-1", "first_alert_id": "alert:t1", "alert_count": count, **times}

    keep("t1", episode_id="e1")
    with database.writing() as connection:
        connection.execute(insert(episodes).values(episode(1)))
    feed.look()
    page = subscribed(hub)

    keep("t2", handling="thread", cause="episode", episode_id="e1")
    with database.writing() as connection:
        connection.execute(episodes.update().values(alert_count=2))
    feed.look()

    views = received(page, 2)
    assert [(view["alert"]["alert_id"], view["episode_alerts"]) for view in views] == [("alert:t2", 2), ("alert:t1", 2)]


def test_a_writer_in_the_same_process_is_not_waited_for(
    feed: AlertFeed, hub: Hub, database: Database, keep: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.changes, "_interval_seconds", 60.0)
    page = subscribed(hub)
    stop, is_waiting = threading.Event(), threading.Event()
    wait = database.changes.wait

    def note_and_wait(seen: int) -> None:
        is_waiting.set()
        wait(seen)

    monkeypatch.setattr(database.changes, "wait", note_and_wait)
    thread = threading.Thread(target=feed.run, args=(stop,))
    thread.start()
    try:
        assert is_waiting.wait(5)
        keep("t1")
        assert received(page, 1)[0]["alert"]["alert_id"] == "alert:t1"
    finally:
        stop.set()
        database.changes.notify()
        thread.join(5)
    assert not thread.is_alive()


def test_a_database_that_fails_is_waited_for(
    feed: AlertFeed, hub: Hub, database: Database, keep: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alert_webhook.web.live_page.alert_feed.RETRY_INTERVAL_SECONDS", 0.01)
    page = subscribed(hub)
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE alerts RENAME TO away")
    stop, looked = threading.Event(), threading.Event()
    look = feed.look

    def look_and_say() -> bool:
        try:
            return look()
        finally:
            looked.set()

    monkeypatch.setattr(feed, "look", look_and_say)
    thread = threading.Thread(target=feed.run, args=(stop,))
    thread.start()
    try:
        assert looked.wait(5)
        with database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO alerts")
        keep("t1")
        assert received(page, 1)[0]["alert"]["alert_id"] == "alert:t1"
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()
