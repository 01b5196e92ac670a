"""Pages opened in a test, each in a browser context of its own, and all that went wrong there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

PICTURES = Path(__file__).parents[2] / "screenshots"
WIDE = {"width": 1280, "height": 800}
PATIENCE_MS = 20_000
INSIDE = ("data:", "blob:")
"""Addresses of what a page holds itself."""


@dataclass  # without slots: Playwright notes on it what it calls
class Visit:
    """A context, the one page in it, and what it may ask for and complain of."""

    context: BrowserContext
    page: Page
    home: str
    expected: tuple[str, ...]
    faults: list[str]

    def hear(self, message: ConsoleMessage) -> None:
        """Take a word of the console for a fault, unless it was expected."""
        words = f"{message.type}: {message.text}"
        expected = any(re.search(one, words) for one in self.expected)
        if message.type in ("error", "warning") and not expected:
            self.faults.append(words)

    def fail(self, error: WebError) -> None:
        """Take an error that nothing has caught for a fault."""
        self.faults.append(f"uncaught: {error.error}")

    def ask(self, request: Request) -> None:
        """Take a request to anything but the server, or the file itself, for a fault."""
        if not request.url.startswith((self.home, *INSIDE)):
            self.faults.append(f"asks for {request.url}")


class Visits:
    """The pages of a test.

    Parameters
    ----------
    browser : Browser
        Where they are opened.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._visits: list[Visit] = []

    def open(
        self,
        address: str,
        fragment: str = "",
        *,
        script: str | None = None,
        expected: Sequence[str] = (),
        **options: Any,
    ) -> Page:
        """Open a page and wait for its map.

        Parameters
        ----------
        address : str
            Of the server, or of a file; the page may ask for nothing else.
        fragment : str
            Part of the address behind `#`.
        script : str or None
            Run before those of the page.
        expected : sequence of str
            Patterns of complaints of the console that the test provokes.
        **options
            Of the context, over those of a person with a wide screen who reads English.

        Returns
        -------
        Page
            With its map drawn.
        """
        person = {
            "viewport": WIDE,
            "locale": "en-GB",
            "timezone_id": "UTC",
            "reduced_motion": "reduce",
        }
        context = self._browser.new_context(**(person | options))
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        visit = Visit(context, page, address, tuple(expected), [])
        self._visits.append(visit)
        context.on("console", visit.hear)
        context.on("weberror", visit.fail)
        context.on("request", visit.ask)
        if script is not None:
            context.add_init_script(script)
        page.goto(f"{address}#{fragment}" if fragment else address)
        page.locator("html[data-map=ready]").wait_for()
        return page

    def photograph(self, name: str) -> None:
        """Keep pictures of all pages, of a test that has failed."""
        for number, visit in enumerate(self._visits, start=1):
            keep_picture(visit.page, f"failed-{name}-{number}")

    def close(self) -> list[str]:
        """Close all pages and return what went wrong in them."""
        for visit in self._visits:
            visit.context.close()
        return [fault for visit in self._visits for fault in visit.faults]


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of a page for people to look at."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
