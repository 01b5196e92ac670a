"""A person watches the simulated year, and plans a route."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.actions import (
    ANSWERED_MS,
    choose,
    drawn,
    open_tab,
    the_map,
    until,
    wait_for_redraw,
)
from tests.browser.visits import keep_picture

HOUR = "() => document.querySelector('input[type=range][aria-label=Time]').valueAsNumber"


def hour(page):
    return page.evaluate(HOUR)


def test_the_simulated_year_plays_and_pauses(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}&tab=play", reduced_motion="no-preference")
    panel = page.get_by_role("tabpanel", name="Play")
    expect(panel).to_contain_text(re.compile("A dot stands for .* shipment"))
    panel.get_by_label("1 wk/s").check()
    before = drawn(page)
    panel.get_by_role("button", name="Play", exact=True).click()
    wait_for_redraw(page, before)
    until(page, f"(hour) => ({HOUR})() > hour", 7 * 24)
    keep_picture(page, "play")
    panel.get_by_role("button", name="Pause").click()
    expect(panel.get_by_role("button", name="Play", exact=True)).to_be_visible()
    stopped = hour(page)
    expect(panel.get_by_role("region", name="Moving now, shipments")).to_contain_text(
        re.compile(r"Middle Corridor\s*[1-9]")
    )
    panel.get_by_role("button", name="A day on").click()
    until(page, f"(hour) => ({HOUR})() === hour", (stopped // 24 + 1) * 24)
    the_map(page).press("Space")
    expect(panel.get_by_role("button", name="Pause")).to_be_visible()


def test_with_less_motion_the_bar_still_moves_the_year(page):
    panel = open_tab(page, "Play")
    bar = panel.get_by_role("slider", name="Time")
    before = drawn(page)
    bar.fill("5000")
    expect(bar).to_have_attribute("aria-valuetext", "Jul 27, 2024, 08:00")
    wait_for_redraw(page, before)
    before = drawn(page)
    bar.press("PageUp")
    wait_for_redraw(page, before)


def test_the_reader_jumps_to_a_closure_and_to_a_queue(page):
    panel = open_tab(page, "Play")
    closures = panel.get_by_role("region", name="Go to a closure")
    closures.get_by_text(re.compile("Weather")).click()
    first = closures.get_by_role("listitem").first
    expect(first).to_contain_text("Caspian ferry")
    begins = first.get_by_role("button").inner_text()
    first.get_by_role("button").click()
    # It opens a day before, so that the closure is seen to begin.
    assert hour(page) >= 0
    assert re.match(r"\w{3} \d+, 2024, \d\d:00", begins)
    queues = panel.get_by_role("region", name="Go to the largest queues")
    before = hour(page)
    queues.get_by_role("button").first.click()
    until(page, f"(hour) => ({HOUR})() !== hour", before)


def test_the_routes_that_nothing_beats_are_shown_leg_by_leg(page):
    panel = open_tab(page, "Route")
    choose(page, panel.get_by_role("combobox", name="From", exact=True), "Xi'an")
    choose(page, panel.get_by_role("combobox", name="To", exact=True), "Duisburg")
    before = drawn(page)
    panel.get_by_role("button", name="Find routes").click()
    ways = panel.get_by_role("region", name="Routes that no other beats (2)")
    expect(ways.get_by_role("row")).to_have_count(3, timeout=ANSWERED_MS)
    wait_for_redraw(page, before)
    before = drawn(page)
    ways.get_by_role("row", name="2. Middle Corridor").get_by_role("button").click()
    wait_for_redraw(page, before)
    legs = panel.get_by_role("region", name="Legs of 2. Middle Corridor")
    for words in [
        "Xi'an → Dostyk",
        "change of gauge",
        "Aktau → Baku (Alat)",
        "Caspian ferry",
        "Constanta → Duisburg",
    ]:
        expect(legs).to_contain_text(words)
    legs.get_by_text(re.compile("Sources")).first.click()
    expect(legs.get_by_role("link", name="Railway tariffs").first).to_be_visible()
    keep_picture(page, "route")


def test_why_not_the_northern_route_and_what_blocks_everything(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", expected=["status of 4"])
    panel = open_tab(page, "Route")
    choose(page, panel.get_by_role("combobox", name="From", exact=True), "CNXIA")
    choose(page, panel.get_by_role("combobox", name="To", exact=True), "DEDUI")
    panel.get_by_text("Dates, criteria, what to avoid").click()
    choose(page, panel.get_by_role("combobox", name="Avoid"), "Russia")
    panel.get_by_role("button", name="Find routes").click()
    found = panel.get_by_role("region", name="Routes that no other beats (1)")
    expect(found).to_be_visible(timeout=ANSWERED_MS)
    choose(page, panel.get_by_role("combobox", name="Corridor, country or place"), "Northern")
    panel.get_by_role("button", name="Why not?").click()
    why = panel.get_by_role("region", name="Why not another way?")
    expect(why).to_contain_text("Northern route: blocked")
    expect(why).to_contain_text("the wish to avoid Russia")
    keep_picture(page, "why-not")

    choose(page, panel.get_by_role("combobox", name="Avoid"), "Kazakhstan")
    panel.get_by_role("button", name="Find routes").click()
    refusal = panel.get_by_role("alert")
    expect(refusal).to_contain_text("There is no answer")
    expect(refusal).to_contain_text("the wish to avoid Kazakhstan")
    expect(refusal).to_contain_text("There would be a way without")


def test_the_form_keeps_what_was_typed_and_swaps(page):
    panel = open_tab(page, "Route")
    choose(page, panel.get_by_role("combobox", name="From", exact=True), "Xi'an")
    panel.get_by_role("button", name="Find routes").click()
    expect(panel.get_by_role("alert")).to_have_text("Say where to.")
    open_tab(page, "Map")
    panel = open_tab(page, "Route")
    panel.get_by_role("button", name="Swap origin and destination").click()
    expect(panel.get_by_role("combobox", name="To", exact=True)).to_have_value("Xi'an")
