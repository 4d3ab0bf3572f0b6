"""Late verdicts from a real broker to real receivers: each transaction's once, over failures and restarts."""

from collections.abc import Callable

import pytest

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_testing.golden import golden_record
from vigie_testing.inbox import Answer, Inbox, slack_message

pytestmark = pytest.mark.integration
each_outbox = pytest.mark.parametrize("outbox_environment", ["sqlite", "postgresql"], indirect=True)

ServiceOf = Callable[..., AlertWebhookProcess]
AnswerCalls = Callable[..., None]
Eventually = Callable[[Callable[[], bool]], None]


@each_outbox
def test_each_transactions_late_verdict_once_though_the_receiver_fails(
    service_of: ServiceOf, inbox: Inbox, answer_calls: AnswerCalls, eventually: Eventually
) -> None:
    planned = [Answer(500), Answer(fault="reset")]
    inbox.choose = lambda message_id: planned.pop(0) if planned else Answer()
    answer_calls("fallback.json", "t1", "t2")
    answer_calls("model.json", "t3")
    answer_calls("late.json", "t1")
    answer_calls("late.json", "t4", account_id="canary-1")
    answer_calls("late.json", "t1")

    service_of(inbox).start()
    eventually(lambda: inbox.accepted == ["verdict.late:t1"])
    answer_calls("late.json", "t1", "t2")
    eventually(lambda: len(inbox.accepted) >= 2)

    assert inbox.accepted == ["verdict.late:t1", "verdict.late:t2"]
    assert (inbox.forged, inbox.changed) == (0, 0)
    message = inbox.bodies["verdict.late:t1"]
    expected = golden_record("verdict", "late.json", transaction_id="t1")
    del expected["body_digest"]
    assert (message["type"], message["data"]) == ("verdict.late", expected)


def test_a_restart_goes_on_and_repeats_none(
    service_of: ServiceOf, inbox: Inbox, answer_calls: AnswerCalls, eventually: Eventually, outbox: Database
) -> None:
    def accepted() -> list[str]:
        with outbox.reading() as connection:
            return [delivery.message_id for delivery in list_deliveries(connection, state="accepted")]

    first = service_of(inbox)
    first.start()
    answer_calls("late.json", "t1")
    eventually(lambda: accepted() == ["verdict.late:t1"])
    first.process.kill()
    answer_calls("late.json", "t1", "t2")

    service_of(inbox).start()
    eventually(lambda: len(inbox.accepted) >= 2)

    assert inbox.accepted == ["verdict.late:t1", "verdict.late:t2"]


def test_slack_gets_no_late_verdict(
    service_of: ServiceOf,
    inbox: Inbox,
    answer_calls: AnswerCalls,
    raise_alerts: Callable[..., None],
    eventually: Eventually,
) -> None:
    with Inbox(read=slack_message) as slack:
        service_of(inbox, SLACK_WEBHOOK_URL=slack.url).start()
        answer_calls("late.json", "t1")
        eventually(lambda: inbox.accepted == ["verdict.late:t1"])
        raise_alerts("t2")
        eventually(lambda: len(slack.accepted) > 0)

    assert slack.accepted == ["alert:t2"]
