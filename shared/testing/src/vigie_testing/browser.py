"""Chromium under Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vigie_runtime import UnavailableError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DEFAULT_CHROMIUM: Final = "/usr/bin/chromium"
LAUNCH_ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def open_browser() -> Iterator["Browser"]:
    """Chromium, closed on leaving; raise UnavailableError that says what to install.

    Playwright allows one at a time in a process: tests use the session's fixture `browser`.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise UnavailableError("Playwright is not installed. It is in the repository's dev group: `uv sync`.") from None
    chromium = os.environ.get("VIGIE_CHROMIUM", DEFAULT_CHROMIUM)
    if not Path(chromium).exists():
        raise UnavailableError(f"There is no browser at {chromium}. Install Chromium or point VIGIE_CHROMIUM at it.")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(LAUNCH_ARGUMENTS))
        except Error as error:
            raise UnavailableError(f"The browser at {chromium} does not start: {error.message}") from None
        try:
            yield browser
        finally:
            browser.close()
