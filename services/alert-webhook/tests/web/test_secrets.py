"""No secret reaches a log, an answer or a settings' text, whatever is done and whatever fails."""

import io
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.parts import EXTENSION

from .conftest import NOW_MS, PASSWORD, TOKEN

RESPONSE_URL = "https://hooks.slack.test/actions/T0/secret-of-click"
TYPED = "a-password-typed-as-name"
SECRETS = (PASSWORD, TOKEN, RESPONSE_URL, TYPED, "another password", "secret-of-slack", "secret-of-database", "whsec_")


@pytest.fixture
def settings(guarded_settings: AlertWebhookSettings) -> AlertWebhookSettings:
    secrets = {
        "log_level": "DEBUG",
        "slack_signing_secret": SecretStr("secret-of-slack"),
        "webhook_secret": SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "mlflow_tracking_password": SecretStr("secret-of-mlflow"),
        "database_url": SecretStr("postgresql://user:secret-of-database@host/name"),
    }
    return guarded_settings.model_copy(update=secrets)


def drive(client: FlaskClient, database: Database) -> Iterator[str]:
    """Everything that handles a secret, right and wrong, and a failing database; the answers' texts."""
    for name, password in (("anna", "wrong"), (TYPED, PASSWORD), ("ben", "another password"), ("anna", PASSWORD)):
        client.delete_cookie("vigie")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
        assert found is not None
        fields = {"name": name, "password": password, "csrf_token": found[1]}
        answer = client.post("/login", data=fields)
        yield answer.text.replace(f'value="{TYPED}"', "")  # the form shows a person what that person typed
    for token in (TOKEN, TOKEN + "x"):
        for path in ("/api/session", "/api/alerts", "/api/deliveries", "/api/state", "/openapi.json", "/readyz", "/x"):
            yield client.get(path, headers={"Authorization": f"Bearer {token}"}).text
    proof = {"X-CSRFToken": client.get("/api/session").json["csrf_token"]}
    yield client.post("/api/alerts/alert:t1/label", json={"is_fraud": True}, headers=proof).text
    yield client.post("/api/alerts/alert:t1/label", json={"is_fraud": TOKEN}, headers=proof).text
    yield client.post("/slack/actions", data={"payload": RESPONSE_URL}).text
    yield client.post("/hooks/grafana", json={"token": TOKEN}, headers=proof).text
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE login_failures")
        connection.exec_driver_sql("DROP TABLE deliveries")
    yield client.get("/api/deliveries").text
    client.delete_cookie("vigie")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    assert found is not None
    failed = client.post("/login", data={"name": TYPED, "password": PASSWORD, "csrf_token": found[1]})
    assert failed.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    yield failed.text


def test_no_secret_is_logged_or_answered(
    app_of: Callable[[AlertWebhookSettings], Flask],
    settings: AlertWebhookSettings,
    database: Database,
    keep: Callable[..., None],
    logged: io.StringIO,
) -> None:
    app = app_of(settings)
    keep("t1")
    with database.writing() as connection:
        body = {"response_url": RESPONSE_URL}
        enqueue(connection, "slack", "decision:1", "decision", now_ms=NOW_MS, alert_id="alert:t1", body=body)

    answers = list(drive(app.test_client(), database))

    key = app.extensions[EXTENSION].session_key
    assert "logged in" in logged.getvalue(), "the logs are looked at"
    for secret in (*SECRETS, key):
        assert secret not in logged.getvalue()
        assert not [answer for answer in answers if secret in answer], secret
        assert secret not in repr(app.extensions[EXTENSION])


def test_a_mistake_of_ours_is_logged_without_what_was_sent(
    app_of: Callable[[AlertWebhookSettings], Flask],
    settings: AlertWebhookSettings,
    logged: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("alert_webhook.web.api.list_alerts", fail)
    client = app_of(settings).test_client()

    answer = client.get("/api/alerts", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert answer.json["error"].startswith("This is an error of the service")
    assert "of ours" not in answer.text
    assert "ZeroDivisionError" in logged.getvalue()
    assert TOKEN not in logged.getvalue()
