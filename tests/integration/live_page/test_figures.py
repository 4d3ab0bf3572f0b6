"""The figures, the charts and the model in use, as the stream of events gives them."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.views import RegistryView
from vigie_schemas import Alert, Metrics

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.integration

MINUTES = 60


def wait_text(page: "Page", selector: str, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(text, timeout=15_000)


def test_figures_are_those_of_the_last_second(page: "Page", address: str, two_minutes: Callable[..., None]) -> None:
    two_minutes()
    page.goto(address)

    for selector, text in {
        "#state": "Live",
        "#throughput": "1,234",
        "#total": "56,789 seen, 7 alerts",
        "#p50": "11.3",
        "#p95": "23.4",
        "#p99": "36.8",
        "#lag": "7",
        "#missing": "",
        "#model": "v5",
        "#threshold-version": "thresholds v8",
        "#dead-letters": "120",
        "#dead-letter-reason": "invalid amount",
    }.items():
        wait_text(page, selector, text)


def test_transactions_that_kafka_deleted_unread_are_told(
    page: "Page", address: str, two_minutes: Callable[..., None]
) -> None:
    two_minutes(missing_total=1_200)
    page.goto(address)

    wait_text(page, "#missing", "1,200 deleted unscored")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_draw_what_they_are_given(
    page: "Page", address: str, two_minutes: Callable[..., None], scheme: str
) -> None:
    two_minutes()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address)
    page.locator("#latency-chart canvas").wait_for()
    page.wait_for_timeout(300)  # a frame, in which charts are drawn

    assert pixels_of(page, "#score-chart", "warm") > 500, "anomalies"
    assert pixels_of(page, "#score-chart", "ink-soft") > 100, "thresholds"
    assert pixels_of(page, "#latency-chart", "accent") > 200
    assert "highest 0.71" in (page.locator("#score-chart").get_attribute("aria-label") or "")
    assert "p50 11.3, p99 36.8" in (page.locator("#latency-chart").get_attribute("aria-label") or "")


def test_pointing_at_a_chart_reads_it(page: "Page", address: str, two_minutes: Callable[..., None]) -> None:
    two_minutes()
    page.goto(address)
    page.locator("#latency-chart canvas").wait_for()

    page.hover("#latency-chart .u-over")

    assert page.locator("#latency-readout").inner_text().endswith("s ago: p50 11.3 ms, p99 36.8 ms")


def test_without_the_library_the_page_works_and_says_so(
    page: "Page",
    address: str,
    two_minutes: Callable[..., None],
    an_alert: Callable[..., Alert],
    receive: Callable[..., None],
) -> None:
    page.route("**/static/uplot/*.js", lambda route: route.abort())
    two_minutes()
    receive(an_alert("t1"))
    page.goto(f"{address}/?alert=alert%3At1")

    wait_text(page, "#throughput", "1,234")
    assert page.locator("#recent-rows tr").count() == 3
    page.click("#detail-close")
    assert page.locator("#charts-missing").inner_text() == "The charts could not be loaded. Reload the page."
    assert page.locator("canvas").count() == 0


def test_the_model_in_use_is_compared_with_the_registry(
    page: "Page", address: str, two_minutes: Callable[..., None], hub: Hub, metrics_at: Callable[..., Metrics]
) -> None:
    hub.set_registry(RegistryView(reachable=True, champion_version=5, threshold_version=8))
    two_minutes()
    page.clock.install()
    page.goto(address)
    wait_text(page, "#model-note", "The registry's champion")

    hub.set_registry(RegistryView(reachable=True, champion_version=6, threshold_version=1))
    wait_text(page, "#model-note", "Version 6 is being loaded")
    page.clock.fast_forward(7 * MINUTES * 1000)
    wait_text(page, "#model-note", "Version 6 should have been loaded 7 min ago: see the detector's log")

    now_ms = int(time.time() * 1000)
    hub.add_metrics(metrics_at(now_ms, model_version=6, threshold_version=1))
    wait_text(page, "#model-note", "The registry's champion")
    hub.set_registry(RegistryView(reachable=True, champion_version=6, threshold_version=2))
    wait_text(page, "#model-note", "Thresholds 2 is being loaded")
    hub.set_registry(RegistryView(reachable=False))
    wait_text(page, "#model-note", "The registry does not answer.")


def pixels_of(page: "Page", selector: str, colour: str) -> int:
    """Pixels of a chart drawn in exactly a colour of the style sheet."""
    return page.locator(f"{selector} canvas").evaluate(
        """(canvas, name) => {
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
        colour,
    )
