"""A person looks: the map, figures under the pointer, the panel of an element, the search."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.actions import (
    colours,
    drawn,
    element_panel,
    figure,
    figures_at,
    kt_by_corridor,
    middle_of_the_map,
    open_tab,
    select_by_search,
    the_map,
    wait_for_redraw,
)
from tests.browser.conftest import BROKEN
from tests.browser.visits import WIDE, keep_picture

NO_CANVAS = "HTMLCanvasElement.prototype.getContext = () => null;"


def test_the_map_shows_the_flows_of_the_newest_run(page):
    expect(page).to_have_title("As it is · A small corridor · Sogdia")
    expect(the_map(page)).to_have_accessible_name(
        "Map of A small corridor, As it is: flows on 11 links, coloured by corridor."
    )
    assert colours(the_map(page)) > 20
    keep_picture(page, "map")


def test_a_link_under_the_pointer_shows_its_figures(page, server, baseline):
    select_by_search(page, "KZASA-RUMOW")
    flows = server.get(f"runs/{baseline}/flows?link_id=KZASA-RUMOW&limit=1000")
    westbound_kt = sum(row["kt"] for row in flows if row["to_node_id"] == "RUMOW")
    # The middle of a line is near the middle of the map, not on it: the earth is round.
    figures = figures_at(
        page, "Astana – Moscow", "Rail", [(0, down) for down in range(-150, 151, 3)]
    )
    expect(figures).to_contain_text(f"to Moscow{figure(westbound_kt)} kt")
    expect(figures).to_contain_text("Northern route")


def test_a_click_on_a_place_opens_its_panel_with_sources(page):
    select_by_search(page, "Aktau")
    expect(element_panel(page).get_by_role("heading", name="Aktau")).to_be_visible()
    page.keyboard.press("Escape")
    the_map(page).press("Escape")
    expect(element_panel(page)).to_have_count(0)
    page.mouse.click(*middle_of_the_map(page))
    panel = element_panel(page)
    expect(panel.get_by_role("heading", name="Aktau")).to_be_visible()
    panel.get_by_role("button", name="Caspian ferry").click()
    expect(panel.get_by_role("heading", name="Caspian ferry")).to_be_visible()
    expect(panel.get_by_role("region", name="Figures of the study")).to_contain_text("4,000 t")
    source = panel.get_by_role("link", name="Ports of the corridor").first
    expect(source).to_have_attribute("href", "https://example.org/ports")
    expect(source).to_have_attribute("rel", re.compile("noreferrer"))


def test_an_assumption_is_marked_and_gives_its_reason(page):
    panel = select_by_search(page, "KZDOS-gauge")
    figures = panel.get_by_role("region", name="Figures of the study")
    expect(figures).to_contain_text("assumption")
    expect(figures).to_contain_text("made up for the tests")


def test_the_search_finds_places_links_terminals_and_services(page):
    for words, found in [
        ("Malasz", "Malaszewicze"),
        ("KZAAU-AZBAK", "Aktau – Baku"),
        ("KZDOS-gauge", "Dostyk, change of gauge"),
        # Not after its own link, which is drawn alike.
        ("caspian-ferry", "Caspian ferry"),
    ]:
        before = drawn(page)
        panel = select_by_search(page, words)
        expect(panel.get_by_role("heading", level=2)).to_have_text(found)
        wait_for_redraw(page, before)
    search = page.get_by_role("combobox", name="Search a place")
    search.fill("Atlantis")
    expect(page.get_by_text("Nothing of that name or code.")).to_be_visible()


def test_a_flight_to_a_place_ends_there(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", reduced_motion="no-preference")
    select_by_search(page, "Poti")
    figures_at(page, "Poti", "Throughput", [(across % 2, 0) for across in range(400)])


def test_filters_change_the_map_and_the_table_agrees_with_the_tables(page, server, baseline):
    panel = open_tab(page, "Map")
    corridors = panel.get_by_role("table", name="Both directions")
    for name, kt in kt_by_corridor(server, baseline).items():
        expect(corridors.get_by_role("row", name=name)).to_contain_text(figure(kt))
    for label, value in [
        ("Commodity", "copper"),
        ("Corridor", "titr"),
        ("Colour", "utilisation"),
    ]:
        before = drawn(page)
        panel.get_by_label(label, exact=True).select_option(value)
        wait_for_redraw(page, before)
    expect(the_map(page)).to_have_accessible_name(re.compile("coloured by utilisation"))
    for fact in ["commodity=copper", "corridor=titr", "colour=utilisation"]:
        expect(page).to_have_url(re.compile(fact))


def test_the_address_brings_back_what_was_shown(visits, server, baseline):
    shared = f"run={baseline}&tab=validation&selected=node:KZAAU"
    page = visits.open(server.address, shared)
    expect(page.get_by_role("tab", name="Validation")).to_have_attribute("aria-selected", "true")
    expect(element_panel(page).get_by_role("heading", name="Aktau")).to_be_visible()


def test_published_figures_stand_against_modelled_ones(page, server, baseline):
    panel = open_tab(page, "Validation")
    judged = panel.get_by_role("region", name="Validate: judged on")
    (row,) = [one for one in server.get(f"runs/{baseline}/validation") if one["role"] == "validate"]
    expect(judged).to_contain_text("published 4,000 kt")
    expect(judged).to_contain_text(f"modelled {figure(row['modelled'])} kt")
    expect(judged).to_contain_text("met" if row["within"] else "MISSED")
    judged.get_by_text("Source", exact=True).click()
    expect(judged.get_by_role("link", name="A crossing closes")).to_be_visible()
    keep_picture(page, "validation")


def test_a_broken_study_is_listed_with_its_problems_and_the_others_work(page):
    broken = page.get_by_role("combobox", name="Study").locator("option", has_text=BROKEN)
    expect(broken).to_be_disabled()
    expect(broken).to_have_text(f"{BROKEN} (cannot be used)")
    page.get_by_role("button", name="Studies that cannot be used: 1").click()
    dialog = page.get_by_role("dialog", name="Studies that cannot be used: 1")
    expect(dialog).to_contain_text("'NOWHERE' is not in node.csv column node_id")
    expect(dialog).to_contain_text("link.csv")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("combobox", name="Study").select_option("eurasia")
    expect(the_map(page)).to_have_accessible_name(
        "Map of Eurasian freight corridors around the Middle Corridor: "
        "places and links, without flows."
    )
    expect(page.get_by_role("button", name="Go to the scenario")).to_be_visible()


def test_without_a_canvas_there_is_a_still_map(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", script=NO_CANVAS)
    picture = the_map(page).get_by_role("img")
    expect(picture).to_have_accessible_name(re.compile("flows on 11 links"))
    assert picture.evaluate("(one) => one.naturalWidth") > WIDE["width"] / 2
    assert colours(picture) > 20
    panel = select_by_search(page, "Aktau")
    expect(panel.get_by_role("heading", name="Aktau")).to_be_visible()
    keep_picture(page, "map-without-canvas")
