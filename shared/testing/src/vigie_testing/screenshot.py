"""Pictures of the live page: `python -m vigie_testing.screenshot --url http://127.0.0.1:8000 --out page.png`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from vigie_runtime import UnavailableError, run_entry_point
from vigie_testing.browser import open_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ColourScheme = Literal["light", "dark"]

SETTLED_MS: Final = 2500
"""Long enough for figures of at least one more second to arrive and be drawn."""
PAGE_TIMEOUT_MS: Final = 20_000


def take_screenshot(
    browser: "Browser",
    url: str,
    out: Path,
    *,
    width: int = 1280,
    height: int = 900,
    colour_scheme: ColourScheme = "light",
    full_page: bool = False,
    with_alert: bool = False,
) -> None:
    """Write a picture of the page once it is connected and has drawn, with its newest alert open if that is asked."""
    from playwright.sync_api import Error, expect

    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=2, color_scheme=colour_scheme
    )
    try:
        page = context.new_page()
        page.goto(url, timeout=PAGE_TIMEOUT_MS)
        # not by a script of ours: the page's own policy forbids to evaluate text
        expect(page.locator("#state-detail")).not_to_have_text("Connecting.", timeout=PAGE_TIMEOUT_MS)
        if with_alert:
            page.locator(".row-link").first.click(timeout=PAGE_TIMEOUT_MS)
        page.wait_for_timeout(SETTLED_MS)
        out.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=out, full_page=full_page)
    except Error as error:
        reason = error.message.splitlines()[0]  # the lines after it are the browser's log
        raise UnavailableError(f"No picture of {url}: {reason}. Does the service run there?") from None
    except AssertionError:
        raise UnavailableError(f"No picture of {url}: its page does not get connected.") from None
    finally:
        context.close()


def main() -> None:
    """Take one picture."""
    parser = argparse.ArgumentParser(prog="python -m vigie_testing.screenshot", description="A picture of the page.")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--full-page", action="store_true")
    parser.add_argument("--with-alert", action="store_true", help="open the newest alert")
    given = parser.parse_args()
    with open_browser() as browser:
        take_screenshot(
            browser,
            given.url,
            given.out,
            width=given.width,
            height=given.height,
            colour_scheme="dark" if given.dark else "light",
            full_page=given.full_page,
            with_alert=given.with_alert,
        )


if __name__ == "__main__":
    run_entry_point(main)
