"""Logging in with a real browser, which decides for itself what a cookie is sent with."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_runtime import KafkaSettings
from vigie_testing.ports import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration

PHONE = {"width": 375, "height": 667}


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page on a phone; what the Content-Security-Policy refuses fails the test."""
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Policy" in message.text else None)
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of a guarded service; it needs no Kafka to let anyone in."""
    nowhere = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")
    service = AlertWebhookProcess(nowhere, tmp_path, environment={"VIGIE_USERS": "anna:a-long-password"})
    service.start(answering="healthz")
    yield service.address
    service.process.stop()


@pytest.fixture
def elsewhere(address: str) -> Iterator[str]:
    """A page of another site, such as Slack's, with a link to an alert and a form that would answer it."""
    body = (
        f'<!doctype html><a href="{address}/?alert=alert:t1">the alert</a>'
        f'<form method="post" action="{address}/api/receivers/slack/retry"><button>win a prize</button></form>'
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://localhost:{server.server_address[1]}/"  # another name, so another site
    server.shutdown()
    server.server_close()
    thread.join()


def log_in(page: "Page", password: str) -> None:
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_person_logs_in_on_a_phone_by_labels_and_keys_alone(page: "Page", address: str) -> None:
    page.goto(f"{address}/?alert=alert:t1")
    assert page.url == f"{address}/login?next=%2F%3Falert%3Dalert%3At1"
    # autofocus is honoured with the next painted frame, which may come after the load event
    page.wait_for_function("document.activeElement.id === 'name'")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    log_in(page, "wrong")
    assert page.get_by_role("alert").inner_text() == "Name or password is wrong."
    assert page.get_by_label("Name").input_value() == "anna"
    page.wait_for_function("document.activeElement.id === 'password'")

    page.keyboard.type("a-long-password")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/?alert=alert:t1")


def test_a_link_elsewhere_leads_a_person_who_is_logged_in_to_the_alert(
    page: "Page", address: str, elsewhere: str
) -> None:
    page.goto(f"{address}/login")
    log_in(page, "a-long-password")
    page.wait_for_url(f"{address}/")

    page.goto(elsewhere)
    page.get_by_text("the alert").click()
    page.wait_for_url(f"{address}/?alert=alert:t1")
    page.wait_for_function("document.querySelector('main') !== null")
    assert page.url == f"{address}/?alert=alert:t1"
    assert page.get_by_label("Password").count() == 0


def test_a_link_elsewhere_leads_a_stranger_to_the_form(page: "Page", address: str, elsewhere: str) -> None:
    page.goto(elsewhere)
    page.get_by_text("the alert").click()

    page.wait_for_url(f"{address}/login?next=%2F%3Falert%3Dalert%3At1")


def test_another_sites_form_changes_nothing(page: "Page", address: str, elsewhere: str) -> None:
    page.goto(f"{address}/login")
    log_in(page, "a-long-password")
    page.wait_for_url(f"{address}/")
    page.goto(elsewhere)

    with page.expect_response(lambda answer: answer.url.startswith(address)) as sent:
        page.get_by_text("win a prize").click()

    assert sent.value.status == 401
