"""The challenger beside the champion on the page, and a person's word on it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from alert_webhook.core.deliveries import LABELS
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries
from alert_webhook.web.live_page.hub import Hub
from vigie_schemas import Approval, Gate, OneSidedAlert, ShadowReport
from vigie_testing.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.integration


def report(state: str = "awaiting_approval", **changes: object) -> ShadowReport:
    now_ms = int(time.time() * 1_000)
    values = {
        "schema_version": 1,
        "challenger_version": 5,
        "champion_version": 4,
        "state": state,
        "asked_by": "trainer",
        "since_ms": now_ms - 900_000,
        "at_ms": now_ms,
        "rows": 21_480,
        "champion_alerts": 131,
        "challenger_alerts": 124,
        "common_alerts": 110,
        "frauds": 96,
        "gates": [
            Gate(name="watched", is_passed=True, sentence="21,480 of 20,000 transactions, 900 of 600 seconds"),
            Gate(name="alert rate", is_passed=True, sentence="0.58% (0.49% to 0.69%) of the transactions would alert"),
            Gate(name="average precision", is_passed=False, sentence="0.801 against the champion's 0.860"),
            Gate(name="approval", is_passed=None, sentence="waits for a person other than trainer"),
        ],
        "one_sided": [
            OneSidedAlert(
                transaction_id=f"tx-{number}",
                timestamp_ms=now_ms - number * 1_000,
                raised_by="challenger" if number % 2 else "champion",
                score=0.61,
                challenger_score=0.66,
                is_fraud=(True, False, None)[number % 3],
            )
            for number in range(12)
        ],
    }
    return ShadowReport.model_validate(values | changes)


def approvals(database: Database) -> list[Approval]:
    """What waits for Kafka."""
    with database.reading() as connection:
        return [Approval.model_validate(one.body) for one in list_deliveries(connection, receiver=LABELS)]


def expect_text(page: "Page", selector: str, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_contain_text(text, timeout=15_000)


def expect_shown(page: "Page", selector: str, *, is_shown: bool) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_be_visible(visible=is_shown, timeout=15_000)


def test_both_are_shown_side_by_side_and_a_person_lets_it_serve(
    page: "Page", address: str, two_minutes: Callable[..., None], hub: Hub, database: Database
) -> None:
    two_minutes()
    page.goto(address)
    expect_text(page, "#state", "Live")
    expect_shown(page, "#challenger", is_shown=False)

    hub.set_challenger(report())

    expect_text(page, "#challenger-state", "version 5 has passed its gates and waits for a person")
    expect_text(page, "#challenger-since", "21,480 transactions")
    for name, count in {"champion": "21", "both": "110", "challenger": "14"}.items():
        expect_text(page, f"#challenger-count-{name}", count)
    kinds = page.locator("#challenger-gates li").evaluate_all("items => items.map((item) => item.dataset.kind)")
    assert kinds == ["good", "good", "warning", "waiting"]
    assert page.locator("#challenger-one-sided tr").count() == 12

    page.click("#challenger-approve")
    expect_text(page, "#challenger-said", "Say why")
    assert not approvals(database)
    page.fill("#challenger-why", "same alerts, more fraud")
    page.click("#challenger-approve")
    expect_text(page, "#challenger-said", "Saved.")
    (sent,) = approvals(database)
    assert (sent.is_approved, sent.challenger_version, sent.why) == (True, 5, "same alerts, more fraud")

    hub.set_challenger(report("promoted", decided_by="berta", decided_why="same alerts, more fraud"))
    expect_text(page, "#challenger-state", "serves now. By berta: same alerts, more fraud.")
    expect_shown(page, "#challenger-answer", is_shown=False)


def test_one_that_is_being_watched_can_only_be_rejected(
    page: "Page", address: str, two_minutes: Callable[..., None], hub: Hub, database: Database
) -> None:
    two_minutes()
    hub.set_challenger(report("watching", one_sided=[]))
    page.goto(address)

    expect_shown(page, "#challenger-reject", is_shown=True)
    expect_shown(page, "#challenger-approve", is_shown=False)
    expect_shown(page, "#challenger-one-sided-table", is_shown=False)
    page.fill("#challenger-why", "trained on a week of tests")
    page.press("#challenger-why", "Tab")
    page.keyboard.press("Enter")

    wait_until(lambda: approvals(database), what="the word")
    assert not approvals(database)[0].is_approved


def test_what_was_decided_long_ago_is_not_shown(
    page: "Page", address: str, two_minutes: Callable[..., None], hub: Hub
) -> None:
    two_minutes()
    hub.set_challenger(report("rejected", at_ms=int(time.time() * 1_000) - 25 * 3_600_000))
    page.goto(address)

    expect_text(page, "#state", "Live")
    expect_shown(page, "#challenger", is_shown=False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_it_is_for_everybody(
    context_of: Callable[..., "BrowserContext"],
    address: str,
    two_minutes: Callable[..., None],
    hub: Hub,
    pictures: Path,
    scheme: str,
    width: int,
) -> None:
    two_minutes()
    hub.set_challenger(report())
    page = context_of(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page()
    page.goto(address)
    expect_shown(page, "#challenger", is_shown=True)

    found = Axe().run(page)

    page.screenshot(path=pictures / f"challenger-{scheme}-{width}.png", full_page=True)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
