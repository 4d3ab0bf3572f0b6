"""Slack's clicks reach their handler as they were sent: unparsed, with Slack's own proof and no session."""

import json
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from alert_webhook.core.outbox.alerts import find_alert
from alert_webhook.core.outbox.database import Database
from alert_webhook.delivery.slack.blocks import CONFIRM_FRAUD
from alert_webhook.settings import AlertWebhookSettings

from .conftest import NOW_MS

SECRET = "secret-of-slack"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def client(app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings) -> FlaskClient:
    settings = guarded_settings.model_copy(update={"slack_signing_secret": SecretStr(SECRET)})
    return app_of(settings).test_client()


def a_click() -> bytes:
    payload = {
        "type": "block_actions",
        "user": {"id": "U123", "username": "zoë"},
        "actions": [{"action_id": CONFIRM_FRAUD, "value": "alert:t1"}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(body: bytes) -> dict[str, str]:
    timestamp = str(NOW_MS // 1000)
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=timestamp, body=body)
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": str(signature)}


def test_a_signed_click_answers_the_alert(client: FlaskClient, database: Database, keep: Callable[..., None]) -> None:
    keep("t1")

    answer = client.post("/slack/actions", data=a_click(), headers=signed(a_click()), content_type=FORM)

    assert answer.status_code == HTTPStatus.OK, answer.text
    with database.reading() as connection:
        stored = find_alert(connection, "alert:t1")
    assert stored is not None
    assert stored.is_fraud


def test_an_unsigned_click_changes_nothing(client: FlaskClient, database: Database, keep: Callable[..., None]) -> None:
    keep("t1")

    answer = client.post("/slack/actions", data=a_click(), headers=signed(b"another"), content_type=FORM)

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer.json["error"]
    with database.reading() as connection:
        stored = find_alert(connection, "alert:t1")
    assert stored is not None
    assert stored.is_fraud is None


def test_more_than_slack_would_send_is_not_read(client: FlaskClient) -> None:
    body = b"payload=" + b"x" * 1024 * 1024

    answer = client.post("/slack/actions", data=body, headers=signed(body), content_type=FORM)

    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
