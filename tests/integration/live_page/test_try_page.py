"""A payment tried in a browser: what is sent, how each kind of answer is shown, and that everyone can use it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from pydantic import SecretStr

from alert_webhook.settings import AlertWebhookSettings
from vigie_schemas import Alert, GatewayFigures, Latency
from vigie_testing.gateway_stand_in import GatewayStandIn, golden_verdict, problem

from .conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.integration

TOKEN = "a-token-of-the-gateway"
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
PHONE = {"width": 390, "height": 844}
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
Build = Callable[..., Alert]
Serve = Callable[[AlertWebhookSettings], str]


@pytest.fixture
def gateway() -> Iterator[GatewayStandIn]:
    with GatewayStandIn(TOKEN) as gateway:
        yield gateway


@pytest.fixture
def with_gateway(settings: AlertWebhookSettings, gateway: GatewayStandIn) -> AlertWebhookSettings:
    return settings.model_copy(update={"gateway_url": gateway.url, "gateway_token": SecretStr(TOKEN)})


def expect_text(page: "Page", selector: str, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(text, timeout=15_000)


def expect_hidden(page: "Page", selector: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_be_hidden(timeout=15_000)


def ask(page: "Page", **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"#{name}", value)
    page.click("#send")


def test_a_payment_is_tried_from_the_live_page_on(
    page: "Page",
    serve: Serve,
    with_gateway: AlertWebhookSettings,
    gateway: GatewayStandIn,
    an_alert: Build,
    receive: Callable[..., None],
) -> None:
    receive(an_alert("t1", account="acct-7"), an_alert("t2", account="acct-8"))
    page.goto(serve(with_gateway))
    page.click("#try-link")
    expect_text(page, "#account-note", "A pseudonym. Choose one of 2 accounts that alerted lately, or type any.")
    assert page.input_value("#account") == "acct-8"
    page.select_option("#channel", "online")

    ask(page, amount="1240", currency="chf", merchant="mer-9", country="fr")

    expect_text(page, "#verdict-word", "Decline")
    (sent,) = gateway.payments
    del sent["transaction_id"]
    assert sent == {
        "account_id": "acct-8", "amount": 1240, "currency": "CHF", "merchant_id": "mer-9", "country": "FR",
        "channel": "online",
    }  # fmt: skip
    expect_text(page, "#verdict-words", "Answered in 41.7 ms, by model 3 and thresholds 4.")
    expect_text(page, "#score-value", "0.710")
    expect_text(page, ".reason-text", "1,240 EUR, 22 times this account's usual")
    expect_text(page, ".rule b", "Review")
    expect_text(page, ".rule span", "limits.daily")
    expect_hidden(page, "#rules-empty")
    assert "acct-8" in page.locator("#facts").inner_text()
    link = page.locator("#facts a").get_attribute("href") or ""
    assert link.startswith("/?alert=alert%3Atry-")
    expect_text(page, "#send", "Ask the gateway")


@pytest.mark.parametrize(
    ("example", "word", "words", "reasons"),
    [
        (
            "fallback.json",
            "Allow",
            "Answered in 150 ms as the policy says, because no outcome came in time. "
            "The true verdict comes later, as verdict.late.",
            "Not known: there is no outcome yet.",
        ),
        ("rules.json", "Review", "Answered in 41.7 ms, by rules alone: no model judged.", "None: no model judged."),
    ],
)
def test_an_answer_without_a_model_says_so(
    page: "Page",
    serve: Serve,
    with_gateway: AlertWebhookSettings,
    gateway: GatewayStandIn,
    example: str,
    word: str,
    words: str,
    reasons: str,
) -> None:
    gateway.example = example
    page.goto(f"{serve(with_gateway)}/try")

    ask(page, account="acct-1")

    expect_text(page, "#verdict-word", word)
    expect_text(page, "#verdict-words", words)
    expect_text(page, "#reasons-empty", reasons)
    expect_hidden(page, "#score-section")


def test_after_a_fallback_the_true_verdict_is_shown_when_it_comes(
    page: "Page", serve: Serve, with_gateway: AlertWebhookSettings, gateway: GatewayStandIn
) -> None:
    gateway.example = "fallback.json"
    page.goto(f"{serve(with_gateway)}/try")
    ask(page, account="acct-1")
    expect_text(page, "#reasons-empty", "Not known: there is no outcome yet.")
    expect_hidden(page, "#later")

    gateway.later = golden_verdict("late.json")

    expect_text(page, "#later", "The true verdict came 413 ms after the call: Decline.")
    expect_text(page, "#verdict-word", "Allow")
    expect_text(page, "#score-value", "0.710")
    expect_text(page, ".reason-text", "1,240 EUR, 22 times this account's usual")
    gateway.example, gateway.later = "model.json", None
    ask(page, account="acct-2")
    expect_text(page, "#verdict-word", "Decline")
    expect_hidden(page, "#later")


def test_in_shadow_mode_the_verdict_it_would_be_is_shown(
    page: "Page", serve: Serve, with_gateway: AlertWebhookSettings, gateway: GatewayStandIn
) -> None:
    gateway.example = "shadow.json"
    page.goto(f"{serve(with_gateway)}/try")

    ask(page, account="acct-1")

    expect_text(page, "#verdict-word", "Allow")
    expect_text(page, "#shadow", "Shadow mode: without it the verdict would be decline.")


def test_the_gateways_problem_is_shown_in_its_words_and_can_be_mended(
    page: "Page", serve: Serve, with_gateway: AlertWebhookSettings, gateway: GatewayStandIn
) -> None:
    gateway.answers.append(problem(422, "The transaction cannot be judged", "account_id: send a pseudonym"))
    page.goto(f"{serve(with_gateway)}/try")

    ask(page, account="4111 1111 1111 1111")

    refused = "The gateway refuses this payment. The transaction cannot be judged. account_id: send a pseudonym."
    expect_text(page, "#problem", refused)
    expect_hidden(page, "#verdict")
    ask(page, account="acct-1")
    expect_text(page, "#verdict-word", "Decline")
    expect_hidden(page, "#problem")


def test_what_is_missing_is_asked_for_before_anything_is_sent(
    page: "Page", serve: Serve, with_gateway: AlertWebhookSettings, gateway: GatewayStandIn
) -> None:
    page.goto(f"{serve(with_gateway)}/try")
    ask(page, account="")
    assert page.evaluate("document.activeElement.id") == "account"
    ask(page, account="acct-1", amount="0")
    assert page.evaluate("document.activeElement.id") == "amount"
    page.click("[data-fill=conspicuous]")
    page.keyboard.press("Enter")
    expect_text(page, "#verdict-word", "Decline")

    (sent,) = gateway.payments
    assert (sent["amount"], sent["country"], sent["channel"]) == (4900, "JP", "online")


def test_without_a_gateway_the_page_says_what_to_set_and_the_link_is_hidden(page: "Page", address: str) -> None:
    page.goto(f"{address}/try")
    page.locator("#unset").wait_for()
    expect_hidden(page, "#try")
    assert "VIGIE_GATEWAY_TOKEN" in page.locator("#unset").inner_text()

    page.click("a.home")
    page.locator("#state-detail").filter(has_text="No figures yet").wait_for()
    expect_hidden(page, "#gateway")


def test_a_logged_in_person_tries_and_logs_out(
    page: "Page", serve: Serve, with_gateway: AlertWebhookSettings, gateway: GatewayStandIn
) -> None:
    users = (SecretStr(f"anna:{PASSWORD}"),)
    page.goto(f"{serve(with_gateway.model_copy(update={'users': users}))}/try")
    page.fill("#name", "anna")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.locator("#account").wait_for()
    expect_text(page, "#person-name", "anna")

    ask(page, account="acct-1")
    expect_text(page, "#verdict-word", "Decline")
    page.click("#log-out")
    page.wait_for_url("**/login")

    assert len(gateway.payments) == 1


def test_hostile_text_of_a_policy_is_shown_as_text(
    page: "Page", serve: Serve, with_gateway: AlertWebhookSettings, gateway: GatewayStandIn
) -> None:
    reason = {"feature": HOSTILE, "value": 1.0, "usual": None, "share": 1.0, "text": HOSTILE}
    rule = {"rule": HOSTILE, "verdict": "decline", "text": HOSTILE}
    gateway.changes = {"reasons": [reason], "rules": [rule], "policy": HOSTILE, "request_id": HOSTILE}
    page.goto(f"{serve(with_gateway)}/try")

    ask(page, account="acct-1")

    expect_text(page, ".reason-text", HOSTILE)
    expect_text(page, ".rule span", HOSTILE)
    assert page.title() == "Try a payment · Vigie"
    assert page.locator("main img, main script").count() == 0


@SCHEMES
def test_no_accessibility_rule_is_broken_where_a_payment_is_tried(
    context_of: Callable[..., "BrowserContext"],
    serve: Serve,
    with_gateway: AlertWebhookSettings,
    gateway: GatewayStandIn,
    scheme: str,
    pictures: Path,
) -> None:
    address = serve(with_gateway)
    for example, viewport in (
        ("model.json", {"width": 1280, "height": 900}),
        ("rules.json", PHONE),
        ("fallback.json", PHONE),
        ("problem", {"width": 1280, "height": 900}),
    ):
        page = context_of(color_scheme=scheme, viewport=viewport).new_page()
        page.goto(f"{address}/try")
        gateway.example = example
        if example == "problem":
            gateway.answers.append(problem(422, "The transaction cannot be judged", "amount: too large"))
        ask(page, account="acct-1f3a")
        page.locator("#problem" if example == "problem" else "#verdict").wait_for()

        found = Axe().run(page)

        page.screenshot(path=pictures / f"try-{scheme}-{example.split('.')[0]}.png", full_page=True)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


FIGURES = GatewayFigures(
    calls=1_240,
    verdicts={"allow": 1_230, "decline": 10},
    would_be={},
    bases={"model": 1_240},
    fallbacks={},
    late=0,
    latency=Latency(seconds=10, count=400, p50_ms=21.5, p95_ms=48.2, p99_ms=83.91, p999_ms=150.6, max_ms=151.2),
    recent_calls=12_000,
    fallback_share=0.0,
)


@pytest.mark.parametrize(
    ("changes", "kind", "note"),
    [
        ({}, "good", "No fallbacks in five minutes, p99 83.9 ms"),
        ({"fallback_share": 0.0005}, "plain", "0.05% fallbacks in five minutes, p99 83.9 ms"),
        ({"fallback_share": 0.0123}, "warning", "1.2% fallbacks in five minutes, p99 83.9 ms"),
        ({"fallback_share": 0.0123, "recent_calls": 99}, "plain", "1.2% fallbacks in five minutes, p99 83.9 ms"),
        ({"fallback_share": None, "recent_calls": 0, "latency": None}, "plain", "No calls in five minutes"),
    ],
)
def test_the_live_page_shows_the_gateways_figures(
    page: "Page",
    address: str,
    two_minutes: Callable[..., None],
    pictures: Path,
    changes: dict[str, object],
    kind: str,
    note: str,
) -> None:
    two_minutes(gateway=FIGURES.model_copy(update=changes))
    page.goto(address)

    expect_text(page, "#gateway-note", note)
    expect_text(page, "#gateway-calls", "1,240")
    assert page.locator("#gateway-note").get_attribute("data-kind") == kind
    expect_hidden(page, "#try-link")
    page.screenshot(path=pictures / "live-page-with-gateway.png")


@SCHEMES
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desktop"])
def test_the_gateways_part_of_the_live_page_is_for_everybody(
    context_of: Callable[..., "BrowserContext"],
    serve: Serve,
    with_gateway: AlertWebhookSettings,
    two_minutes: Callable[..., None],
    pictures: Path,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    two_minutes(gateway=FIGURES.model_copy(update={"fallback_share": 0.0123}))
    page = context_of(color_scheme=scheme, viewport=viewport).new_page()
    page.goto(serve(with_gateway))
    page.locator("#try-link").wait_for()

    found = Axe().run(page)

    page.screenshot(path=pictures / f"live-page-with-gateway-{scheme}-{viewport['width']}.png")
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_without_figures_of_a_gateway_the_live_page_has_no_part_for_it(
    page: "Page", address: str, two_minutes: Callable[..., None]
) -> None:
    two_minutes()
    page.goto(address)
    expect_text(page, "#throughput", "1,234")

    expect_hidden(page, "#gateway")
