"""The log-in form: what it says, and how often it may be tried."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from alert_webhook.core.outbox.database import Database
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.login_limit import MAX_PER_ADDRESS, MAX_PER_NAME, WINDOW_MS, LoginLimit

from .conftest import NOW_MS, PASSWORD, Clock

KEY = "key"


@pytest.fixture
def client(app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings) -> FlaskClient:
    return app_of(guarded_settings).test_client()


def send(client: FlaskClient, name: str, password: str, *, address: str = "198.51.100.7") -> TestResponse:
    client.delete_cookie("vigie")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    assert found is not None
    fields = {"name": name, "password": password, "csrf_token": found[1]}
    return client.post("/login", data=fields, environ_base={"REMOTE_ADDR": address})


def problem(answer: TestResponse) -> str:
    found = re.search(r'role="alert">([^<]*)<', answer.text)
    assert found is not None
    return found[1]


def test_the_form_has_labels_and_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/login").text

    for field in ("name", "password"):
        assert f'<label for="{field}">' in page
        assert f'id="{field}"' in page
    assert "http://" not in page
    assert "https://" not in page
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "a guess"), ("carl", PASSWORD), ("ben", PASSWORD), ("Anna", PASSWORD), ("ü", "ü")]
)
def test_wrong_is_wrong_whichever_it_was(client: FlaskClient, name: str, password: str) -> None:
    answer = send(client, name, password)

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert problem(answer) == "Name or password is wrong."
    assert password not in answer.text.replace(name, "")
    assert client.get("/api/session").status_code == HTTPStatus.UNAUTHORIZED


def test_what_was_typed_is_shown_as_text(client: FlaskClient) -> None:
    answer = send(client, '"><script>alert(1)</script>', "x")

    assert "<script>" not in answer.text


def test_nothing_typed_is_answered_without_being_counted(client: FlaskClient) -> None:
    for _ in range(MAX_PER_NAME + 1):
        answer = send(client, "", "")

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert problem(answer) == "Type your name and password."
    assert send(client, "anna", PASSWORD).status_code == HTTPStatus.SEE_OTHER


def test_a_form_from_elsewhere_is_not_taken(client: FlaskClient) -> None:
    answer = client.post("/login", data={"name": "anna", "password": PASSWORD, "csrf_token": "made up"})

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "too long" in problem(answer)
    assert client.get("/api/session").status_code == HTTPStatus.UNAUTHORIZED


def test_logging_in_gives_a_new_session(client: FlaskClient) -> None:
    client.get("/login")
    before = client.get_cookie("vigie")
    send(client, "anna", PASSWORD)
    after = client.get_cookie("vigie")

    assert before is not None
    assert after is not None
    assert before.value != after.value
    client.set_cookie("vigie", before.value)
    assert client.get("/api/session").status_code == HTTPStatus.UNAUTHORIZED


def test_too_many_tries_for_a_name_from_anywhere_have_to_wait(client: FlaskClient, clock: Clock) -> None:
    for number in range(MAX_PER_NAME):
        assert send(client, "anna", "wrong", address=f"198.51.100.{number}").status_code == HTTPStatus.UNAUTHORIZED

    refused = send(client, "anna", PASSWORD, address="203.0.113.1")
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS, "even the right password, else it could be found"
    assert int(refused.headers["Retry-After"]) == WINDOW_MS // 1000
    assert problem(refused) == "Too many attempts. Try again in 15 minutes."
    assert send(client, "ben", "another password").status_code == HTTPStatus.SEE_OTHER, "others are not locked out"
    clock.now += WINDOW_MS / 1000
    assert send(client, "anna", PASSWORD).status_code == HTTPStatus.SEE_OTHER


def test_too_many_tries_from_an_address_for_any_name_have_to_wait(client: FlaskClient) -> None:
    for number in range(MAX_PER_ADDRESS):
        send(client, f"name{number}", "wrong")

    assert send(client, "anna", PASSWORD).status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert send(client, "anna", PASSWORD, address="203.0.113.1").status_code == HTTPStatus.SEE_OTHER


def test_addresses_are_those_that_a_trusted_proxy_names(
    app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings
) -> None:
    """Without one they are the sender's own, whatever it claims: else each claim would give more tries."""

    def refused(trusted_proxies: int) -> bool:
        client = app_of(guarded_settings.model_copy(update={"trusted_proxies": trusted_proxies})).test_client()
        for number in range(MAX_PER_ADDRESS):
            client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
            send(client, f"name{number} of {trusted_proxies}", "wrong")
        return send(client, "anna", PASSWORD).status_code == HTTPStatus.TOO_MANY_REQUESTS

    assert not refused(1)
    assert refused(0)


def test_without_users_the_form_says_how_to_get_some(
    app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings
) -> None:
    client = app_of(guarded_settings.model_copy(update={"users": ()})).test_client()

    assert "VIGIE_USERS" in problem(client.get("/login"))
    assert send(client, "analyst", "x").status_code == HTTPStatus.UNAUTHORIZED


def test_what_is_refused_for_its_number_prolongs_nothing(client: FlaskClient, clock: Clock) -> None:
    for _ in range(MAX_PER_NAME):
        send(client, "anna", "wrong")
    for _ in range(5):
        clock.now += 60
        assert send(client, "anna", "wrong").status_code == HTTPStatus.TOO_MANY_REQUESTS

    clock.now += WINDOW_MS / 1000 - 300
    assert send(client, "anna", PASSWORD).status_code == HTTPStatus.SEE_OTHER


def test_the_right_password_is_not_counted(client: FlaskClient) -> None:
    for _ in range(MAX_PER_NAME + 1):
        assert send(client, "anna", PASSWORD).status_code == HTTPStatus.SEE_OTHER


def test_many_at_once_get_no_more_tries(database: Database) -> None:
    limit = LoginLimit(database, KEY)

    with ThreadPoolExecutor(8) as pool:
        tries = list(pool.map(lambda _: limit.begin("anna", "198.51.100.7", now_ms=NOW_MS), range(40)))

    assert sum(wait_seconds == 0 for _, wait_seconds in tries) <= MAX_PER_NAME


def test_an_ipv6_customer_has_one_address(database: Database) -> None:
    limit = LoginLimit(database, KEY)
    for number in range(MAX_PER_ADDRESS):
        assert limit.begin(f"name{number}", f"2001:db8:1:2::{number:x}", now_ms=NOW_MS)[1] == 0

    assert limit.begin("other", "2001:db8:1:2:ffff::1", now_ms=NOW_MS)[1] > 0
    assert limit.begin("other", "2001:db8:1:3::1", now_ms=NOW_MS)[1] == 0
    assert limit.begin("other", "not an address", now_ms=NOW_MS)[1] == 0


def test_what_was_typed_as_a_name_is_not_kept(database: Database) -> None:
    LoginLimit(database, KEY).begin("a password in the wrong field", "198.51.100.7", now_ms=NOW_MS)

    with database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM login_failures").all()
    assert len(kept) == 1
    assert "password" not in str(kept)
