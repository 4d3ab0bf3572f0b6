"""Answers from the page: shown at once, kept by the outbox, taken back when they were not."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from alert_webhook.core.outbox.alerts import find_alert
from alert_webhook.core.outbox.database import Database
from alert_webhook.settings import AlertWebhookSettings
from vigie_schemas import Alert

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route

pytestmark = pytest.mark.integration

Build = Callable[..., Alert]
Receive = Callable[..., None]
PASSWORD = "correct horse battery staple"


def open_alert(page: "Page", address: str) -> None:
    page.goto(f"{address}/?alert=alert%3At1")
    page.locator("#detail-body").wait_for()


def decision(database: Database) -> tuple[bool | None, str | None]:
    with database.reading() as connection:
        stored = find_alert(connection, "alert:t1")
    assert stored is not None
    return stored.is_fraud, stored.decided_by


def test_an_answer_is_kept_and_reaches_every_page(
    context_of: Callable[..., "BrowserContext"], address: str, an_alert: Build, receive: Receive, database: Database
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1"))
    mine, others = context_of().new_page(), context_of().new_page()
    open_alert(mine, address)
    others.goto(address)
    assert mine.locator("#decision").inner_text() == "No answer yet."

    mine.click("#answer-fraud")

    expect(mine.locator("#answer-note")).to_have_text("Saved.")
    expect(mine.locator("#decision")).to_contain_text("Confirmed as fraud by local")
    expect(mine.locator("#answer-fraud")).to_have_attribute("aria-pressed", "true")
    expect(others.locator(".row .chip")).to_have_text("Fraud")
    assert decision(database) == (True, "local")
    assert mine.evaluate("document.activeElement.id") == "answer-fraud", "the focus stays where it was"

    mine.click("#answer-false-alarm")

    expect(others.locator(".row .chip")).to_have_text("False alarm")
    assert decision(database)[0] is False


def test_an_answer_that_was_not_kept_is_taken_back(
    page: "Page", address: str, an_alert: Build, receive: Receive, database: Database
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1"))
    open_alert(page, address)
    held: list[Route] = []
    page.route("**/label", lambda route: held.append(route))
    page.click("#answer-fraud")
    expect(page.locator("#answer-note")).to_have_text("Saving …")
    expect(page.locator("#answer-fraud")).to_have_attribute("aria-pressed", "true")

    held[0].abort()

    expect(page.locator("#answer-note")).to_have_text("Not saved: The service does not answer.")
    expect(page.locator("#answer-fraud")).to_have_attribute("aria-pressed", "false")
    assert decision(database) == (None, None)


def test_a_snooze_begins_and_ends(
    page: "Page", address: str, an_alert: Build, receive: Receive, database: Database
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1"))
    open_alert(page, address)

    page.click("#answer-snooze")

    expect(page.locator("#snooze-words")).to_contain_text("Snoozed until")
    with database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT account_id, feature FROM snoozes").one()
    assert tuple(kept) == ("acct-1f3a", "amount_over_usual")
    page.reload()
    button = page.locator("#answer-snooze")
    expect(button).to_have_text("End snooze")
    button.click()
    expect(button).to_have_text("Snooze 24\u00a0h")
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM snoozes").scalar_one() == 0


def test_a_person_logs_in_answers_by_name_and_logs_out(
    page: "Page",
    serve: Callable[[AlertWebhookSettings], str],
    guarded_settings: AlertWebhookSettings,
    an_alert: Build,
    receive: Receive,
    database: Database,
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1"))
    page.goto(f"{serve(guarded_settings)}/?alert=alert%3At1")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.locator("#detail-body").wait_for()
    expect(page.locator("#person-name")).to_have_text("anna")

    page.click("#answer-fraud")

    expect(page.locator("#decision")).to_contain_text("Confirmed as fraud by anna")
    assert decision(database) == (True, "anna")
    page.click("#log-out")
    page.wait_for_url("**/login")


def test_a_session_that_ended_elsewhere_is_noticed(
    page: "Page",
    serve: Callable[[AlertWebhookSettings], str],
    guarded_settings: AlertWebhookSettings,
    an_alert: Build,
    receive: Receive,
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1"))
    address = serve(guarded_settings)
    page.goto(f"{address}/login?next=/?alert=alert%3At1")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.locator("#detail-body").wait_for()

    page.context.clear_cookies()
    page.click("#answer-fraud")

    expect(page.locator("#answer-note")).to_contain_text("Not saved: Log in at /login")
    expect(page.locator("#login-link")).to_be_visible()
