"""Alerts from a real broker to real receivers: each once and in order, whatever the receivers do."""

from collections.abc import Callable

import pytest

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries, queues, retry_dead
from alert_webhook.core.recipients import webhook_name
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_schemas import Alert
from vigie_testing.inbox import Answer, Inbox

pytestmark = pytest.mark.integration
each_outbox = pytest.mark.parametrize("outbox_environment", ["sqlite", "postgresql"], indirect=True)

ServiceOf = Callable[..., AlertWebhookProcess]
RaiseAlerts = Callable[..., None]
Eventually = Callable[[Callable[[], bool]], None]


@each_outbox
def test_each_alert_once_and_in_order_though_the_receiver_fails(
    service_of: ServiceOf,
    inbox: Inbox,
    raise_alerts: RaiseAlerts,
    alert_of: Callable[[str], Alert],
    eventually: Eventually,
) -> None:
    planned = [Answer(500), Answer(429, {"Retry-After": "1"}), Answer(fault="reset")]
    inbox.choose = lambda message_id: planned.pop(0) if planned else Answer()
    raise_alerts("t1", "t2", "t1", "t3", "t2", "t4")

    service_of(inbox).start()

    eventually(lambda: len(inbox.accepted) >= 4)
    assert inbox.accepted == ["alert:t1", "alert:t2", "alert:t3", "alert:t4"]
    assert [attempt.message_id for attempt in inbox.attempts] == ["alert:t1"] * 4 + inbox.accepted[1:]
    waited = inbox.attempts[2].monotonic - inbox.attempts[1].monotonic
    assert waited >= 1, "Retry-After must be obeyed"
    assert (inbox.forged, inbox.changed) == (0, 0)
    message = inbox.bodies["alert:t3"]
    assert (message["type"], message["data"]) == ("alert.raised", alert_of("t3").model_dump(mode="json"))


def test_what_is_no_alert_does_not_hold_up_the_others(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually
) -> None:
    raise_alerts(b"{", b"", b"[]", "t1", b"\xff", "t2")

    service_of(inbox).start()

    eventually(lambda: inbox.accepted == ["alert:t1", "alert:t2"])


def test_a_redirect_is_not_followed(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually
) -> None:
    with Inbox() as elsewhere:
        inbox.choose = lambda message_id: Answer(307, {"Location": elsewhere.url})
        raise_alerts("t1")
        service_of(inbox).start()

        eventually(lambda: len(inbox.attempts) >= 3)

        assert elsewhere.attempts == []
    assert inbox.accepted == []


def waiting(outbox: Database) -> dict[str, int]:
    with outbox.reading() as connection:
        return {name: queue.waiting for name, queue in queues(connection).items()}


def test_one_bad_receiver_does_not_delay_the_others(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually, outbox: Database
) -> None:
    with Inbox(lambda message_id: Answer(fault="silence")) as silent, Inbox(lambda _: Answer(503)) as failing:
        service_of(silent, failing, inbox).start()
        raise_alerts("t1", "t2", "t3")

        eventually(lambda: len(inbox.accepted) == 3)

        assert {attempt.message_id for attempt in failing.attempts} <= {"alert:t1"}
        all_of_theirs = {webhook_name(silent.url): 3, webhook_name(failing.url): 3}
        eventually(lambda: waiting(outbox) == all_of_theirs)
        failing.choose = lambda message_id: Answer()
        eventually(lambda: failing.accepted == ["alert:t1", "alert:t2", "alert:t3"])


@each_outbox
def test_what_a_receiver_refuses_for_its_content_is_given_up_visibly_and_can_be_sent_again(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually, outbox: Database
) -> None:
    inbox.choose = lambda message_id: Answer(422) if message_id == "alert:t2" else Answer()
    raise_alerts("t1", "t2", "t3")
    service_of(inbox).start()

    eventually(lambda: inbox.accepted == ["alert:t1", "alert:t3"])

    with outbox.reading() as connection:
        dead = list_deliveries(connection, state="dead")
    assert [(delivery.message_id, delivery.problem) for delivery in dead] == [("alert:t2", "it answers 422")]
    inbox.choose = lambda message_id: Answer()
    with outbox.writing() as connection:
        assert retry_dead(connection, delivery_id=dead[0].delivery_id, now_ms=dead[0].queued_at_ms) == 1
    eventually(lambda: inbox.accepted == ["alert:t1", "alert:t3", "alert:t2"])


def test_a_receiver_that_refuses_everything_for_long_loses_nothing(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually, outbox: Database
) -> None:
    inbox.choose = lambda message_id: Answer(503)
    raise_alerts("t1", "t2", "t3")
    service_of(inbox, VIGIE_GIVE_UP_HOURS="0.0001").start()

    def dead() -> list[str]:
        with outbox.reading() as connection:
            return [delivery.message_id for delivery in list_deliveries(connection, state="dead")]

    eventually(lambda: len(dead()) == 3)

    inbox.choose = lambda message_id: Answer()
    with outbox.writing() as connection:
        retry_dead(connection, receiver=webhook_name(inbox.url), now_ms=1)
    eventually(lambda: inbox.accepted == ["alert:t1", "alert:t2", "alert:t3"])
