"""Clicks in Slack: believed only when Slack signed them lately and once, and then they end in a label."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import create_engine, select

from alert_webhook.core.alerts import Arrival, StoredAlert
from alert_webhook.core.deliveries import LABELS, SLACK
from alert_webhook.core.outbox.alerts import find_alert
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries
from alert_webhook.core.outbox.tables import snoozes
from alert_webhook.core.recipients import Recipients
from alert_webhook.core.triage.admission import admit
from alert_webhook.core.triage.rules import rules_of
from alert_webhook.delivery.slack.actions import handle_action, trusted_response_url
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import load_settings
from vigie_schemas import Alert

NOW_MS: Final = 1_780_000_000_000
ALL_RECEIVERS: Final = Recipients(slack=True, webhooks=("hook",))
SIGNING_SECRET: Final = "a-signing-secret"
Request = tuple[bytes, Mapping[str, str]]


class Desk:
    """An outbox with one alert, and what comes in about it."""

    def __init__(self, database: Database, alert: Alert) -> None:
        self.database = database
        self.settings = load_settings(AlertWebhookSettings)
        with database.writing() as connection:
            arrival = Arrival(alert, NOW_MS, NOW_MS, 0, 0)
            admit(connection, [arrival], rules_of(self.settings), ALL_RECEIVERS)

    def handle(self, request: Request, *, now_ms: int = NOW_MS) -> int:
        body, headers = request
        status, answer = handle_action(self.database, self.settings, ALL_RECEIVERS, body, headers, now_ms)
        assert ("error" in answer) is (status != 200)
        return status

    def stored(self) -> StoredAlert:
        with self.database.reading() as connection:
            stored = find_alert(connection, "alert:t1")
        assert stored is not None
        return stored

    def labels(self) -> list[tuple[bool, str]]:
        with self.database.reading() as connection:
            found = list_deliveries(connection, receiver=LABELS)
        return [(bool(one.body["is_fraud"]), str(one.body["labelled_by"])) for one in reversed(found)]

    def decisions(self, receiver: str) -> list[Mapping[str, object]]:
        with self.database.reading() as connection:
            found = list_deliveries(connection, receiver=receiver)
        return [one.body for one in reversed(found) if one.kind == "decision"]


@pytest.fixture
def desk(empty_outbox: Database, alert_of: Callable[[str], Alert], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/x")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SIGNING_SECRET)
    monkeypatch.setenv("VIGIE_WEBHOOK_PRIVATE", "true")
    return Desk(empty_outbox, alert_of("t1"))


@pytest.mark.parametrize(("verb", "is_fraud"), [("confirm_fraud", True), ("false_alarm", False)])
def test_a_click_ends_in_a_label(desk: Desk, slack: Any, verb: str, is_fraud: bool) -> None:
    assert desk.handle(slack.click(verb, "alert:t1")) == 200

    assert desk.labels() == [(is_fraud, "slack:U1")], "a name that may change, or names a person, is in no topic"
    stored = desk.stored()
    assert (stored.is_fraud, stored.decided_by, stored.decided_at_ms) == (is_fraud, "anna (slack:U1)", NOW_MS)
    (to_slack,) = desk.decisions(SLACK)
    assert str(to_slack["response_url"]).startswith(slack.address)
    (to_machines,) = desk.decisions("hook")
    assert "response_url" not in to_machines, "whoever has it may change the message"


def test_a_snooze_is_kept_for_as_long_as_set(desk: Desk, slack: Any) -> None:
    assert desk.handle(slack.click("snooze", "alert:t1")) == 200

    with desk.database.reading() as connection:
        (row,) = connection.execute(select(snoozes)).all()
    assert (row.account_id, row.feature, row.until_ms) == ("acc-1", "amount_over_usual", NOW_MS + 24 * 3_600_000)
    assert desk.labels() == []


def test_clicking_twice_is_answering_once(desk: Desk, slack: Any) -> None:
    for seconds in (0, 1, 2):
        request = slack.click("confirm_fraud", "alert:t1", at_ms=NOW_MS + seconds * 1000)
        assert desk.handle(request, now_ms=NOW_MS + seconds * 1000) == 200
    assert desk.handle(slack.click("confirm_fraud", "alert:t1", user="U2", name="ben")) == 200

    assert desk.labels() == [(True, "slack:U1"), (True, "slack:U2")]
    assert desk.stored().decided_by == "ben (slack:U2)"


def test_a_copied_request_has_no_effect(desk: Desk, slack: Any) -> None:
    confirmed = slack.click("confirm_fraud", "alert:t1")
    corrected = slack.click("false_alarm", "alert:t1", at_ms=NOW_MS + 60_000)
    assert desk.handle(confirmed) == 200
    assert desk.handle(corrected, now_ms=NOW_MS + 60_000) == 200

    assert desk.handle(confirmed, now_ms=NOW_MS + 120_000) == 409

    assert desk.stored().is_fraud is False
    assert len(desk.labels()) == 2


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_request_of_another_time_is_refused(desk: Desk, slack: Any, seconds: int) -> None:
    request = slack.click("confirm_fraud", "alert:t1")

    assert desk.handle(request, now_ms=NOW_MS + seconds * 1000) == 401
    assert desk.labels() == []


def test_a_request_may_be_five_minutes_on_the_way(desk: Desk, slack: Any) -> None:
    assert desk.handle(slack.click("confirm_fraud", "alert:t1"), now_ms=NOW_MS + 300_000) == 200


def without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


FORGERIES: Final[dict[str, Callable[[bytes, Mapping[str, str]], Request]]] = {
    "another body": lambda body, headers: (body + b" ", headers),
    "another secret": lambda body, headers: (
        body,
        {
            **headers,
            "X-Slack-Signature": SignatureVerifier("guessed").generate_signature(
                timestamp=headers["X-Slack-Request-Timestamp"], body=body
            )
            or "",
        },
    ),
    "another time": lambda body, headers: (body, {**headers, "X-Slack-Request-Timestamp": str(NOW_MS // 1000 + 1)}),
    "no number as time": lambda body, headers: (body, {**headers, "X-Slack-Request-Timestamp": "now"}),
    "no finite time": lambda body, headers: (body, {**headers, "X-Slack-Request-Timestamp": "9" * 400}),
    "a time of a million digits": lambda body, headers: (body, {**headers, "X-Slack-Request-Timestamp": "9" * 10**6}),
    "no time": lambda body, headers: (body, without(headers, "X-Slack-Request-Timestamp")),
    "no signature": lambda body, headers: (body, without(headers, "X-Slack-Signature")),
    "a signature that is not ASCII": lambda body, headers: (body, {**headers, "X-Slack-Signature": "v0=é"}),
    "a body that is no text": lambda _, headers: (b"\xff\xfe", headers),
    "nothing": lambda _, __: (b"", {}),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_request_is_refused(desk: Desk, slack: Any, kind: str) -> None:
    request = FORGERIES[kind](*slack.click("confirm_fraud", "alert:t1"))

    assert desk.handle(request) == 401
    assert desk.labels() == []


def payload(**about: object) -> bytes:
    click = {"type": "block_actions", "user": {"id": "U1"}} | about
    return urlencode({"payload": json.dumps(click)}).encode()


def click_on(value: object) -> bytes:
    return payload(actions=[{"action_id": "confirm_fraud", "value": value}])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload",
        b"payload=no+json",
        b"payload=%7B%7D",
        b"payload=%7B%7D&payload=%7B%7D",
        b"other=1",
        payload(actions=[]),
        payload(actions=[1]),
        payload(actions=[{"action_id": "snooze", "value": "alert:t1"}], user={"id": "<b>"}),
        *map(click_on, ("", "t1", "alert:\x00", "alert:" + "x" * 65, None)),
    ],
)
def test_what_slack_signed_and_is_no_click_is_distinguished(desk: Desk, slack: Any, body: bytes) -> None:
    assert desk.handle(slack.signed(body)) == 400


def test_an_alert_that_is_not_known_is_named_and_may_come_later(desk: Desk, slack: Any) -> None:
    request = slack.click("confirm_fraud", "alert:t9")

    assert desk.handle(request) == 404
    assert desk.handle(request) == 404, "what had no effect was not played before"


def test_other_buttons_are_none_of_ours(desk: Desk, slack: Any) -> None:
    assert desk.handle(slack.click("open_link", "alert:t1")) == 200
    assert desk.labels() == []


def test_without_a_signing_secret_nothing_is_believed(desk: Desk, slack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    request = slack.click("confirm_fraud", "alert:t1")
    monkeypatch.delenv("SLACK_SIGNING_SECRET")
    desk.settings = load_settings(AlertWebhookSettings)

    assert desk.handle(request) == 404
    assert desk.labels() == []


def test_a_name_cannot_grow_or_hide(desk: Desk, slack: Any) -> None:
    assert desk.handle(slack.click("confirm_fraud", "alert:t1", name="\u202e" + "x" * 500)) == 200

    assert desk.stored().decided_by == "x" * 40 + " (slack:U1)"


@settings(deadline=None, max_examples=200)
@given(
    body=st.binary() | st.text().map(lambda text: urlencode({"payload": text}).encode()),
    headers=st.dictionaries(st.text(), st.text()),
)
def test_nothing_that_is_sent_raises(body: bytes, headers: dict[str, str]) -> None:
    configured = AlertWebhookSettings.model_validate({"slack_signing_secret": SIGNING_SECRET})
    verifier = SignatureVerifier(SIGNING_SECRET)
    at = str(NOW_MS // 1000)
    try:
        signed = verifier.generate_signature(timestamp=at, body=body) or ""
    except UnicodeDecodeError:
        signed = "v0=1"

    def handle(headers: Mapping[str, str]) -> int:
        return handle_action(Database(create_engine("sqlite://")), configured, ALL_RECEIVERS, body, headers, NOW_MS)[0]

    assert handle(headers) == 401
    assert handle(headers | {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signed}) in (400, 401)


@pytest.mark.parametrize(
    ("url", "is_trusted"),
    [
        ("https://hooks.slack.com/actions/T0/1/x", True),
        ("https://slack.com/actions", True),
        ("http://hooks.slack.com/actions/T0/1/x", False),
        ("https://hooks.slack.com:8443/actions", False),
        ("https://hooks.slack.com@evil.example/", False),
        ("https://x:y@hooks.slack.com/", False),
        ("https://evilslack.com/", False),
        ("https://slack.com.evil.example/", False),
        ("https://127.0.0.1/", False),
        ("file:///etc/passwd", False),
        ("https://[", False),
        ("https://hooks.slack.com:99999999/", False),
        ("", False),
        (None, False),
    ],
)
def test_messages_are_changed_at_slacks_own_addresses_only(url: str | None, is_trusted: bool) -> None:
    configured = AlertWebhookSettings()

    assert trusted_response_url(url, configured) == (url if is_trusted else None)


def test_one_may_allow_a_stand_in_of_slack_at_home() -> None:
    configured = AlertWebhookSettings(webhook_private=True)

    assert trusted_response_url("http://127.0.0.1:9/actions", configured) == "http://127.0.0.1:9/actions"
    assert trusted_response_url("file:///etc/passwd", configured) is None
