"""Follow the tutorial, and renew what it shows: outputs, pictures, and the study in examples/.

Usage: python tools/update_tutorial.py
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from tools.tutorial import DOTS, Printed, follow

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
PICTURES = ROOT / "docs" / "tutorial"
EXAMPLES = ROOT / "examples"
STUDY = "lobito"
SIZE = {"width": 1200, "height": 720}


def updated(markdown: str, printed: list[Printed]) -> str:
    """Return the page with what commands print now: as many lines of each as it showed."""
    for one in reversed(printed):
        lines = one.output.splitlines()
        if len(one.wanted) < len(one.block.text.splitlines()):
            lines = [*lines[: len(one.wanted)], DOTS]
        text = "".join(f"{line}\n" for line in lines)
        markdown = markdown[: one.block.start] + text + markdown[one.block.end :]
    return markdown


def draw_map(report: Path, picture: Path) -> None:
    """Open the report of the run in Chromium, Africa in its middle, and keep what it shows."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
        page.goto(report.resolve().as_uri())
        page.wait_for_selector("html[data-map=ready]")
        page.get_by_role("combobox", name="Search").fill("Kolwezi")
        page.keyboard.press("Enter")
        for _ in range(2):
            page.get_by_role("button", name="Zoom out").click()
        page.get_by_role("button", name="Close", exact=True).click()
        page.get_by_text("Legend", exact=True).click()
        page.wait_for_timeout(1500)
        page.screenshot(path=picture)
        browser.close()


def main() -> None:
    """Renew the page, its pictures and the example."""
    os.environ["COLUMNS"] = "100"
    markdown = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        PAGE.write_text(updated(markdown, list(follow(markdown, folder))), encoding="utf-8")
        shutil.rmtree(EXAMPLES / STUDY, ignore_errors=True)
        shutil.copytree(folder / STUDY, EXAMPLES / STUDY)
        for scenario in folder.glob("*.toml"):
            shutil.copy(scenario, EXAMPLES)
        PICTURES.mkdir(exist_ok=True)
        for drawing in ("way.svg", "queues.svg"):
            shutil.copy(folder / drawing, PICTURES)
        draw_map(folder / "runs" / "lobito-2024" / "report.html", PICTURES / "map.png")


if __name__ == "__main__":
    main()
