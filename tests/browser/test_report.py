"""The report of a run: one file, opened from a disk, that asks for nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.actions import (
    colours,
    drawn,
    open_tab,
    select_by_search,
    the_map,
    until,
    wait_for_redraw,
)
from tests.browser.test_access import AXE, SERIOUS
from tests.browser.visits import keep_picture


@pytest.fixture(scope="module")
def report(server, baseline, tmp_path_factory):
    """Address of the report of the run, as a file."""
    file = tmp_path_factory.mktemp("report") / f"{baseline}.html"
    file.write_bytes(server.read(f"runs/{baseline}/report.html"))
    return file.as_uri()


def test_the_page_hands_out_the_report(page, server, baseline):
    shown = open_tab(page, "Runs").get_by_role("listitem").filter(has_text="on the map")
    with page.expect_download() as saving:
        shown.get_by_role("link", name="Report (HTML)").click()
    assert saving.value.suggested_filename == f"{baseline}.html"
    assert saving.value.path().read_bytes() == server.read(f"runs/{baseline}/report.html")


def test_the_report_opens_from_a_file_and_shows_the_run(visits, report):
    page = visits.open(report)
    expect(page).to_have_title("As it is · A small corridor · Sogdia")
    expect(the_map(page)).to_have_accessible_name(re.compile("flows on 11 links"))
    assert colours(the_map(page)) > 20
    tabs = page.get_by_role("tab").all_inner_texts()
    assert tabs == ["Map", "Play", "Validation"]
    panel = select_by_search(page, "Aktau")
    expect(panel.get_by_role("heading", name="Aktau")).to_be_visible()
    expect(panel.get_by_text("Change it in the scenario")).to_have_count(0)
    keep_picture(page, "report")


def test_the_report_plays_the_simulated_year(visits, report):
    page = visits.open(report, reduced_motion="no-preference")
    panel = open_tab(page, "Play")
    before = drawn(page)
    panel.get_by_role("button", name="Play", exact=True).click()
    wait_for_redraw(page, before)
    until(page, "() => Number(document.querySelector('input[aria-label=Time]').value) > 24")


def test_the_report_keeps_its_picture_and_its_language(visits, report):
    page = visits.open(report, locale="fr-FR", color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Enregistrer l’image (SVG)").click()
    assert saving.value.path().stat().st_size > 10_000


def test_axe_finds_nothing_serious_in_the_report(visits, report):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm ci` in frontend")
    page = visits.open(report)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(SERIOUS) == []
