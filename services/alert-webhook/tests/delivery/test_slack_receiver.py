"""Slack as a receiver, against a server that plays Slack's side."""

import io
import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from alert_webhook.core.alerts import Arrival
from alert_webhook.core.answers import Person, decide
from alert_webhook.core.deliveries import SLACK
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, list_deliveries, mark_accepted, mark_dead, oldest_waiting
from alert_webhook.core.recipients import recipients_of
from alert_webhook.core.triage.admission import admit
from alert_webhook.core.triage.digest import make_due_digest
from alert_webhook.core.triage.rules import rules_of
from alert_webhook.delivery.receiver import Accepted, Refusal
from alert_webhook.delivery.slack.actions import handle_action
from alert_webhook.delivery.slack.client import MAX_ANSWER_BYTES
from alert_webhook.delivery.slack.receiver import SlackReceiver
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import ConfigurationError, load_settings
from vigie_schemas import Alert

NOW_MS: Final = 1_780_000_000_000
MINUTE_MS: Final = 60_000
TOKEN: Final = "xoxb-a-secret-token"
SECRETS: Final = (TOKEN, "a-secret-path", "a-secret-end", "a-signing-secret", "127.0.0.1")


class Office:
    """One outbox, its settings and a clock; what waits for Slack is sent by hand."""

    def __init__(self, database: Database, alert_of: Callable[[str], Alert], slack: Any) -> None:
        self.settings = load_settings(AlertWebhookSettings)
        self.slack = slack
        self.now_ms = NOW_MS
        self.database = database
        self._alert_of = alert_of
        self._receiver = SlackReceiver(self.settings, database, clock=lambda: self.now_ms / 1000)

    def receive(self, name: str, account: str = "acct-1") -> None:
        alert = self._alert_of(name)
        transaction = alert.transaction.model_copy(update={"account_id": account})
        arrival = Arrival(alert.model_copy(update={"transaction": transaction}), self.now_ms, self.now_ms, 0, 0)
        with self.database.writing() as connection:
            admit(connection, [arrival], rules_of(self.settings), recipients_of(self.settings))

    def send(self) -> Accepted | Refusal:
        """One attempt with the message whose turn it is."""
        with self.database.reading() as connection:
            turn = oldest_waiting(connection, SLACK)
        assert turn is not None
        outcome = self._receiver.send(turn)
        if isinstance(outcome, Accepted):
            with self.database.writing() as connection:
                mark_accepted(connection, turn, now_ms=self.now_ms, reference=outcome.reference)
        return outcome

    def send_all(self) -> None:
        while self.waiting():
            assert isinstance(self.send(), Accepted)

    def waiting(self) -> int:
        with self.database.reading() as connection:
            return len(list_deliveries(connection, state="waiting", receiver=SLACK))

    def click(self, action_id: str, name: str, user: str = "U1") -> None:
        body, headers = self.slack.click(action_id, f"alert:{name}", at_ms=self.now_ms, user=user)
        recipients = recipients_of(self.settings)
        assert handle_action(self.database, self.settings, recipients, body, headers, self.now_ms) == (200, {})

    def decide_on_page(self, name: str, *, is_fraud: bool) -> None:
        with self.database.writing() as connection:
            recipients = recipients_of(self.settings)
            ben = Person("ben", "page")
            decide(connection, f"alert:{name}", ben, is_fraud=is_fraud, now_ms=self.now_ms, recipients=recipients)

    def said(self) -> list[str]:
        return [json.dumps(message["blocks"], ensure_ascii=False) for message in self.slack.messages]


@pytest.fixture
def office_by(
    empty_outbox: Database, alert_of: Callable[[str], Alert], slack: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Office]:
    def build(way: str, **settings: str) -> Office:
        ways = {
            "webhook": {"SLACK_WEBHOOK_URL": slack.webhook_url},
            "bot": {
                "SLACK_BOT_TOKEN": TOKEN,
                "SLACK_CHANNEL": "C1",
                "VIGIE_SLACK_API_URL": f"{slack.address}/api/",
            },
        }
        shared = {
            "SLACK_SIGNING_SECRET": "a-signing-secret",
            "VIGIE_WEBHOOK_PRIVATE": "true",
            "VIGIE_WEBHOOK_TIMEOUT_SECONDS": "1",
        }
        for name, value in (shared | ways[way] | settings).items():
            monkeypatch.setenv(name, value)
        return Office(empty_outbox, alert_of, slack)

    return build


WAYS: Final = pytest.mark.parametrize("way", ["webhook", "bot"])


@WAYS
def test_an_alert_arrives_in_the_channel(way: str, office_by: Callable[..., Office]) -> None:
    office = office_by(way)
    office.receive("t1")

    outcome = office.send()

    assert outcome == Accepted("C1/1780000000.000000" if way == "bot" else None)
    assert "612.40 EUR does not fit acct-1" in office.said()[0]
    assert office.slack.messages[0]["text"].startswith("🔴 High")


def test_a_bot_answers_in_the_thread_of_the_episode(office_by: Callable[..., Office]) -> None:
    office = office_by("bot")
    for name in ("t1", "t2", "t3"):
        office.receive(name)
    office.receive("u1", "acct-2")

    office.send_all()

    root = "1780000000.000000"
    assert [message["thread"] for message in office.slack.messages] == [None, root, root, None]


def test_a_reply_whose_thread_was_deleted_stands_alone(office_by: Callable[..., Office]) -> None:
    office = office_by("bot")
    office.receive("t1")
    office.send_all()
    office.receive("t2")
    office.slack.channel.clear()

    office.send_all()

    assert [message["thread"] for message in office.slack.messages] == [None]


def test_a_reply_whose_first_alert_was_given_up_stands_alone(office_by: Callable[..., Office]) -> None:
    office = office_by("bot")
    office.receive("t1")
    with office.database.writing() as connection:
        turn = oldest_waiting(connection, SLACK)
        assert turn is not None
        mark_dead(connection, turn, "Slack says invalid_blocks", now_ms=NOW_MS)
    office.receive("t2")

    office.send_all()

    assert [message["thread"] for message in office.slack.messages] == [None]


@WAYS
def test_what_was_decided_before_it_was_sent_says_so_at_once(way: str, office_by: Callable[..., Office]) -> None:
    office = office_by(way)
    office.receive("t1")
    office.decide_on_page("t1", is_fraud=True)

    office.send()

    assert "*Confirmed as fraud*, says ben" in office.said()[0]


@WAYS
def test_a_click_changes_the_message(way: str, office_by: Callable[..., Office]) -> None:
    office = office_by(way)
    office.receive("t1")
    office.send_all()

    office.click("confirm_fraud", "t1")
    office.send_all()
    office.click("false_alarm", "t1", user="U2")
    office.send_all()

    assert len(office.said()) == 1, "changed, not added"
    assert "*False alarm*, says <@U2>" in office.said()[0]
    assert "Change to confirmed fraud" in office.said()[0]


@WAYS
def test_a_snooze_shows_in_the_message(way: str, office_by: Callable[..., Office]) -> None:
    office = office_by(way)
    office.receive("t1")
    office.send_all()

    office.click("snooze", "t1")
    office.send_all()

    assert "*Snoozed* by <@U1>" in office.said()[0]


def test_a_bot_changes_a_reply_in_its_thread(office_by: Callable[..., Office]) -> None:
    office = office_by("bot")
    office.receive("t1")
    office.receive("t2")
    office.send_all()

    office.decide_on_page("t2", is_fraud=False)
    office.send_all()

    assert [("*False alarm*" in said) for said in office.said()] == [False, True]
    assert office.slack.messages[1]["thread"] == "1780000000.000000"


def test_a_message_that_was_deleted_is_left_alone(office_by: Callable[..., Office]) -> None:
    office = office_by("bot")
    office.receive("t1")
    office.send_all()
    office.decide_on_page("t1", is_fraud=True)
    office.slack.channel.clear()

    assert office.send() == Accepted()


def test_a_webhook_is_silent_about_what_was_decided_elsewhere(office_by: Callable[..., Office]) -> None:
    office = office_by("webhook")
    office.receive("t1")
    office.send_all()
    office.decide_on_page("t1", is_fraud=True)

    assert office.send() == Accepted()
    assert len(office.slack.paths) == 1


def test_a_webhook_changes_its_message_for_half_an_hour_after_a_click(office_by: Callable[..., Office]) -> None:
    office = office_by("webhook")
    office.receive("t1")
    office.send_all()
    office.click("confirm_fraud", "t1")
    office.send_all()

    office.now_ms += 29 * MINUTE_MS
    office.decide_on_page("t1", is_fraud=False)
    office.send_all()
    assert "*False alarm*, says ben" in office.said()[0]

    office.now_ms += MINUTE_MS
    office.decide_on_page("t1", is_fraud=True)
    office.send_all()
    assert "*False alarm*, says ben" in office.said()[0]


def test_an_address_that_is_used_up_is_not_tried_for_ever(office_by: Callable[..., Office]) -> None:
    office = office_by("webhook")
    office.receive("t1")
    office.send_all()
    office.click("confirm_fraud", "t1")

    for number in range(7):
        office.decide_on_page("t1", is_fraud=number % 2 == 0)
        office.send_all()

    assert office.slack.uses == 8


@WAYS
def test_digest_alarm_and_grafanas_alerts_are_messages_too(way: str, office_by: Callable[..., Office]) -> None:
    office = office_by(way, VIGIE_MOST_PER_MINUTE="1")
    for number in range(3):
        office.receive(f"t{number}", f"acct-{number}")
    office.send_all()
    office.now_ms += 10 * MINUTE_MS
    with office.database.writing() as connection:
        assert make_due_digest(connection, rules_of(office.settings), now_ms=office.now_ms)
        body = {"status": "firing", "title": "Detector lags", "alerts": []}
        enqueue(connection, SLACK, "operations:1", "operations", now_ms=office.now_ms, body=body)

    office.send_all()

    texts = [message["text"] for message in office.slack.messages]
    assert texts[1].startswith("Too many alerts for Slack. 2 alerts were held back so far")
    assert texts[2:] == ["2 alerts held back: 2 high", "🛠️ Vigie needs attention: Detector lags"]
    assert "2 above the cap of all messages" in office.said()[2]


@WAYS
def test_slacks_wish_for_a_pause_is_passed_on(way: str, office_by: Callable[..., Office]) -> None:
    office = office_by(way)
    office.receive("t1")
    office.slack.answers.append((429, b"", {"Retry-After": "30"}))

    assert office.send() == Refusal("Slack asks for fewer messages", asked_seconds=30)
    assert isinstance(office.send(), Accepted)


@pytest.mark.parametrize(
    ("status", "word", "needs_a_person", "is_of_this_message"),
    [
        (200, "invalid_auth", True, False),
        (200, "token_revoked", True, False),
        (200, "channel_not_found", True, False),
        (200, "not_in_channel", True, False),
        (200, "invalid_blocks", False, True),
        (200, "msg_too_long", False, True),
        (200, "internal_error", False, False),
        (503, "service_unavailable", False, False),
    ],
)
def test_words_of_the_web_api(
    status: int, word: str, needs_a_person: bool, is_of_this_message: bool, office_by: Callable[..., Office]
) -> None:
    office = office_by("bot")
    office.receive("t1")
    office.slack.answers.append((status, json.dumps({"ok": False, "error": word}).encode(), {}))

    refusal = office.send()

    assert isinstance(refusal, Refusal)
    assert word in refusal.reason
    assert (refusal.needs_a_person, refusal.is_of_this_message) == (needs_a_person, is_of_this_message)


@pytest.mark.parametrize(
    ("status", "body", "needs_a_person", "is_of_this_message"),
    [
        (400, b"invalid_payload", False, True),
        (400, b"<html>Bad a-secret-path</html>", True, True),
        (403, b"action_prohibited", True, False),
        (404, b"no_service", True, False),
        (410, b"channel_is_archived", True, False),
        (413, b"", True, True),
        (500, b"rollup_error", False, False),
        (200, b'{"ok":false,"error":"invalid_blocks"}', False, True),
    ],
)
def test_answers_of_an_incoming_webhook(
    status: int, body: bytes, needs_a_person: bool, is_of_this_message: bool, office_by: Callable[..., Office]
) -> None:
    office = office_by("webhook")
    office.receive("t1")
    office.slack.answers.append((status, body, {}))

    refusal = office.send()

    assert isinstance(refusal, Refusal)
    assert not any(secret in refusal.reason for secret in SECRETS)
    assert (refusal.needs_a_person, refusal.is_of_this_message) == (needs_a_person, is_of_this_message)


@WAYS
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(way: str, status: int, office_by: Callable[..., Office]) -> None:
    office = office_by(way)
    office.receive("t1")
    office.slack.answers.append((status, b"", {"Location": f"{office.slack.address}/elsewhere"}))

    refusal = office.send()

    assert isinstance(refusal, Refusal)
    assert refusal.needs_a_person
    assert f"redirects ({status})" in refusal.reason
    assert len(office.slack.paths) == 1


@WAYS
@pytest.mark.parametrize(
    "answer",
    [
        (0, b"", {}),
        (500, b"x", {"content-type": "text/plain; charset=no-such"}),
        (200, b"cut", {"content-length": "100000"}),
        (200, b"\xff\xfe", {}),
        (200, b"[1]", {}),
    ],
)
def test_no_strange_answer_ends_the_receiver_or_shows_secrets(
    way: str,
    answer: tuple[int, bytes, dict[str, str]],
    office_by: Callable[..., Office],
    logged: io.StringIO,
) -> None:
    office = office_by(way)
    office.receive("t1")
    office.slack.answers.append(answer)

    outcome = office.send()

    if way == "bot":
        assert isinstance(outcome, Refusal)
    said = logged.getvalue() + (outcome.reason if isinstance(outcome, Refusal) else "")
    assert not any(secret in said for secret in SECRETS)


def test_a_server_that_is_not_there_is_a_refusal_without_its_address(office_by: Callable[..., Office]) -> None:
    office = office_by("webhook", SLACK_WEBHOOK_URL="http://127.0.0.1:1/services/a-secret-path")
    office.receive("t1")

    assert office.send() == Refusal("no answer (ConnectError)")


@WAYS
def test_a_server_that_never_answers_is_given_up_after_the_time_out(way: str, office_by: Callable[..., Office]) -> None:
    office = office_by(way, VIGIE_WEBHOOK_TIMEOUT_SECONDS="0.3")
    office.receive("t1")
    office.slack.answers.append((-1, b"", {}))

    assert office.send() == Refusal("no answer (ReadTimeout)")
    assert len(office.slack.paths) == 1, "the outbox repeats, not the client"


@WAYS
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failed_attempt_is_not_repeated_by_the_client(
    way: str, status: int, office_by: Callable[..., Office]
) -> None:
    office = office_by(way)
    office.receive("t1")
    office.slack.answers.append((status, b"", {}))

    assert isinstance(office.send(), Refusal)
    assert len(office.slack.paths) == 1


def test_an_answer_without_end_is_read_to_its_limit_only(office_by: Callable[..., Office]) -> None:
    office = office_by("webhook")
    office.receive("t1")
    office.slack.answers.append((200, b"x" * 3 * MAX_ANSWER_BYTES, {"content-length": str(10**12)}))

    assert office.send() == Accepted(), "reading on would end in an error"


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:99999/", "http:// /"])
def test_an_address_that_is_none_is_a_refusal(url: str, office_by: Callable[..., Office]) -> None:
    office = office_by("webhook")
    office.receive("t1")
    office._receiver._webhook_url = url  # the settings refuse most of these already

    outcome = office.send()

    assert isinstance(outcome, Refusal)
    assert url not in outcome.reason


def test_slack_is_reached_through_the_proxy_of_the_environment(
    office_by: Callable[..., Office], slack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", slack.address)
    monkeypatch.setenv("NO_PROXY", "")
    office = office_by("webhook", SLACK_WEBHOOK_URL="http://hooks.slack.test/services/T0")
    office.receive("t1")

    office.send()

    assert slack.paths == ["http://hooks.slack.test/services/T0"]


def test_without_slack_there_is_no_receiver(empty_outbox: Database) -> None:
    with pytest.raises(ConfigurationError, match="SLACK_WEBHOOK_URL"):
        SlackReceiver(load_settings(AlertWebhookSettings), empty_outbox)
