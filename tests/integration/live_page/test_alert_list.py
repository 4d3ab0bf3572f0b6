"""The list: what a row says, the filter, older alerts, the keyboard."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue
from alert_webhook.core.outbox.tables import alerts as alerts_table
from vigie_schemas import Alert

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration

Build = Callable[..., Alert]
Receive = Callable[..., None]


def rows(page: "Page") -> list[str]:
    """Accounts of the rows as listed."""
    return page.locator(".row-account").all_inner_texts()


def wait_rows(page: "Page", *accounts: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(".row-account")).to_have_text(list(accounts), timeout=15_000)


def test_a_row_says_what_one_must_know_to_choose(page: "Page", address: str, an_alert: Build, receive: Receive) -> None:
    receive(an_alert("t1", transaction={"amount": 612.0, "merchant_id": "m-88"}))
    page.goto(address)
    wait_rows(page, "acct-1f3a")

    row = page.locator(".row")

    assert row.locator(".severity-word").inner_text() == "High"
    assert row.locator(".row-amount").inner_text() == "612.00 EUR"
    assert row.locator(".row-reason").inner_text() == "11.0 times this account's usual"
    assert row.locator(".row-who").inner_text() == "acct-1f3a · France · groceries · m-88"
    assert row.locator(".row-ago").inner_text() == "just now"
    assert row.locator("a").get_attribute("href") == "/?alert=alert%3At1"
    assert not row.locator(".chip").is_visible()


def test_a_new_alert_comes_by_itself_and_is_announced(
    page: "Page", address: str, an_alert: Build, receive: Receive
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1", account="first"))
    page.goto(address)
    wait_rows(page, "first")

    receive(an_alert("t2", account="second"), an_alert("t3", account="third", severity="low"))

    wait_rows(page, "third", "second", "first")
    expect(page.locator("#announcement")).to_have_text(
        "2 new alerts. Most severe: high, 12.50 EUR: 612.00 EUR, 11.0 times this account's usual, account second.",
        timeout=20_000,
    )


def test_the_filter_selects_by_severity_state_and_text(
    page: "Page", address: str, an_alert: Build, receive: Receive, database: Database
) -> None:
    receive(an_alert("t1", account="low-one", severity="low"), an_alert("t2", account="high-one"))
    receive(an_alert("t3", account="quiet-one"), handling="digest", cause="quiet_hours")
    receive(an_alert("t4", account="canary-1"), handling="suppressed", cause="canary")
    receive(an_alert("t5", account="answered-one"))
    with database.writing() as connection:
        answered = {"is_fraud": True, "decided_by": "ana", "decided_at_ms": 1, "revision": 100}
        connection.execute(update(alerts_table).where(alerts_table.c.alert_id == "alert:t5").values(answered))
    page.goto(address)
    wait_rows(page, "answered-one", "quiet-one", "high-one", "low-one")

    page.select_option("#filter-severity", "low")
    wait_rows(page, "low-one")
    page.select_option("#filter-severity", "")
    for state, accounts in {
        "open": ["quiet-one", "high-one", "low-one"],
        "answered": ["answered-one"],
        "suppressed": ["canary-1"],
        "digest": ["quiet-one"],
        "cause:quiet_hours": ["quiet-one"],
        "any": ["answered-one", "canary-1", "quiet-one", "high-one", "low-one"],
    }.items():
        page.select_option("#filter-state", state)
        wait_rows(page, *accounts)
    assert page.locator(".chip:visible").all_inner_texts() == ["Fraud", "Suppressed: canary", "Digest: quiet hours"]
    page.click("#filter-clear")
    page.fill("#filter-text", "canary-1")  # who is searched for is found, suppressed or not
    wait_rows(page, "canary-1")
    page.fill("#filter-text", "alert:t2")
    wait_rows(page, "high-one")
    page.fill("#filter-text", "no match <b>")
    wait_rows(page)
    assert page.locator("#alerts-empty").inner_text() == "No alert matches"


def test_what_was_held_back_today_opens_its_list(page: "Page", address: str, an_alert: Build, receive: Receive) -> None:
    receive(an_alert("t1", account="seen"))
    receive(an_alert("t2", account="silent"), handling="suppressed", cause="snoozed")
    page.goto(address)
    wait_rows(page, "seen")

    page.get_by_role("button", name="1 snoozed").click()

    wait_rows(page, "silent")
    assert page.locator("#filter-state").input_value() == "cause:snoozed"


def test_what_is_older_than_what_is_loaded_is_found(
    page: "Page", address: str, an_alert: Build, receive: Receive
) -> None:
    receive(an_alert("old", account="long-ago"), *(an_alert(f"t{number}", account="busy") for number in range(220)))
    page.goto(address)
    page.locator(".row").first.wait_for()

    page.fill("#filter-text", "long-ago")
    wait_rows(page, "long-ago")
    page.reload()
    page.locator(".row").first.wait_for()
    page.fill("#filter-text", "alert:old")
    wait_rows(page, "long-ago")


def test_five_hundred_alerts_are_all_within_reach(
    page: "Page", address: str, an_alert: Build, receive: Receive
) -> None:
    receive(*(an_alert(f"t{number}", account=f"acct-{number}") for number in range(500)))
    from playwright.sync_api import expect

    page.goto(address)
    for shown in range(50, 500, 50):
        expect(page.locator(".row")).to_have_count(shown)  # in pieces, a frame each
        page.locator("#alerts-more").click()

    expect(page.locator(".row")).to_have_count(500)
    expect(page.locator("#alerts-more")).to_be_hidden()
    assert rows(page) == [f"acct-{number}" for number in range(499, -1, -1)]
    page.wait_for_function("document.activeElement.closest('.row') !== null")  # the reader's place is kept


def test_the_list_works_by_keyboard_alone(page: "Page", address: str, an_alert: Build, receive: Receive) -> None:
    receive(*(an_alert(f"t{number}", account=f"acct-{number}") for number in range(3)))
    page.goto(address)
    wait_rows(page, "acct-2", "acct-1", "acct-0")

    def focused() -> str:
        return page.evaluate("document.activeElement.dataset.alert ?? document.activeElement.id")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    assert focused() == "alerts"
    for stop in ("filter-text", "filter-severity", "filter-state", "alert:t2"):
        page.keyboard.press("Tab")
        assert focused() == stop
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert focused() == "alert:t0"
    page.keyboard.press("Home")
    assert focused() == "alert:t2"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?alert=alert%3At1")
    assert focused() == "detail-title"
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{address}/")
    assert focused() == "alert:t1", "closing leads back to where one came from"


def test_a_receiver_with_a_problem_is_named(
    page: "Page", address: str, database: Database, an_alert: Build, receive: Receive
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1"))
    with database.writing() as connection:
        enqueue(connection, "slack", "alert:t1", "alert", now_ms=1, alert_id="alert:t1")
        connection.exec_driver_sql("UPDATE deliveries SET problem = 'answered 503', attempts = 3")
    page.goto(address)

    receiver = page.locator(".receiver").filter(has_text="slack")

    expect(receiver).to_contain_text("1 message waiting")
    expect(receiver.locator(".receiver-problem")).to_have_text("answered 503")
    expect(page.locator(".receiver").filter(has_text="labels")).to_contain_text("nothing waits")
