"""A person asks who can supply whom: the balance, what binds, what a stop costs, the frontier."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.actions import (
    ANSWERED_MS,
    choose,
    drawn,
    element_panel,
    open_tab,
    the_map,
    wait_for_redraw,
)
from tests.browser.test_access import AXE, NARROW, SERIOUS, english_texts
from tests.browser.visits import keep_picture

BALANCED = re.compile(r"Of 3,100 kt needed, 3,100 kt are delivered \(100%\); 0 kt are not\.")


def ask(panel):
    """Ask for the balance that the form describes, and wait for it."""
    panel.get_by_role("button", name="Balance supply and need").click()
    balance = panel.get_by_role("region", name="Need and delivery")
    expect(balance).to_be_visible(timeout=ANSWERED_MS)
    return panel


def test_need_and_delivery_suppliers_and_routes_are_shown(page):
    panel = ask(open_tab(page, "Supply"))
    expect(panel.get_by_text(BALANCED)).to_be_visible()
    needs = panel.get_by_role("region", name="Need and delivery").get_by_role("row")
    expect(needs.filter(has_text="Azerbaijan")).to_contain_text("300")
    ways = panel.get_by_role("region", name="Suppliers and routes")
    expect(ways).to_contain_text("Northern route, through Kazakhstan, Poland, and Russia")
    expect(panel).to_contain_text("supply is taken from demand")
    panel.get_by_label("Commodity shown").select_option("Copper")
    expect(panel.get_by_text(re.compile("Of 500 kt needed"))).to_be_visible()
    expect(ways.get_by_role("row")).to_have_count(2)
    ways.get_by_role("button", name="Astana").click()
    expect(element_panel(page).get_by_role("heading", name="Astana")).to_be_visible()
    keep_picture(page, "supply")


def test_a_limit_is_explained_and_selected(page):
    panel = ask(open_tab(page, "Supply"))
    limits = panel.get_by_role("region", name="What binds")
    limits.get_by_role("button", name="Duisburg").press("Enter")
    expect(limits).to_contain_text("Ships all its machinery in every month, 700 kt in the year")
    expect(element_panel(page).get_by_role("heading", name="Duisburg")).to_be_visible()


def test_concentration_stops_and_the_frontier_are_shown(page):
    panel = open_tab(page, "Supply")
    choose(page, panel.get_by_role("combobox", name="Commodities"), "Machinery")
    panel.get_by_text("Scenario, year, contracts").click()
    panel.get_by_label("Curve: what it costs to avoid").select_option("Russia")
    ask(panel)
    concentration = panel.get_by_role("region", name="Concentration")
    expect(concentration).to_contain_text("moderate from 1,500 and high from 2,500")
    expect(concentration.get_by_role("row", name="Russia")).to_contain_text("65.4%")
    stops = panel.get_by_role("region", name="If one thing stops")
    expect(stops).to_contain_text("N-1 index")
    expect(stops.get_by_role("row").nth(1)).to_be_visible()
    curve = panel.get_by_role("region", name="Cost against share")
    expect(curve.get_by_role("img", name="Share through the country, Cost")).to_be_visible()
    curve.get_by_text("The points as a table").click()
    expect(curve.get_by_role("row").nth(2)).to_be_visible()


def test_an_embargo_sends_goods_another_way(page):
    panel = open_tab(page, "Supply")
    choose(page, panel.get_by_role("combobox", name="Countries embargoed"), "Russia")
    ask(panel)
    ways = panel.get_by_role("region", name="Suppliers and routes")
    expect(ways).not_to_contain_text("Northern route")


def test_what_is_wrong_is_said(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", expected=["status of 4"])
    panel = open_tab(page, "Supply")
    panel.get_by_text("Scenario, year, contracts").click()
    year = panel.get_by_label("Year", exact=True)
    year.fill("1800")
    panel.get_by_role("button", name="Balance supply and need").click()
    expect(panel.get_by_role("alert")).to_have_text("A year from 1900 to 2200.")
    year.fill("1950")
    year.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("There is no answer")
    expect(panel.get_by_role("alert")).to_contain_text("1950")


def test_a_question_can_be_given_up(page):
    page.route("**/api/supply", lambda _: None)
    panel = open_tab(page, "Supply")
    panel.get_by_role("button", name="Balance supply and need").click()
    expect(panel.get_by_text("The server balances supply and need")).to_be_visible()
    panel.get_by_role("button", name="Cancel").click()
    expect(panel.get_by_text("The server balances supply and need")).to_have_count(0)
    expect(panel.get_by_role("button", name="Balance supply and need")).to_be_enabled()


def test_the_tab_is_in_french_too(page):
    page.get_by_role("button", name="FR, Français").click()
    panel = open_tab(page, "Approvisionnement")
    panel.get_by_role("button", name="Établir le bilan").click()
    balance = panel.get_by_role("region", name="Besoins et livraisons")
    expect(balance).to_be_visible(timeout=ANSWERED_MS)
    assert not english_texts(page)


def test_320_pixels_are_wide_enough(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", viewport=NARROW)
    ask(open_tab(page, "Supply"))
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    keep_picture(page, "narrow-supply")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visits, server, baseline, scheme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm ci` in frontend")
    page = visits.open(server.address, f"run={baseline}", color_scheme=scheme)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    ask(open_tab(page, "Supply"))
    assert page.evaluate(SERIOUS) == []


def test_the_map_shows_the_balance_while_its_tab_is_open(page):
    panel = open_tab(page, "Supply")
    before = drawn(page)
    ask(panel)
    wait_for_redraw(page, before)
    expect(the_map(page)).to_have_accessible_name(
        "Map of A small corridor: supply balance of 2024 on 11 links, coloured by utilisation; "
        "limits that bind: 1."
    )
    expect(page.get_by_text("Limit that costs something")).to_be_visible()
    before = drawn(page)
    panel.get_by_label("Commodity shown").select_option("Copper")
    wait_for_redraw(page, before)
    open_tab(page, "Map")
    expect(the_map(page)).to_have_accessible_name(re.compile("flows on 11 links"))
