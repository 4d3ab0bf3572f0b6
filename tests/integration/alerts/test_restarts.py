"""Ends, crashes and lost disks: no alert is lost, and none comes twice but the one that was in flight."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import queues
from alert_webhook.core.recipients import webhook_name
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_testing.inbox import Answer, Inbox

pytestmark = pytest.mark.integration
each_outbox = pytest.mark.parametrize("outbox_environment", ["sqlite", "postgresql"], indirect=True)

ServiceOf = Callable[..., AlertWebhookProcess]
RaiseAlerts = Callable[..., None]
Eventually = Callable[[Callable[[], bool]], None]


@each_outbox
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_goes_on_where_it_ended(
    service_of: ServiceOf,
    inbox: Inbox,
    raise_alerts: RaiseAlerts,
    eventually: Eventually,
    end: str,
) -> None:
    raise_alerts("t1", "t2")
    first = service_of(inbox)
    first.start()
    eventually(lambda: inbox.accepted == ["alert:t1", "alert:t2"])
    inbox.choose = lambda message_id: Answer(503)
    raise_alerts("t3")
    eventually(lambda: "alert:t3" in [attempt.message_id for attempt in inbox.attempts])

    getattr(first.process, end)()
    raise_alerts("t1", "t3", "t4")
    inbox.choose = lambda message_id: Answer()
    service_of(inbox).start()

    eventually(lambda: len(inbox.accepted) >= 4)
    assert inbox.accepted == ["alert:t1", "alert:t2", "alert:t3", "alert:t4"]


def _waiting(outbox: Database, inbox: Inbox) -> int:
    with outbox.reading() as connection:
        queue = queues(connection).get(webhook_name(inbox.url))
    return queue.waiting if queue else 0


@each_outbox
def test_an_attempt_under_way_is_finished_and_noted_before_it_stops(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually, outbox: Database
) -> None:
    service = service_of(inbox)
    service.start()
    inbox.delay_seconds = 5
    raise_alerts("t1", "t2")
    eventually(lambda: inbox.attempts != [] and _waiting(outbox, inbox) == 2)

    service.process.stop()

    assert service.process.exit_code == 0
    assert inbox.accepted == ["alert:t1"]
    with outbox.reading() as connection:
        assert queues(connection)[webhook_name(inbox.url)].waiting == 1, "the second waits, the first is noted"


def test_a_message_in_flight_at_a_crash_comes_again_with_the_same_id_and_content(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually
) -> None:
    service = service_of(inbox)
    service.start()
    inbox.delay_seconds = 5
    raise_alerts("t1", "t2")
    eventually(lambda: inbox.attempts != [])

    service.process.kill()
    inbox.delay_seconds = 0
    service_of(inbox).start()

    eventually(lambda: len(inbox.accepted) >= 3)
    assert inbox.accepted == ["alert:t1", "alert:t1", "alert:t2"]
    assert (inbox.forged, inbox.changed) == (0, 0)


def test_an_outbox_that_is_lost_between_two_runs_loses_no_alert(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually, tmp_path: Path
) -> None:
    inbox.choose = lambda message_id: Answer(503 if message_id in ("alert:t2", "alert:t3") else 200)
    raise_alerts("t1", "t2", "t3")
    service = service_of(inbox)
    service.start()
    eventually(lambda: "alert:t2" in [attempt.message_id for attempt in inbox.attempts])
    service.process.stop()

    for file in tmp_path.glob("outbox.sqlite*"):
        file.unlink()
    inbox.choose = lambda message_id: Answer()
    service_of(inbox).start()

    eventually(lambda: len(inbox.accepted) >= 3)
    assert inbox.accepted == ["alert:t1", "alert:t2", "alert:t3"], "the first was accepted and is not sent again"


def test_messages_for_a_receiver_that_is_no_longer_set_stay_visible_until_it_is_set_again(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually, outbox: Database
) -> None:
    with Inbox(lambda message_id: Answer(503)) as former:
        raise_alerts("t1", "t2")
        both = service_of(inbox, former)
        both.start()
        eventually(lambda: len(inbox.accepted) == 2)
        both.process.stop()

        alone = service_of(inbox)
        alone.start()
        raise_alerts("t3")
        eventually(lambda: len(inbox.accepted) == 3)
        with outbox.reading() as connection:
            assert queues(connection)[webhook_name(former.url)].waiting == 2
        alone.process.stop()

        former.choose = lambda message_id: Answer()
        service_of(inbox, former).start()
        eventually(lambda: former.accepted == ["alert:t1", "alert:t2"])
    assert inbox.accepted == ["alert:t1", "alert:t2", "alert:t3"]


def test_stops_at_once_while_it_waits_to_try_again(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually
) -> None:
    inbox.choose = lambda message_id: Answer(429, {"Retry-After": "3600"})
    raise_alerts("t1")
    service = service_of(inbox)
    service.start()
    eventually(lambda: inbox.attempts != [])

    service.process.stop()

    assert service.process.exit_code == 0, "ended by itself, not by the signal that follows when it takes too long"
