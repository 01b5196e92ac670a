"""A person asks what would hurt most, what to build first, and in what two runs differ."""

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

AS_IS = {"name": "as-is", "title": "As it is", "year": 2024}
NO_RUSSIA = {
    "name": "no-russia",
    "title": "Russia is closed",
    "year": 2024,
    "rule": [{"name": "closed", "countries": ["RU"], "applies_to": ["transit"]}],
}


@pytest.fixture(scope="module")
def runs(server):
    """Ids of a run of the study as it is, and of one without Russia."""
    return [server.run(scenario=scenario) for scenario in (AS_IS, NO_RUSSIA)]


@pytest.fixture
def page(visits, server, runs):
    """The page with the first run on its map."""
    return visits.open(server.address, f"run={runs[0]}")


def test_the_worst_losses_are_ranked_shown_and_told(page):
    panel = open_tab(page, "Stress")
    before = drawn(page)
    panel.get_by_label("Countries in transit").check()
    panel.get_by_role("button", name="Test each loss").click()
    ranking = panel.get_by_role("region", name="Which loss hurts most")
    expect(ranking).to_be_visible(timeout=ANSWERED_MS)
    expect(
        panel.get_by_text(re.compile(r"Of \d+ losses Kazakhstan hurts most: 3,100 kt"))
    ).to_be_visible()
    wait_for_redraw(page, before)
    expect(the_map(page)).to_have_accessible_name(
        re.compile(r"what the loss of each element would cost, Goods not served, kt")
    )
    legend = page.locator(".map-legend")
    expect(legend).to_contain_text("2,000 kt or more")

    ranking.get_by_role("button", name=re.compile("Alashankou – Dostyk")).press("Enter")
    expect(element_panel(page).get_by_role("heading", name="Alashankou – Dostyk")).to_be_visible()
    unserved = ranking.get_by_role("table", name="Who can no longer be served, and why")
    expect(unserved.get_by_role("row")).to_have_count(4)
    expect(unserved).to_contain_text("no path in the study")
    keep_picture(page, "stress")

    before = drawn(page)
    panel.get_by_label("Rank and colour by").select_option("Extra days per tonne that used it")
    wait_for_redraw(page, before)
    days = ranking.get_by_role("table").first.get_by_role("columnheader", name="Extra days")
    expect(days).to_have_attribute("aria-sort", "descending")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280


def test_projects_are_chosen_and_shown_with_what_they_are_worth(page):
    panel = open_tab(page, "Invest")
    panel.get_by_label("Budget, million USD").fill("50")
    panel.get_by_label("What counts").select_option("Goods served")
    panel.get_by_text("Scenario, other futures").click()
    choose(page, panel.get_by_role("combobox", name="Other futures"), "avoid-russia")
    before = drawn(page)
    panel.get_by_role("button", name="Choose projects").click()
    projects = panel.get_by_role("region", name="Projects", exact=True)
    row = projects.get_by_role("row", name="A third berth at Aktau")
    expect(row).to_contain_text("chosen", timeout=ANSWERED_MS)
    wait_for_redraw(page, before)
    expect(the_map(page)).to_have_accessible_name(
        re.compile("projects within 50 million USD; chosen: 1 of 1")
    )
    row.get_by_role("button").click()
    expect(element_panel(page).get_by_role("heading", name="Aktau, port")).to_be_visible()
    frontier = panel.get_by_role("region", name="What more money would bring")
    expect(frontier.get_by_role("img")).to_have_accessible_name(re.compile("40 million USD"))
    regret = panel.get_by_role("region", name="If another future comes")
    expect(regret.get_by_role("img")).to_have_accessible_name(re.compile("avoid-russia"))
    expect(regret.get_by_role("row", name="robust")).to_be_visible()
    expect(panel.get_by_role("alert")).to_have_count(0)
    keep_picture(page, "invest")


def test_two_runs_are_compared(page):
    panel = open_tab(page, "Runs")
    differences = panel.get_by_role("region", name="Differences between runs")
    differences.get_by_role("button", name="Show differences").click()
    asked = differences.get_by_role("table", name="What was asked")
    expect(asked.get_by_role("row", name="scenario.name")).to_contain_text("no-russia")
    corridors = differences.get_by_role("group").filter(has_text="The largest").first
    north = corridors.get_by_role("row", name="Northern route").first
    expect(north).to_contain_text(re.compile("−[0-9,]+"))
    elements = differences.get_by_role("group").filter(has_text="Elements with a capacity")
    elements.get_by_role("rowheader").get_by_role("button").first.click()
    expect(element_panel(page)).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280
    keep_picture(page, "differences")


def test_in_french_and_narrow_for_every_reader(visits, server, runs):
    page = visits.open(server.address, f"run={runs[0]}", viewport=NARROW, locale="fr-FR")
    if AXE.is_file():
        page.evaluate(AXE.read_text(encoding="utf-8"))
    asked = [
        ("Stress", "Tester chaque perte", "Quelle perte fait le plus mal"),
        ("Investir", "Choisir des projets", "Projets"),
        ("Calculs", "Montrer les différences", "Différences entre calculs"),
    ]
    for tab, ask, shown in asked:
        panel = open_tab(page, tab)
        panel.get_by_role("button", name=ask).click()
        answer = panel.get_by_role("region", name=shown, exact=True)
        expect(answer).to_be_visible(timeout=ANSWERED_MS)
        expect(panel.get_by_role("table").first).to_be_visible()
        assert not english_texts(page)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
        keep_picture(page, f"narrow-{tab.lower()}")
    for scheme in ("clair", "sombre"):
        for tab, _, _ in asked:
            open_tab(page, tab)
            assert not AXE.is_file() or page.evaluate(SERIOUS) == [], f"{tab}, {scheme}"
        if scheme == "clair":
            page.get_by_role("button", name="Couleurs sombres").click()


def test_what_is_wrong_is_said_and_a_question_can_be_given_up(visits, server, runs):
    page = visits.open(server.address, f"run={runs[0]}", expected=["status of 4"])
    panel = open_tab(page, "Invest")
    budget = panel.get_by_label("Budget, million USD")
    budget.fill("0")
    panel.get_by_role("button", name="Choose projects").click()
    expect(panel.get_by_role("alert")).to_contain_text("More than 0")
    budget.fill("10")
    budget.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("below every project")

    standing = {"stage": "removing one", "done": 1, "total": 4, "waiting": 1}
    page.route("**/api/progress", lambda route: route.fulfill(json={"stress": standing}))
    page.route("**/api/stress", lambda _: None)
    panel = open_tab(page, "Stress")
    panel.get_by_role("button", name="Test each loss").click()
    expect(panel.get_by_role("progressbar", name="Losing one element")).to_be_visible()
    panel.get_by_role("button", name="Cancel").click()
    expect(panel.get_by_role("progressbar")).to_have_count(0)
    expect(panel.get_by_role("button", name="Test each loss")).to_be_enabled()
