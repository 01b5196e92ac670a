"""A person changes the scenario, runs it, watches it run and compares; and things go wrong."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ET
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from playwright.sync_api import expect
from tests.browser.actions import (
    ANSWERED_MS,
    drawn,
    figure,
    kt_by_corridor,
    open_tab,
    select_by_search,
    the_map,
    wait_for_redraw,
)
from tests.browser.conftest import STUDY
from tests.browser.server import Server
from tests.browser.visits import keep_picture

from sogdia import Scenario

HEARD = """() => {
  window.heard = new Set();
  new MutationObserver(() => {
    for (const one of document.querySelectorAll("[aria-live=polite]")) heard.add(one.innerText);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
CONNECTION = "ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET"


@pytest.fixture(autouse=True)
def no_run_is_left(server, baseline):
    """Other tests of the same server find no runs but those they know."""
    yield
    for info in server.get("runs"):
        if info["run_id"] != baseline:
            server.delete(f"runs/{info['run_id']}")


@pytest.fixture
def own_server(studies, tmp_path):
    """A server of one test alone, which may end it; called, it starts one in its place."""
    servers: list[Server] = []

    def start():
        port = servers[-1].port if servers else 0
        servers.append(Server(STUDY, studies, tmp_path / "runs", port))
        return servers[-1]

    yield start
    for server in servers[-1:]:
        server.stop()


def test_avoid_russia_run_watch_and_compare(page, server, baseline):
    panel = open_tab(page, "Scenario")
    panel.get_by_role("button", name="Russia", exact=True).click()
    expect(panel.get_by_role("button", name="Russia", exact=True, pressed=True)).to_be_visible()
    changes = panel.get_by_role("region", name="What this scenario changes")
    expect(changes).to_contain_text("No transit through Russia")
    panel.get_by_label("Simulate day by day").check()
    panel.get_by_label("Replications").fill("3")
    panel.get_by_label("Compare with").select_option(baseline)
    page.evaluate(HEARD)
    before = drawn(page)
    panel.get_by_role("button", name="Run the scenario").click()
    compared = page.get_by_role("heading", name="No transit through Russia, 2024 compared with")
    expect(compared).to_be_visible(timeout=ANSWERED_MS)
    # How many stages are heard of depends on how quick they are; the run has several.
    stages = ("Assigning", "Preparing the simulation", "Simulating", "Writing the results")
    assert any(stage in page.evaluate("() => [...heard].join()") for stage in stages)
    wait_for_redraw(page, before)
    expect(the_map(page)).to_have_accessible_name(re.compile("differences from the baseline"))
    expect(page.get_by_text("Difference from the baseline")).to_be_visible()

    run_id = parse_qs(urlsplit(page.url).fragment)["run"][0]
    now, then = kt_by_corridor(server, run_id), kt_by_corridor(server, baseline)
    table = open_tab(page, "Map").get_by_role("table", name="Both directions")
    assert set(now) | set(then) == {"Middle Corridor", "Northern route"}
    for name in set(now) | set(then):
        row = table.get_by_role("row", name=name)
        difference_kt = now.get(name, 0.0) - then.get(name, 0.0)
        sign = "+" if difference_kt > 0 else "−"
        for words in (
            figure(now.get(name, 0.0)),
            figure(then.get(name, 0.0)),
            f"{sign}{figure(abs(difference_kt))}",
        ):
            expect(row).to_contain_text(words)
    keep_picture(page, "difference")

    page.get_by_role("button", name="End comparison").click()
    expect(compared).to_have_count(0)
    expect(the_map(page)).to_have_accessible_name(re.compile("coloured by corridor"))


def test_sliders_and_toggles_become_sentences_and_a_file_that_loads(page, tmp_path):
    panel = open_tab(page, "Scenario")
    panel.get_by_label("Caspian Sea").fill("-30.5")
    panel.get_by_text(re.compile("Events of the study")).click()
    panel.get_by_label("Poland closes the crossing").check()
    panel.get_by_text(re.compile("Projects")).click()
    panel.get_by_label("A third berth at Aktau").check()
    capacity = select_by_search(page, "KZASA-RUMOW").get_by_role("slider", name="Capacity")
    capacity.press("ArrowLeft")
    capacity.press("ArrowLeft")
    expect(capacity).to_have_attribute("aria-valuetext", "× 0.79")
    changes = panel.get_by_role("region", name="What this scenario changes")
    for sentence in [
        "Caspian Sea: -30.5 m.",
        "It happens: Poland closes the crossing.",
        "It is built: A third berth at Aktau.",
        "Capacity × 0.79: Astana – Moscow",
    ]:
        expect(changes.get_by_role("listitem").filter(has_text=sentence)).to_have_count(1)

    with page.expect_download() as saving:
        panel.get_by_role("button", name="Save as TOML").click()
    file = tmp_path / "changed.toml"
    saving.value.save_as(file)
    scenario = Scenario.load(file)
    assert dict(scenario.water_level) == {"caspian": -30.5}
    assert [event.element_id for event in scenario.event] == ["KZASA-RUMOW"]
    content = tomllib.loads(file.read_text())
    assert content["include_events"] == ["poland-closed"]
    assert content["projects"] == ["aktau-berth"]

    changes.get_by_role("button", name="Reset").click()
    expect(changes.get_by_role("listitem")).to_have_count(0)
    panel.get_by_role("button", name="Load TOML").click()
    dialog = page.get_by_role("dialog", name="Load a scenario")
    dialog.get_by_label("From a file").set_input_files(file)
    expect(dialog).to_have_count(0)
    expect(changes.get_by_role("listitem")).to_have_count(4)


def test_a_scenario_file_that_is_wrong_says_where(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", expected=["status of 4"])
    open_tab(page, "Scenario").get_by_role("button", name="Load TOML").click()
    dialog = page.get_by_role("dialog", name="Load a scenario")
    dialog.get_by_label("Or paste it here").fill('name = "x"\nyaer = 2024\n')
    dialog.get_by_role("button", name="Load", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("yaer")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_run_that_fails_says_why_and_the_page_goes_on(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}")
    panel = open_tab(page, "Scenario")
    panel.get_by_label("File name").fill("too-long")
    panel.get_by_label("Simulate day by day").check()
    panel.get_by_label("Days").fill("1100")
    panel.get_by_role("button", name="Run the scenario").click()
    runs = open_tab(page, "Runs")
    failed = runs.get_by_role("listitem").filter(has_text="failed").first
    expect(failed).to_contain_text("the flows given are of 2024", timeout=ANSWERED_MS)
    expect(page.get_by_role("heading", name="As it is, 2024")).to_be_visible()
    failed.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete this run?").get_by_role("button", name="Delete").click()
    expect(runs.get_by_text("the flows given are of 2024")).to_have_count(0)
    open_tab(page, "Map")
    select_by_search(page, "Aktau")


def test_a_run_is_interrupted_by_a_server_that_is_killed_and_resumed(visits, own_server):
    server = own_server()
    page = visits.open(server.address, expected=[CONNECTION, "status of 404"])
    expect(page.get_by_text("No run yet")).to_be_visible()
    page.get_by_role("button", name="Go to the scenario").click()
    panel = page.get_by_role("tabpanel", name="Scenario")
    panel.get_by_role("button", name="Run the scenario").click()
    runs = open_tab(page, "Runs")
    expect(runs.get_by_role("region", name="Queue").get_by_role("progressbar")).to_be_visible()
    server.kill()
    own_server()
    entry = runs.get_by_role("region", name="History").get_by_role("listitem").first
    expect(entry).to_contain_text("interrupted")
    entry.get_by_role("button", name="Resume").click()
    expect(entry).to_contain_text("done", timeout=ANSWERED_MS)
    expect(entry).to_contain_text("on the map")
    expect(the_map(page)).to_have_accessible_name(re.compile("flows on 11 links"))


def test_a_run_can_be_cancelled(visits, own_server):
    page = visits.open(own_server().address)
    panel = open_tab(page, "Scenario")
    panel.get_by_role("button", name="Run the scenario").click()
    panel.get_by_role("button", name=re.compile("^Cancel")).click()
    entry = open_tab(page, "Runs").get_by_role("listitem").first
    expect(entry).to_contain_text("cancelled")


def test_the_picture_of_the_map_is_a_sound_svg(page):
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save picture (SVG)").click()
    assert saving.value.suggested_filename == "small-corridor-as-is-2024.svg"
    root = ET.parse(saving.value.path()).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    shapes = [one for one in root.iter() if one.tag.endswith(("path", "polyline", "line"))]
    assert len(shapes) > 20
    assert "Aktau" in "".join(root.itertext())


def test_a_table_as_csv_has_the_rows_of_the_api(page, server, baseline):
    runs = open_tab(page, "Runs")
    runs.get_by_text("Tables as CSV").click()
    with page.expect_download() as saving:
        runs.get_by_role("link", name="corridors.csv", exact=True).click()
    saved = pl.read_csv(saving.value.path())
    rows = server.get(f"runs/{baseline}/corridors")
    assert saved.height == len(rows)
    assert saved["kt"].to_list() == pytest.approx([row["kt"] for row in rows])


def test_the_link_to_a_run_shows_it_elsewhere(visits, server, baseline):
    here = visits.open(server.address, permissions=["clipboard-read", "clipboard-write"])
    here.get_by_role("button", name="Copy the link to this view").click()
    expect(here.get_by_text("The link is copied.")).to_be_visible()
    address = here.evaluate("() => navigator.clipboard.readText()")
    there = visits.open(server.address, address.partition("#")[2])
    expect(there.get_by_role("heading", level=2).first).to_have_text(
        here.get_by_role("heading", level=2).first.inner_text()
    )
