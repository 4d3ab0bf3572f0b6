"""Payments that are tried: what reaches the gateway, what comes back, and who may."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr, ValidationError

from alert_webhook.core.alerts import Arrival, TriageResult
from alert_webhook.core.outbox.alerts import add_alert, next_revision
from alert_webhook.core.outbox.database import Database
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.gateway_client import GatewayClient, gateway_of
from alert_webhook.web.parts import EXTENSION
from vigie_runtime import ConfigurationError, load_settings
from vigie_testing.gateway_stand_in import WITHOUT_ANSWER, GatewayStandIn, golden_verdict, problem
from vigie_testing.golden import golden_alert

from .conftest import NOW_MS, PASSWORD, TOKEN

GATEWAY_TOKEN = "a-token-of-the-gateway"
PAYMENT = {"account_id": "acct-1f3a", "amount": 612.5, "country": "FR", "merchant_id": "mer-1", "channel": "card"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
AppOf = Callable[[AlertWebhookSettings], Flask]


@pytest.fixture
def gateway() -> Iterator[GatewayStandIn]:
    with GatewayStandIn(GATEWAY_TOKEN) as gateway:
        yield gateway


@pytest.fixture
def settings(guarded_settings: AlertWebhookSettings, gateway: GatewayStandIn) -> AlertWebhookSettings:
    return guarded_settings.model_copy(
        update={"gateway_url": gateway.url, "gateway_token": SecretStr(GATEWAY_TOKEN)}
    )  # fmt: skip


@pytest.fixture
def client(app_of: AppOf, settings: AlertWebhookSettings) -> Iterator[FlaskClient]:
    app = app_of(settings)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BEARER["Authorization"]
    yield client
    app.extensions[EXTENSION].gateway.close()


def test_a_payment_gets_its_verdict(client: FlaskClient, gateway: GatewayStandIn) -> None:
    answer = client.post("/api/try", json={**PAYMENT, "category": "", "currency": "CHF"})

    (sent,) = gateway.payments
    assert re.fullmatch(r"try-[a-p]{16}", sent["transaction_id"])
    assert {name: value for name, value in sent.items() if name != "transaction_id"} == {**PAYMENT, "currency": "CHF"}
    expected = golden_verdict(transaction_id=sent["transaction_id"], account_id="acct-1f3a")
    assert answer.status_code == HTTPStatus.OK
    assert answer.json == {name: expected[name] for name in answer.json}
    assert {"verdict", "reasons", "rules", "spent_ms", "score", "threshold"} <= set(answer.json)


def test_each_try_is_a_payment_of_its_own(client: FlaskClient, gateway: GatewayStandIn) -> None:
    for _ in range(3):
        client.post("/api/try", json=PAYMENT)

    assert len({payment["transaction_id"] for payment in gateway.payments}) == 3


@pytest.mark.parametrize("example", ["fallback.json", "rules.json", "shadow.json"])
def test_every_kind_of_verdict_is_passed_on(client: FlaskClient, gateway: GatewayStandIn, example: str) -> None:
    gateway.example = example

    answer = client.post("/api/try", json=PAYMENT).json

    expected = golden_verdict(example)
    for name in ("verdict", "would_be", "basis", "fallback_cause", "score"):
        assert answer[name] == expected[name]


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (
            problem(422, "The transaction cannot be judged", "amount: must be greater than 0"),
            HTTPStatus.BAD_REQUEST,
            "The gateway refuses this payment. The transaction cannot be judged. amount: must be greater than 0.",
        ),
        (problem(403, "The token may not do this", "It needs send."), HTTPStatus.BAD_GATEWAY, "VIGIE_GATEWAY_TOKEN"),
        (problem(401, "Send a token", "It is not known."), HTTPStatus.BAD_GATEWAY, "Send a token. It is not known."),
        (problem(503, "Busy", "Try again soon."), HTTPStatus.SERVICE_UNAVAILABLE, "Busy. Try again soon."),
        (problem(429, "Too many", "Wait."), HTTPStatus.SERVICE_UNAVAILABLE, "Too many. Wait."),
        ((502, b"<html>"), HTTPStatus.SERVICE_UNAVAILABLE, "It answers 502."),
        ((500, b"[]"), HTTPStatus.SERVICE_UNAVAILABLE, "It answers 500."),
        ((404, b""), HTTPStatus.BAD_GATEWAY, "it answers 404"),
        ((307, b""), HTTPStatus.BAD_GATEWAY, "it answers 307"),
        ((200, b'{"verdict": "allow"}'), HTTPStatus.BAD_GATEWAY, "fields are wrong"),
        ((200, b"\xff"), HTTPStatus.BAD_GATEWAY, "fields are wrong"),
        ((WITHOUT_ANSWER, b""), HTTPStatus.SERVICE_UNAVAILABLE, "does not answer"),
    ],
)
def test_the_gateways_refusals_are_put_into_words(
    client: FlaskClient, gateway: GatewayStandIn, refusal: tuple[int, bytes], status: HTTPStatus, words: str
) -> None:
    gateway.answers.append(refusal)

    answer = client.post("/api/try", json=PAYMENT)

    assert answer.status_code == status, "never 401: that would mean that the visitor is logged out"
    assert words in answer.json["error"]
    assert GATEWAY_TOKEN not in answer.text


def test_words_of_any_length_are_cut(client: FlaskClient, gateway: GatewayStandIn) -> None:
    gateway.answers.append(problem(422, "w" * 10_000, "x"))

    assert len(client.post("/api/try", json=PAYMENT).json["error"]) < 600


def test_a_wrong_token_is_said_to_be_wrong(app_of: AppOf, settings: AlertWebhookSettings) -> None:
    wrong = settings.model_copy(update={"gateway_token": SecretStr("another")})
    app = app_of(wrong)
    with closing(app.extensions[EXTENSION].gateway):
        answer = app.test_client().post("/api/try", json=PAYMENT, headers=BEARER)

    assert answer.status_code == HTTPStatus.BAD_GATEWAY
    assert "VIGIE_GATEWAY_TOKENS" in answer.json["error"]


def test_a_gateway_that_asks_for_no_token_gets_none() -> None:
    with GatewayStandIn() as gateway, closing(GatewayClient(gateway.url + "/", None)) as client:
        assert client.judge({"transaction_id": "t1", "account_id": "a"}).transaction_id == "t1"


def test_after_a_fallback_the_true_verdict_can_be_asked_for(client: FlaskClient, gateway: GatewayStandIn) -> None:
    gateway.example = "fallback.json"
    name = client.post("/api/try", json=PAYMENT).json["transaction_id"]

    gateway.is_judged = False
    waiting = client.get(f"/api/try/{name}")
    gateway.is_judged = True
    unknown = client.get(f"/api/try/{name}")
    gateway.later = golden_verdict("late.json", transaction_id=name)
    known = client.get(f"/api/try/{name}")

    assert (waiting.status_code, waiting.json) == (HTTPStatus.OK, {"later": None})
    assert (unknown.status_code, unknown.json) == (HTTPStatus.OK, {"later": None})
    assert known.json["later"]["verdict"] == "decline"
    assert known.json["later"]["reasons"] == golden_verdict("late.json")["reasons"]


def test_only_what_was_tried_is_asked_for(client: FlaskClient, gateway: GatewayStandIn) -> None:
    gateway.payments.append({"transaction_id": "pay-1", "account_id": "acct-1"})

    assert client.get("/api/try/pay-1").status_code == HTTPStatus.BAD_REQUEST
    missing = client.get(f"/api/try/try-{'a' * 16}")
    assert missing.status_code == HTTPStatus.BAD_REQUEST
    assert "Nothing is known of it." in missing.json["error"]


def test_nothing_of_the_payment_is_logged(client: FlaskClient, logged: io.StringIO) -> None:
    client.post("/api/try", json={**PAYMENT, "account_id": "DE89370400440532013000"})

    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "payment tried"]
    assert (line["person"], line["verdict"], line["basis"]) == ("robot", "decline", "model")
    assert "DE89370400440532013000" not in logged.getvalue()
    assert "mer-1" not in logged.getvalue()


def test_without_a_gateway_it_is_said_what_to_set(app_of: AppOf, guarded_settings: AlertWebhookSettings) -> None:
    client = app_of(guarded_settings).test_client()

    tried = client.post("/api/try", json=PAYMENT, headers=BEARER)

    assert tried.status_code == HTTPStatus.CONFLICT
    assert "VIGIE_GATEWAY_URL" in tried.json["error"]
    assert client.get("/api/try", headers=BEARER).json == {"configured": False, "accounts": []}
    assert client.get("/api/session", headers=BEARER).json["can_try"] is False


def test_accounts_to_choose_are_those_of_the_latest_alerts(client: FlaskClient, database: Database) -> None:
    accounts = ["acct-1", "acct-2", "canary-1", "acct-1", *(f"acct-{number}" for number in range(3, 30)), "acct-2"]
    with database.writing() as connection:
        for number, account in enumerate(accounts):
            alert = golden_alert(f"t{number}", transaction={"account_id": account})
            arrival = Arrival(alert, NOW_MS + number, NOW_MS, 0, number)
            revision = next_revision(connection)
            add_alert(connection, arrival, TriageResult("message"), revision=revision, episode_id=None)

    found = client.get("/api/try").json

    assert found["configured"] is True
    assert found["accounts"] == ["acct-2", *(f"acct-{number}" for number in range(29, 10, -1))]
    assert client.get("/api/session").json["can_try"] is True


def test_a_session_tries_with_its_proof_only(
    app_of: AppOf, settings: AlertWebhookSettings, gateway: GatewayStandIn
) -> None:
    app = app_of(settings)
    client = app.test_client()
    with closing(app.extensions[EXTENSION].gateway):
        assert client.post("/api/try", json=PAYMENT).status_code == HTTPStatus.UNAUTHORIZED
        assert client.get("/try").headers["Location"] == "/login?next=%2Ftry"
        page = client.get("/login").text
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found is not None
        client.post("/login", data={"name": "anna", "password": PASSWORD, "csrf_token": found[1]})
        assert client.post("/api/try", json=PAYMENT).status_code == HTTPStatus.BAD_REQUEST
        assert gateway.payments == []
        proof = {"X-CSRFToken": client.get("/api/session").json["csrf_token"]}

        assert client.post("/api/try", json=PAYMENT, headers=proof).status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "12"},
        {"amount": None},
        {"account_id": ""},
        {"account_id": "a" * 129},
        {"country": 5},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_a_payment_does_not_reach_the_gateway(
    client: FlaskClient, gateway: GatewayStandIn, wrong: dict[str, object]
) -> None:
    answer = client.post("/api/try", json=PAYMENT | wrong)

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert next(iter(wrong)) in answer.json["error"]
    assert gateway.payments == []


def test_the_page_of_tries_is_served(client: FlaskClient) -> None:
    with client.get("/try") as page:
        assert page.status_code == HTTPStatus.OK
        assert page.headers["Cache-Control"] == "no-cache"
        named = re.findall(r'(?:href|src)="(/static/[^"#?]+)"', page.text)
        assert "<script>" not in page.text

    assert len(named) > 3
    for name in named:
        with client.get(name) as file:
            assert file.status_code == HTTPStatus.OK, name


def test_an_address_of_the_gateway_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_GATEWAY_URL", "gateway:8001")
    assert load_settings(AlertWebhookSettings).gateway_url == "http://gateway:8001"
    monkeypatch.setenv("VIGIE_GATEWAY_URL", "ftp://gateway")
    with pytest.raises(ConfigurationError, match="GATEWAY_URL"):
        load_settings(AlertWebhookSettings)


def test_without_an_address_there_is_no_client() -> None:
    assert gateway_of(AlertWebhookSettings()) is None
    with pytest.raises(ValidationError):
        AlertWebhookSettings(gateway_url="gateway")
