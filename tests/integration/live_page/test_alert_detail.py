"""One alert in full: what it says, its address, and where the reader's focus is."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, mark_accepted, mark_dead, oldest_waiting
from vigie_schemas import Alert

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

pytestmark = pytest.mark.integration

Build = Callable[..., Alert]
Receive = Callable[..., None]


def open_alert(page: "Page", address: str, name: str) -> "Locator":
    """Follow the alert's own link."""
    page.goto(f"{address}/?alert=alert%3A{name}")
    page.locator("#detail-body").wait_for()
    return page.locator("#detail")


def test_it_says_in_words_and_bars_why(page: "Page", address: str, an_alert: Build, receive: Receive) -> None:
    receive(an_alert("t1", transaction={"amount": 612.0}, amount_eur=612.0))

    detail = open_alert(page, address, "t1")

    assert detail.locator("#detail-title").inner_text() == "612.00 EUR, 11.0 times this account's usual"
    facts = dict(zip(detail.locator("dt").all_inner_texts(), detail.locator("dd").all_inner_texts(), strict=True))
    assert facts["Account"] == "acct-1f3a"
    assert facts["Merchant"] == "m-88, groceries"
    assert facts["Place"] == "France"
    assert facts["Paid"].endswith("1 min ago")
    assert detail.locator("#score-title").inner_text() == "Score 0.710 against threshold 0.630"
    assert "99.3% of the scores" in detail.locator("#score-words").inner_text()
    assert width(detail, "#score-below") == pytest.approx(0.63, abs=0.01)
    assert width(detail, "#score-above") == pytest.approx(0.08, abs=0.01)
    assert detail.locator(".reason-share").all_inner_texts() == ["70%", "30%"]
    assert width(detail, ".reason-bar i >> nth=0") == pytest.approx(0.7, abs=0.02)
    assert detail.locator("#detail-grafana").get_attribute("href").startswith("http://127.0.0.1:3000/d/")


def test_a_payment_of_a_stream_ahead_of_us_was_not_just_now(
    page: "Page", address: str, an_alert: Build, receive: Receive
) -> None:
    in_a_year_ms = int(time.time() * 1000) + 365 * 86_400_000
    receive(an_alert("t1", transaction={"timestamp_ms": in_a_year_ms}))

    detail = open_alert(page, address, "t1")

    paid, arrived = (detail.locator(".fact").filter(has_text=name).inner_text() for name in ("Paid", "Arrived here"))
    assert "ago" not in paid
    assert "just now" not in paid
    assert "just now" in arrived


def width(detail: "Locator", selector: str) -> float:
    """Part of its bar that it fills."""
    return detail.locator(selector).evaluate(
        "(part) => part.getBoundingClientRect().width / part.parentElement.getBoundingClientRect().width"
    )


def test_the_payments_before_are_shown_with_this_one_among_them(
    page: "Page", address: str, an_alert: Build, receive: Receive
) -> None:
    receive(an_alert("t1"))

    detail = open_alert(page, address, "t1")

    rows = [row.split("\t") for row in detail.locator("#recent-rows tr").all_inner_texts()]
    assert [row[1:] for row in rows] == [
        ["12.50 EUR", "", ""],
        ["31.20 EUR", "other", "same"],
        ["18.00 EUR", "\u2013", "\u2013"],
    ]
    assert "this one" in rows[0][0]
    assert "1 h before" in rows[1][0]
    chart = detail.locator("#recent-chart")
    assert chart.locator("canvas").is_visible()
    assert chart.get_attribute("aria-label") == (
        "Amounts of the 2 payments before in EUR, the highest 31; this one 13."
    )


def test_an_alert_without_a_past_says_so(page: "Page", address: str, an_alert: Build, receive: Receive) -> None:
    receive(an_alert("t1").model_copy(update={"recent": []}))

    detail = open_alert(page, address, "t1")

    assert "the account is new" in detail.locator("#recent-empty").inner_text()
    assert not detail.locator("#recent-table").is_visible()
    assert not detail.locator("#recent-chart").is_visible()


def test_it_says_whom_it_was_sent_to_and_lets_one_try_again(
    page: "Page", address: str, an_alert: Build, receive: Receive, database: Database
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1"), handling="digest", cause="quiet_hours")
    with database.writing() as connection:
        for receiver in ("hook-1", "hook-2", "hook-3"):
            enqueue(connection, receiver, "alert:t1", "alert", now_ms=1, alert_id="alert:t1")
        mark_accepted(connection, oldest_waiting(connection, "hook-1"), now_ms=2)
        mark_dead(connection, oldest_waiting(connection, "hook-2"), "answered 410", now_ms=2)
    detail = open_alert(page, address, "t1")
    assert detail.locator("#handling").inner_text() == "Listed for people in a digest: quiet hours."
    assert detail.locator(".delivery-state").all_inner_texts() == ["Accepted", "Given up", "Waiting"]
    assert detail.locator(".delivery-problem").all_inner_texts() == ["answered 410"]

    detail.get_by_role("button", name="Try again: hook-2").click()

    expect(detail.locator(".delivery-state")).to_have_text(["Accepted", "Waiting", "Waiting"], timeout=15_000)
    page.wait_for_function("document.activeElement.id === 'delivery-title'")  # the button is gone, the focus stays near


def test_other_alerts_of_the_episode_are_a_link_away(
    page: "Page", address: str, an_alert: Build, receive: Receive, database: Database
) -> None:
    from playwright.sync_api import expect

    # before its alerts, as the page shows each alert as soon as it is written
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO episodes VALUES ('e1', 'acct-1f3a', 'alert:t1', 1, 1, 2)")
    receive(an_alert("t1"), an_alert("t2"), episode_id="e1")
    detail = open_alert(page, address, "t1")
    assert detail.locator("#episode-words").inner_text() == "1 other alert of this account"

    detail.locator("#episode a").click()

    page.wait_for_url("**/?alert=alert%3At2")
    expect(detail.locator("#episode a")).to_have_attribute("href", "/?alert=alert%3At1")


def test_it_has_an_address_and_the_browser_goes_back(
    page: "Page", address: str, an_alert: Build, receive: Receive
) -> None:
    from playwright.sync_api import expect

    receive(an_alert("t1"), an_alert("t2"))
    page.goto(address)
    page.locator("[data-alert='alert:t1']").click()
    page.locator("[data-alert='alert:t2']").click()
    facts = page.locator("#detail-facts")
    expect(facts).to_contain_text("alert:t2")

    page.go_back()
    expect(facts).to_contain_text("alert:t1")
    assert page.locator("[aria-current=true].row-link").get_attribute("data-alert") == "alert:t1"
    page.go_back()
    expect(page.locator("#detail")).to_be_hidden()
    page.go_forward()
    expect(facts).to_contain_text("alert:t1")


def test_an_unknown_alert_is_said_to_be_unknown(page: "Page", address: str) -> None:
    from playwright.sync_api import expect

    page.goto(f"{address}/?alert=alert%3Agone")

    expect(page.locator("#detail-problem")).to_have_text(
        "There is no alert alert:gone. It may be older than what is kept."
    )
    assert not page.locator("#detail-body").is_visible()


def test_on_a_phone_it_covers_the_page_and_keeps_the_focus(
    context_of: Callable[..., "BrowserContext"], address: str, an_alert: Build, receive: Receive
) -> None:
    receive(an_alert("t1"))
    page = context_of(viewport={"width": 390, "height": 844}).new_page()
    page.goto(address)
    page.locator(".row-link").click()
    page.locator("#detail-body").wait_for()

    box = page.locator("#detail").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"]) == (0, 0, 390)
    for _ in range(12):
        page.keyboard.press("Tab")
        # outside of both is the browser's own bar
        assert page.evaluate("document.activeElement === document.body || detail.contains(document.activeElement)")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{address}/")
    page.wait_for_function("document.activeElement.dataset.alert === 'alert:t1'")
