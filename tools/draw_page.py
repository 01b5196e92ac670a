"""Take the picture of the page that stands in README.md: a report, the Caspian in its middle.

Usage: python tools/draw_page.py runs/readme-2024/report.html docs/img/page.png
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZE = {"width": 1440, "height": 860}


def draw(report: Path, picture: Path) -> None:
    """Open a report in Chromium, and keep what it shows."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
        page.goto(report.resolve().as_uri())
        page.wait_for_selector("html[data-map=ready]")
        page.get_by_role("combobox", name="Search").fill("Aktau")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Zoom out").click()
        page.wait_for_timeout(1500)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    draw(arguments.report, arguments.picture)
