"""The live page in a real browser, fed through a real broker."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from confluent_kafka import Producer

from alert_webhook.screenshot import open_browser, take_screenshot
from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, METRICS, Alert, Latency, Metrics, Reason, ScorePoint, Transaction

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.integration

DEADLINE_SECONDS = 30
PATIENCE_MS = 15_000
HOSTILE_MERCHANT = "<img src=x onerror=\"document.title='owned'\">"
HOSTILE_REASON = "<script>document.title='owned'</script><b>612 EUR</b>, 11 times this account's usual"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page whose errors, among them what the Content-Security-Policy refused, fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    at_its_end = ("net::ERR", "status of 503")  # what a browser says of a service that stops
    assert [problem for problem in problems if not any(text in problem for text in at_its_end)] == []


@contextmanager
def running(kafka: KafkaSettings, data_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The service as a process, with its address; it ends with the block if it has not before."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": kafka.topic_prefix,
        "VIGIE_DATA_DIR": str(data_dir),
        "VIGIE_PORT": str(port),
    }
    with subprocess.Popen([sys.executable, "-m", "alert_webhook"], env=environment) as process:
        try:
            wait_ready(address)
            yield process, address
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(10)


def wait_ready(address: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/readyz", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        threading.Event().wait(0.05)
    raise AssertionError("the service does not get ready")


@contextmanager
def publishing(kafka: KafkaSettings, *, is_learning: bool = False) -> Iterator[None]:
    """Metrics twice a second, as long as the block lasts."""
    producer = Producer(kafka.producer_config())
    stop = threading.Event()

    def publish() -> None:
        while not stop.is_set():
            record = metrics(int(time.time() * 1000), is_learning=is_learning).model_dump_json()
            producer.produce(kafka.topic_name(METRICS), record.encode())
            producer.flush(5)
            stop.wait(0.5)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def metrics(at_ms: int, *, is_learning: bool = False) -> Metrics:
    points = [
        ScorePoint(timestamp_ms=at_ms, score=0.35 + number / 100, threshold=0.62, is_anomaly=False)
        for number in range(15)
    ]
    points.append(ScorePoint(timestamp_ms=at_ms, score=0.71, threshold=0.62, is_anomaly=True))
    return Metrics(
        schema_version=1,
        at_ms=at_ms,
        transactions=1234,
        scored=0 if is_learning else 1233,
        learning=1233 if is_learning else 0,
        alerts=0 if is_learning else 1,
        dead_letters={"invalid_amount": 1},
        alerts_total=7,
        transactions_total=56_789,
        latency=Latency(seconds=10, count=12_330, p50_ms=11.26, p95_ms=23.44, p99_ms=36.78, p999_ms=60.0, max_ms=90.0),
        lag={"0": 3, "1": 4},
        score_quantiles={} if is_learning else {"p50": 0.42, "p90": 0.47, "p99": 0.5},
        score_points=[] if is_learning else points,
        model_version=None if is_learning else 5,
        threshold_version=None if is_learning else 8,
    )


def raise_alerts(kafka: KafkaSettings, *alerts: Alert) -> None:
    producer = Producer(kafka.producer_config())
    for alert in alerts:
        producer.produce(kafka.topic_name(ALERTS), alert.model_dump_json().encode())
    assert producer.flush(10) == 0


def an_alert(name: str, *, merchant: str = "m-17", text: str = "First payment in this country") -> Alert:
    transaction = Transaction(
        schema_version=1,
        transaction_id=name,
        account_id=f"acc-of-{name}",
        timestamp_ms=int(time.time() * 1000),
        amount=1612.5,
        currency="EUR",
        merchant_id=merchant,
        country="FR",
    )
    return Alert(
        schema_version=1,
        alert_id=f"alert:{name}",
        transaction=transaction,
        amount_eur=1612.5,
        segment="established_account",
        severity="high",
        score=0.7125,
        threshold=0.62,
        quantile=0.995,
        model_version=5,
        threshold_version=8,
        reasons=[
            Reason(feature="amount_over_usual", value=2.4, usual=55.0, share=0.61, text=text),
            Reason(feature="new_country", value=1.0, usual=None, share=0.25, text="At 03:12, which is rare here"),
        ],
    )


def wait_text(page: "Page", selector: str, text: str) -> None:
    """Wait until an element's text is exactly this."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(text, timeout=PATIENCE_MS)


def test_shows_figures_alerts_and_reasons_and_says_when_it_is_cut_off(
    kafka: KafkaSettings, page: "Page", tmp_path: Path
) -> None:
    raise_alerts(kafka, an_alert("t1"))
    with running(kafka, tmp_path) as (process, address), publishing(kafka):
        page.goto(address)
        for selector, text in {
            "#state": "Live",
            "#throughput": "1,234",
            "#total": "56,789 seen, 7 alerts",
            "#p50": "11.3",
            "#p95": "23.4",
            "#p99": "36.8",
            "#lag": "7",
            "#model": "v5",
            "#threshold-version": "threshold v8",
            "#dead-letter-reason": "invalid amount",
            ".alert-amount": "1,612.50 EUR",
            ".severity": "High",
            ".alert-facts": "acc-of-t1 · France · m-17",
            ".alert-score": "Score 0.713 against threshold 0.620",
        }.items():
            wait_text(page, selector, text)
        assert page.locator(".reason-text").all_inner_texts() == [
            "First payment in this country",
            "At 03:12, which is rare here",
        ]
        assert page.locator(".reason-share").all_inner_texts() == ["61%", "25%"]
        assert int(page.locator("#dead-letters").inner_text()) >= 1

        raise_alerts(kafka, an_alert("t2"), an_alert("t1"))  # a new one is pushed, a repeat is not
        wait_text(page, ".alert >> nth=0 >> .alert-account", "acc-of-t2")
        wait_text(page, "#announcement", "New alert: high, 1,612.50 EUR, account acc-of-t2.")
        assert page.locator(".alert").count() == 2

        process.terminate()
        wait_text(page, "#state", "Disconnected")
        assert process.wait(10) == 0
        assert page.locator(".alert").count() == 2, "what was known stays to be read"


def test_draws_what_it_is_told(kafka: KafkaSettings, page: "Page", tmp_path: Path) -> None:
    with running(kafka, tmp_path) as (_, address), publishing(kafka):
        page.goto(address)
        wait_text(page, "#state", "Live")
        page.wait_for_timeout(1500)
        for chart, names in {"#score-chart": ("accent", "warm"), "#latency-chart": ("accent",)}.items():
            for name in names:
                assert pixels_of(page, chart, name) > 20, f"{chart} shows nothing in colour {name}"
        assert "highest 0.71" in (page.locator("#score-chart").get_attribute("aria-label") or "")
        assert "p99 36.8" in (page.locator("#latency-chart").get_attribute("aria-label") or "")


def pixels_of(page: "Page", selector: str, colour: str) -> int:
    """Pixels of a canvas drawn in exactly a colour of the style sheet."""
    return page.evaluate(
        """([selector, name]) => {
          const canvas = document.querySelector(selector);
          const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
          const [red, green, blue] = [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let at = 0; at < data.length; at += 4) {
            const distance = [red, green, blue].reduce((sum, part, i) => sum + Math.abs(data[at + i] - part), 0);
            if (distance < 9 && data[at + 3] > 60) count += 1;
          }
          return count;
        }""",
        [selector, colour],
    )


def test_hostile_fields_are_shown_as_text(kafka: KafkaSettings, page: "Page", tmp_path: Path) -> None:
    raise_alerts(kafka, an_alert("t1", merchant=HOSTILE_MERCHANT, text=HOSTILE_REASON))
    with running(kafka, tmp_path) as (_, address):
        page.goto(address)
        wait_text(page, ".alert-facts", f"acc-of-t1 · France · {HOSTILE_MERCHANT}")
        wait_text(page, ".reason-text >> nth=0", HOSTILE_REASON)
        assert page.title() == "Vigie"
        assert page.locator(".alert img, .alert script, .alert b:not(.alert-score b)").count() == 0


def test_is_honest_when_there_is_nothing_yet(kafka: KafkaSettings, page: "Page", tmp_path: Path) -> None:
    with running(kafka, tmp_path) as (_, address):
        page.goto(address)
        wait_text(page, "#state-detail", "No figures yet: the metrics sink has not spoken.")
        wait_text(page, "#state", "Waiting")
        wait_text(page, "#alerts-empty", "No alert yet")
        with publishing(kafka, is_learning=True):
            wait_text(page, "#state", "Learning")
            wait_text(page, "#state-detail", "No model yet, 56,789 transactions seen.")
            wait_text(page, "#model", "none")
            assert page.locator("#scores-empty").is_visible()
        wait_text(page, "#state-detail", "The metrics sink is silent.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_contrasts_with_what_is_behind_it(
    kafka: KafkaSettings, browser: "Browser", tmp_path: Path, scheme: str
) -> None:
    """WCAG AA, 4.5 to 1, for each pair of text and ground that the style sheet uses."""
    pairs = ("ink paper", "ink card", "ink-soft paper", "ink-soft card", "accent accent-soft", "warm warm-soft")
    with running(kafka, tmp_path) as (_, address):
        context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
        page = context.new_page()
        page.goto(address)
        for pair in (*pairs, "idle idle-soft", "warm card", "card warm", "card accent"):
            text, ground = (luminance(page, name) for name in pair.split())
            assert (max(text, ground) + 0.05) / (min(text, ground) + 0.05) >= 4.5, pair
        context.close()


def luminance(page: "Page", name: str) -> float:
    """Relative luminance of a colour of the style sheet, as WCAG defines it."""
    value = page.evaluate("(name) => getComputedStyle(document.documentElement).getPropertyValue(name)", f"--{name}")
    parts = [int(value.strip()[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_fits_a_phone_and_can_be_photographed(kafka: KafkaSettings, browser: "Browser", tmp_path: Path) -> None:
    raise_alerts(kafka, *(an_alert(f"t{number}", merchant="m" * 128) for number in range(6)))
    with running(kafka, tmp_path) as (_, address), publishing(kafka):
        for name, width, height, scheme in (
            ("light", 1280, 900, "light"),
            ("dark", 1280, 900, "dark"),
            ("phone", 390, 844, "light"),
        ):
            out = tmp_path / "pictures" / f"{name}.png"
            take_screenshot(browser, address, out, width=width, height=height, colour_scheme=scheme)
            assert out.read_bytes().startswith(b"\x89PNG")
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(address)
        wait_text(page, "#state", "Live")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        context.close()
