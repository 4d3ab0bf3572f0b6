"""Nothing runs that an alert says, and it is usable for everyone: contrast, names, roles, phones, pictures."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, mark_dead, oldest_waiting
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import UnavailableError
from vigie_schemas import Alert
from vigie_testing.screenshot import take_screenshot

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.integration

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
LONG = "w" * 128
PHONE = {"width": 390, "height": 844}
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])

Build = Callable[..., Alert]
Receive = Callable[..., None]


def given_up_and_answered(database: Database, problem: str) -> None:
    """A receiver gave up alert t1, for this reason, and a person of that name answered it."""
    with database.writing() as connection:
        enqueue(connection, problem, "alert:t1", "alert", now_ms=1, alert_id="alert:t1")
        mark_dead(connection, oldest_waiting(connection, problem), problem, now_ms=2)
        decided = "UPDATE alerts SET is_fraud = 1, decided_at_ms = 1, decided_by = ? WHERE alert_id = 'alert:t1'"
        connection.exec_driver_sql(decided, (problem,))


def test_hostile_text_in_every_field_is_shown_as_text(
    page: "Page", address: str, an_alert: Build, receive: Receive, database: Database
) -> None:
    reasons = [{"feature": HOSTILE, "value": 1.0, "usual": None, "share": 0.5, "text": HOSTILE}]
    transaction = {"merchant_id": HOSTILE, "category": HOSTILE}
    receive(
        an_alert("t1", transaction=transaction, segment=HOSTILE, reasons=reasons),
        an_alert("t2", transaction=transaction, reasons=reasons),
        episode_id="e1",
    )
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO episodes VALUES ('e1', 'acct-1f3a', 'alert:t1', 1, 1, 2)")
    given_up_and_answered(database, HOSTILE)

    page.goto(f"{address}/?alert=alert%3At1")
    page.locator("#detail-body").wait_for()
    page.locator("#episode a").wait_for()

    for place in (
        "#detail-title",
        ".reason-text",
        "#decision",
        "#deliveries",
        "#episode",
        "#score-words",
        ".row-facts >> nth=0",
    ):
        assert HOSTILE.replace("_", " ") in page.locator(place).inner_text().replace("_", " "), place
    assert page.title() == "Vigie"
    assert page.locator("main img, main script").count() == 0


@SCHEMES
def test_no_accessibility_rule_is_broken(
    context_of: Callable[..., "BrowserContext"],
    address: str,
    an_alert: Build,
    receive: Receive,
    two_minutes: Callable[..., None],
    database: Database,
    scheme: str,
) -> None:
    """Each rule of axe for WCAG 2.2 A and AA and its best practices, on the page, an open alert and a phone."""
    two_minutes()
    receive(an_alert("t2", severity="low"), an_alert("t3", severity="medium"))
    receive(an_alert("t1"), handling="suppressed", cause="snoozed")
    given_up_and_answered(database, "answered 410")
    for viewport, path in (
        ({"width": 1280, "height": 900}, "/"),
        ({"width": 1280, "height": 900}, "/?alert=alert%3At1"),
        (PHONE, "/?alert=alert%3At1"),
    ):
        page = context_of(color_scheme=scheme, viewport=viewport).new_page()
        page.goto(f"{address}{path}")
        page.locator(".row").first.wait_for(state="attached")
        if "alert" in path:
            page.locator("#recent-rows tr").first.wait_for()

        found = Axe().run(page)

        assert found.violations_count == 0, found.generate_report()


@SCHEMES
def test_no_accessibility_rule_is_broken_at_the_log_in(
    context_of: Callable[..., "BrowserContext"],
    serve: Callable[[AlertWebhookSettings], str],
    guarded_settings: AlertWebhookSettings,
    scheme: str,
) -> None:
    page = context_of(color_scheme=scheme).new_page()
    page.goto(f"{serve(guarded_settings)}/login")
    page.fill("#name", "anna")
    page.fill("#password", "wrong")
    page.click("button[type=submit]")
    page.locator("#problem").wait_for()

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


@SCHEMES
def test_text_contrasts_with_what_is_behind_it(page: "Page", address: str, scheme: str) -> None:
    """WCAG AA, 4.5 to 1, for each pair of text and ground that the style sheets use, and 3 to 1 for edges."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address)
    texts = (
        "ink paper",
        "ink card",
        "ink-soft paper",
        "ink-soft card",
        "accent accent-soft",
        "ink accent-soft",
        "ink warm-soft",
    )
    more = (
        "warm warm-soft",
        "idle idle-soft",
        "idle card",
        "warm card",
        "accent card",
        "accent paper",
        "card warm",
        "card accent",
    )
    for least, pairs in ((4.5, (*texts, *more)), (3.0, ("edge card", "edge paper"))):
        for pair in pairs:
            text, ground = (luminance(page, name) for name in pair.split())
            assert (max(text, ground) + 0.05) / (min(text, ground) + 0.05) >= least, pair


def luminance(page: "Page", name: str) -> float:
    """Relative luminance of a colour of the style sheet, as WCAG defines it."""
    value = page.evaluate("(name) => getComputedStyle(document.documentElement).getPropertyValue(name)", f"--{name}")
    parts = [int(value.strip()[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_longest_texts_fit_a_phone(
    context_of: Callable[..., "BrowserContext"], address: str, an_alert: Build, receive: Receive, database: Database
) -> None:
    reasons = [{"feature": "speed", "value": 1.0, "usual": None, "share": 1.0, "text": LONG}]
    transaction = {"merchant_id": LONG, "category": LONG, "amount": 999_999_999.99, "country": None}
    receive(an_alert("t1", account="a" * 64, transaction=transaction, reasons=reasons, segment=LONG))
    given_up_and_answered(database, LONG)
    page = context_of(viewport=PHONE).new_page()
    page.goto(address)
    page.locator(".row").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.locator(".row-link").click()
    page.locator("#recent-rows tr").first.wait_for()

    assert page.locator("#detail").evaluate("(detail) => detail.scrollWidth - detail.clientWidth") == 0


def test_nothing_moves_for_those_who_ask_for_that(
    context_of: Callable[..., "BrowserContext"], address: str, an_alert: Build, receive: Receive
) -> None:
    page = context_of(reduced_motion="reduce").new_page()
    page.goto(address)
    page.locator("#state-detail").filter(has_text="No figures yet").wait_for()

    receive(an_alert("t1"))
    page.locator(".row.is-new").wait_for()

    assert page.evaluate("document.getAnimations().length") == 0


def test_it_can_be_photographed(
    browser: "Browser",
    address: str,
    an_alert: Build,
    receive: Receive,
    two_minutes: Callable[..., None],
    pictures: Path,
) -> None:
    two_minutes()
    receive(*(an_alert(f"t{number}") for number in range(8)))
    for name, path, options in (
        ("light", "/", {}),
        ("dark", "/", {"colour_scheme": "dark"}),
        ("alert", "/", {"with_alert": True}),
        ("phone", "/", {"width": 390, "height": 844}),
    ):
        out = pictures / f"{name}.png"
        take_screenshot(browser, f"{address}{path}", out, **options)
        assert out.read_bytes().startswith(b"\x89PNG")


def test_without_a_service_a_photograph_is_refused_in_one_line(browser: "Browser", tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(
            UnavailableError, match=r"^No picture of .*REFUSED.*Does the service run there\?$"
        ) as refused:
            take_screenshot(browser, url, tmp_path / "page.png")

    assert "\n" not in str(refused.value)
