"""Who is let in, and with what."""

import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr
from werkzeug.test import TestResponse

from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.access import is_right, safe_target

from .conftest import PASSWORD, TOKEN, Clock

AppOf = Callable[[AlertWebhookSettings], Flask]
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SHIFT_SECONDS = 12 * 3600


@pytest.fixture
def app(app_of: AppOf, guarded_settings: AlertWebhookSettings) -> Flask:
    return app_of(guarded_settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def open_client(app_of: AppOf, guarded_settings: AlertWebhookSettings) -> FlaskClient:
    """Of a service that only its own machine reaches and where no log-in is set."""
    settings = guarded_settings.model_copy(update={"host": "127.0.0.1", "users": (), "api_tokens": ()})
    return app_of(settings).test_client()


def log_in(client: FlaskClient, name: str = "anna", password: str = PASSWORD, **form: str) -> TestResponse:
    """As a browser would: fetch the form, fill it in, send it."""
    page = client.get("/login").text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    fields = {"name": name, "password": password, "csrf_token": found[1], **form}
    return client.post("/login", data=fields)


def test_nothing_but_health_and_the_log_in_form_is_open(app: Flask, client: FlaskClient) -> None:
    open_paths = {"/healthz", "/readyz", "/login", "/login/static/<path:filename>"}
    proves_itself = {"/slack/actions"}
    asked = set()
    for rule in app.url_map.iter_rules():
        if rule.rule in open_paths | proves_itself:
            continue
        path = re.sub(r"<(?:[^:>]+:)?[^>]+>", "page.css", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = client.open(path, method=method)
            expected = HTTPStatus.SEE_OTHER if rule.rule in ("/", "/try") else HTTPStatus.UNAUTHORIZED
            assert answer.status_code == expected, (method, path)
            asked.add(rule.rule)
    assert len(asked) > 15
    for path in ("/healthz", "/readyz", "/login", "/login/static/login.css", "/static/icon.svg"):
        with client.get(path) as answer:
            assert answer.status_code == HTTPStatus.OK, path
    assert client.get("/no-such-thing").status_code == HTTPStatus.UNAUTHORIZED, "not even what there is can be learnt"
    assert client.options("/api/alerts").status_code == HTTPStatus.UNAUTHORIZED


def test_a_refusal_says_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/api/alerts")

    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "/login" in answer.json["error"]
    assert "VIGIE_API_TOKENS" in answer.json["error"]


def test_a_token_opens_everything_without_a_cookie(client: FlaskClient, keep: Callable[..., None]) -> None:
    keep("t1")

    session = client.get("/api/session", headers=BEARER)
    label = client.post("/api/alerts/alert:t1/label", headers=BEARER, json={"is_fraud": False})

    assert session.json == {"person": "robot", "access": "token", "csrf_token": "", "can_try": False}
    assert label.json["decision"]["by"] == "robot"
    assert "Set-Cookie" not in session.headers
    assert "Set-Cookie" not in label.headers


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f"robot:{TOKEN}", "ü" * 40])
def test_a_wrong_token_opens_nothing(client: FlaskClient, token: str) -> None:
    log_in(client)

    answer = client.get("/api/alerts", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_a_session_reads_and_writes_with_its_proof_only(client: FlaskClient, keep: Callable[..., None]) -> None:
    keep("t1")
    assert log_in(client).status_code == HTTPStatus.SEE_OTHER

    session = client.get("/api/session").json
    assert (session["person"], session["access"]) == ("anna", "session")
    bare = client.post("/api/alerts/alert:t1/label", json={"is_fraud": True})
    assert bare.status_code == HTTPStatus.BAD_REQUEST
    assert "load it again" in bare.json["error"]
    wrong = client.delete("/api/snoozes/a/b", headers={"X-CSRFToken": session["csrf_token"][:-2]})
    assert wrong.status_code == HTTPStatus.BAD_REQUEST
    proven = client.post(
        "/api/alerts/alert:t1/label", json={"is_fraud": True}, headers={"X-CSRFToken": session["csrf_token"]}
    )
    assert proven.json["decision"]["by"] == "anna"


def test_another_sessions_proof_does_not_count(app: Flask, client: FlaskClient, keep: Callable[..., None]) -> None:
    keep("t1")
    thief, victim = client, app.test_client()
    log_in(thief, "ben", "another password")
    log_in(victim)
    stolen = thief.get("/api/session").json["csrf_token"]

    answer = victim.post("/api/alerts/alert:t1/label", json={"is_fraud": True}, headers={"X-CSRFToken": stolen})

    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_the_sessions_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient) -> None:
    plain = log_in(client).headers["Set-Cookie"]
    assert plain.startswith("vigie=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(plain.split("; "))
    assert "Secure" not in plain


def test_behind_a_trusted_proxy_the_cookie_is_for_https_only(
    app_of: AppOf, guarded_settings: AlertWebhookSettings
) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    trusting = app_of(guarded_settings.model_copy(update={"trusted_proxies": 1})).test_client()
    doubting = app_of(guarded_settings).test_client()

    secure = trusting.get("/login", headers=forwarded)
    plain = doubting.get("/login", headers=forwarded)

    assert secure.headers["Set-Cookie"].startswith("__Host-vigie=")
    assert "Secure" in secure.headers["Set-Cookie"]
    assert secure.headers["Strict-Transport-Security"]
    assert "Secure" not in plain.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in plain.headers


def test_a_session_ends_after_a_shift(client: FlaskClient, clock: Clock) -> None:
    log_in(client)

    clock.now += SHIFT_SECONDS - 1
    assert client.get("/api/session").status_code == HTTPStatus.OK
    clock.now += 1
    assert client.get("/api/session").status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("users", [("anna:changed", "ben:b"), ("ben:b",), ()])
def test_a_session_ends_with_the_password_it_began_with(
    app_of: AppOf, guarded_settings: AlertWebhookSettings, client: FlaskClient, users: tuple[str, ...]
) -> None:
    log_in(client)
    cookie = client.get_cookie("vigie")
    assert cookie is not None
    later = app_of(guarded_settings.model_copy(update={"users": tuple(map(SecretStr, users))})).test_client()
    later.set_cookie("vigie", cookie.value)

    assert client.get("/api/session").status_code == HTTPStatus.OK
    assert later.get("/api/session").status_code == HTTPStatus.UNAUTHORIZED


def test_all_workers_know_a_session(app_of: AppOf, guarded_settings: AlertWebhookSettings, client: FlaskClient) -> None:
    log_in(client)
    cookie = client.get_cookie("vigie")
    assert cookie is not None
    other = app_of(guarded_settings).test_client()
    other.set_cookie("vigie", cookie.value)

    assert other.get("/api/session").json["person"] == "anna"


def test_a_forged_cookie_opens_nothing(client: FlaskClient) -> None:
    log_in(client)
    cookie = client.get_cookie("vigie")
    assert cookie is not None
    client.set_cookie("vigie", "x" + cookie.value[1:])

    assert client.get("/api/session").status_code == HTTPStatus.UNAUTHORIZED


def test_logging_out_ends_the_session(client: FlaskClient) -> None:
    log_in(client)
    token = client.get("/api/session").json["csrf_token"]

    assert client.post("/logout").status_code == HTTPStatus.BAD_REQUEST, "another site must not log anyone out"
    answer = client.post("/logout", headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/login")
    assert client.get("/api/session").status_code == HTTPStatus.UNAUTHORIZED


def test_the_page_leads_to_the_form_and_back(client: FlaskClient) -> None:
    away = client.get("/?alert=alert:t1")
    assert away.headers["Location"] == "/login?next=%2F%3Falert%3Dalert%3At1"
    assert client.get("/").headers["Location"] == "/login"

    form = client.get(away.headers["Location"]).text
    assert 'value="/?alert=alert:t1"' in form
    back = log_in(client, next="/?alert=alert:t1")
    assert back.headers["Location"] == "/?alert=alert:t1"
    assert client.get("/login?next=/?alert=alert:t1").headers["Location"] == "/?alert=alert:t1"


def test_a_link_from_elsewhere_is_asked_once_more_before_the_form(client: FlaskClient) -> None:
    """SameSite=Strict keeps the cookie back at first, though the person may well be logged in."""
    answer = client.get("/?alert=alert:t1", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == HTTPStatus.OK
    assert 'http-equiv="refresh"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@example("//evil.test")
@example("/\\evil.test")
@example("/\t/evil.test")
@example("https://evil.test/")
@example("/?next=//evil.test")
@given(st.one_of(st.text(), st.text(alphabet="/\\:@.?#evil\t\n ")))
def test_no_target_leads_to_another_host(target: str) -> None:
    led = safe_target(target)

    assert urlsplit(urljoin("https://vigie.test/login", led)).netloc == "vigie.test"
    assert led in (target, "/")


def test_a_wrong_target_leads_to_the_page(client: FlaskClient) -> None:
    assert log_in(client, next="//evil.test/").headers["Location"] == "/"


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3), st.text(max_size=5), st.text(max_size=5))
def test_a_name_and_its_own_secret_are_right_and_nothing_else(known: dict[str, str], name: str, secret: str) -> None:
    def seen(text: str) -> bytes:
        return text.encode("utf-8", "replace")

    expected = any(seen(name) == seen(one) and seen(secret) == seen(known[one]) for one in known)
    assert is_right(known, name, secret) == expected


def test_on_this_machine_alone_everyone_is_local(open_client: FlaskClient, keep: Callable[..., None]) -> None:
    keep("t1")

    session = open_client.get("/api/session")
    label = open_client.post("/api/alerts/alert:t1/label", json={"is_fraud": True})

    assert session.json == {"person": "local", "access": "open", "csrf_token": "", "can_try": False}
    assert "Set-Cookie" not in session.headers
    assert label.json["decision"]["by"] == "local"
    assert open_client.get("/login").headers["Location"] == "/"
    with open_client.get("/") as page:
        assert page.status_code == HTTPStatus.OK


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_this_machine_has_several_names(open_client: FlaskClient, host: str) -> None:
    answer = open_client.get("/api/alerts", headers={"Host": host})

    assert answer.status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    "host", ["evil.test:8000", "127.0.0.1.evil.test", "127.0.0.1@evil.test", "[::1", "192.168.1.7"]
)
def test_without_log_in_a_foreign_name_that_points_here_is_refused(open_client: FlaskClient, host: str) -> None:
    answer = open_client.get("/api/alerts", headers={"Host": host})

    assert answer.status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize("origin", ["https://evil.test", "http://localhost:9999", "null"])
def test_without_log_in_another_sites_writes_are_refused(
    open_client: FlaskClient, keep: Callable[..., None], origin: str
) -> None:
    keep("t1")
    headers = {"Host": "localhost:8000"}

    refused = open_client.post("/api/receivers/slack/retry", headers=headers | {"Origin": origin})
    own = open_client.post("/api/receivers/slack/retry", headers=headers | {"Origin": "http://localhost:8000"})

    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "VIGIE_USERS" in refused.json["error"]
    assert own.status_code == HTTPStatus.OK


def test_on_this_machine_too_users_have_to_log_in_once_there_are_any(
    app_of: AppOf, guarded_settings: AlertWebhookSettings
) -> None:
    settings = guarded_settings.model_copy(update={"host": "127.0.0.1", "api_tokens": ()})

    assert app_of(settings).test_client().get("/api/alerts").status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "path",
    ["/", "/static/css/page.css", "/api/alerts", "/api/nothing", "/healthz", "/login", "/login/static/login.css"],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_every_answer_is_guarded(client: FlaskClient, path: str, *, is_known: bool) -> None:
    with client.get(path, headers=BEARER if is_known else {}) as answer:
        headers, status = answer.headers, answer.status_code

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    is_file = path in ("/", "/static/css/page.css", "/login/static/login.css") and status == HTTPStatus.OK
    assert headers["Cache-Control"] == ("no-cache" if is_file else "no-store")
