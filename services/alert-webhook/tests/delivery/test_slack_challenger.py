"""A challenger in Slack: asked about once, answered by a button, and what became of it in the thread."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from alert_webhook.core.challengers import MAX_AGE_MS, queue_report
from alert_webhook.core.deliveries import LABELS, SLACK
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries, mark_accepted, oldest_waiting
from alert_webhook.core.recipients import recipients_of
from alert_webhook.delivery.receiver import Accepted
from alert_webhook.delivery.slack.actions import handle_action
from alert_webhook.delivery.slack.receiver import SlackReceiver
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import load_settings
from vigie_schemas import Approval, Gate, ShadowReport

NOW_MS: Final = 1_780_000_000_000
GATES: Final = [
    Gate(name="alert rate", is_passed=True, sentence="0.58% would alert, <0.60%> of the champion's do"),
    Gate(name="approval", is_passed=None, sentence="waits for a person other than trainer"),
]


def report(state: str, **changes: object) -> ShadowReport:
    values = {
        "schema_version": 1,
        "challenger_version": 5,
        "champion_version": 4,
        "state": state,
        "asked_by": "trainer",
        "since_ms": NOW_MS - 900_000,
        "at_ms": NOW_MS,
        "rows": 21_480,
        "champion_alerts": 131,
        "challenger_alerts": 124,
        "common_alerts": 110,
        "frauds": 96,
        "gates": GATES,
        "one_sided": [],
    }
    return ShadowReport.model_validate(values | changes)


class Room:
    """The outbox and Slack's side of it."""

    def __init__(self, database: Database, slack: Any) -> None:
        self.settings = load_settings(AlertWebhookSettings)
        self.database = database
        self.slack = slack
        self._receiver = SlackReceiver(self.settings, database, clock=lambda: NOW_MS / 1_000)

    def hear(self, *reports: ShadowReport) -> None:
        with self.database.writing() as connection:
            for one in reports:
                queue_report(connection, one, now_ms=NOW_MS)

    def send_all(self) -> None:
        while True:
            with self.database.reading() as connection:
                turn = oldest_waiting(connection, SLACK)
            if turn is None:
                return
            outcome = self._receiver.send(turn)
            assert isinstance(outcome, Accepted)
            with self.database.writing() as connection:
                mark_accepted(connection, turn, now_ms=NOW_MS, reference=outcome.reference)

    def click(self, action: str, about: str, user: str = "U1") -> int:
        body, headers = self.slack.click(action, about, at_ms=NOW_MS, user=user)
        status, _ = handle_action(
            self.database, self.settings, recipients_of(self.settings), body, headers, NOW_MS
        )  # fmt: skip
        return status

    def approvals(self) -> list[Approval]:
        with self.database.reading() as connection:
            found = list_deliveries(connection, receiver=LABELS)
        return [Approval.model_validate(one.body) for one in reversed(found) if one.kind == "approval"]

    def said(self) -> list[str]:
        return [json.dumps(message["blocks"], ensure_ascii=False) for message in self.slack.messages]


@pytest.fixture
def room_by(empty_outbox: Database, slack: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Room]:
    def build(way: str) -> Room:
        ways = {
            "webhook": {"SLACK_WEBHOOK_URL": slack.webhook_url},
            "bot": {
                "SLACK_BOT_TOKEN": "xoxb-a-secret-token",
                "SLACK_CHANNEL": "C1",
                "VIGIE_SLACK_API_URL": f"{slack.address}/api/",
            },
        }
        shared = {"SLACK_SIGNING_SECRET": "a-signing-secret", "VIGIE_WEBHOOK_PRIVATE": "true"}
        for name, value in (shared | ways[way]).items():
            monkeypatch.setenv(name, value)
        return Room(empty_outbox, slack)

    return build


@pytest.mark.parametrize("way", ["webhook", "bot"])
def test_people_are_asked_once_and_hear_what_became_of_it(way: str, room_by: Callable[[str], Room]) -> None:
    room = room_by(way)
    room.hear(report("watching"))
    room.hear(report("awaiting_approval"))
    room.hear(report("awaiting_approval", rows=30_000))
    room.send_all()
    room.hear(report("promoted", decided_by="slack:U1", decided_why="by a button in Slack"))
    room.hear(report("promoted", decided_by="slack:U1", decided_why="by a button in Slack"))
    room.send_all()

    asked, decided = room.said()
    assert "May version 5 serve?" in asked
    assert "✅ *alert rate* 0.58% would alert, &lt;0.60%&gt; of the champion's do" in asked
    assert "131 of the champion, 124 of the challenger, 110 of both" in asked
    assert '"value": "challenger:5"' in asked
    assert "Version 5 serves now" in decided
    assert "By slack:U1: by a button in Slack" in decided
    assert '"value"' not in decided
    assert [message["thread"] for message in room.slack.messages] == [
        None,
        None if way == "webhook" else "1780000000.000000",
    ]


def test_without_a_question_nothing_is_said_of_the_end(room_by: Callable[[str], Room]) -> None:
    room = room_by("webhook")
    room.hear(report("watching"), report("rejected", decided_by="trainer", decided_why="did not pass: alert rate"))
    room.hear(report("awaiting_approval", at_ms=NOW_MS - MAX_AGE_MS - 1))

    room.send_all()

    assert not room.said()


def test_a_click_is_a_persons_word(room_by: Callable[[str], Room]) -> None:
    room = room_by("bot")
    room.hear(report("awaiting_approval"))
    room.send_all()

    assert room.click("approve_challenger", "challenger:5") == 200
    assert room.click("reject_challenger", "challenger:5", user="U2") == 200

    assert [(one.by, one.is_approved, one.challenger_version, one.at_ms) for one in room.approvals()] == [
        ("slack:U1", True, 5, NOW_MS),
        ("slack:U2", False, 5, NOW_MS),
    ]


@pytest.mark.parametrize(
    ("action", "about"),
    [
        ("approve_challenger", "alert:t1"),
        ("approve_challenger", "challenger:0"),
        ("approve_challenger", "challenger:5 "),
        ("approve_challenger", "challenger:99999999999999999"),
        ("confirm_fraud", "challenger:5"),
        ("reject_challenger", ""),
    ],
)
def test_a_click_on_something_else_says_nothing(room_by: Callable[[str], Room], action: str, about: str) -> None:
    room = room_by("bot")

    assert room.click(action, about) == 400
    assert not room.approvals()
