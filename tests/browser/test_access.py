"""Everyone: in French, in the dark, by keyboard alone, on a narrow screen, with a screen reader."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.actions import (
    SEARCH,
    choose,
    colours,
    drawn,
    element_panel,
    open_tab,
    select_by_search,
    the_map,
    wait_for_redraw,
)
from tests.browser.visits import keep_picture

FRONTEND = Path(__file__).parents[2] / "frontend"
TABS = (
    *("Map", "Scenario", "Runs", "Play", "Route", "Supply"),
    *("Stress", "Invest", "Validation"),
)
NARROW = {"width": 320, "height": 640}
AXE = FRONTEND / "node_modules/axe-core/axe.min.js"
SERIOUS = """async () => (await axe.run()).violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" | ")}`)"""
TEXTS = """() => {
  const texts = [];
  const isOurs = (element) => element.closest("[lang]") === document.documentElement;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (isOurs(element) && element.checkVisibility()) texts.push(walker.currentNode.data);
  }
  for (const name of ["aria-label", "title", "placeholder", "aria-valuetext"]) {
    for (const element of document.body.querySelectorAll(`[${name}]`)) {
      if (isOurs(element)) texts.push(element.getAttribute(name));
    }
  }
  return texts.map((text) => text.trim()).filter(Boolean);
}"""
FOCUSED = """() => {
  const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" || boxShadow !== "none";
}"""


def messages(language):
    """All messages of the page in a language."""
    files = sorted((FRONTEND / "src/i18n" / language).glob("*.json"))
    return {key: text for file in files for key, text in json.loads(file.read_text()).items()}


def english_messages():
    """Patterns of the messages that read otherwise in French."""
    english, french = messages("en"), messages("fr")
    same = {text.casefold() for text in french.values()}
    for key, text in english.items():
        words = re.sub(r"\{\w+\}", "", text)
        if text.casefold() not in same and len(re.findall("[A-Za-z]", words)) > 2:
            parts = re.split(r"\{\w+\}", text)
            yield key, re.compile(".+".join(map(re.escape, parts)))


def english_texts(page):
    """Messages of the page that are in English."""
    patterns = list(english_messages())
    texts = set(page.evaluate(TEXTS))
    return [(key, text) for key, one in patterns for text in texts if one.fullmatch(text)]


def test_in_french_no_text_stays_english(page):
    assert len(english_texts(page)) > 40
    page.get_by_role("button", name="FR, Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    choose(page, page.get_by_role("combobox", name=messages("fr")["shell.search"]), "Aktau")
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert not english_texts(page)


def test_in_french_numbers_are_written_the_french_way(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", locale="fr-FR")
    table = page.get_by_role("table").first
    expect(table.get_by_role("row", name="Northern route")).to_contain_text("1\u202f767")
    expect(table.get_by_role("row", name="Middle Corridor")).to_contain_text("17,9")


def test_french_and_dark_last_over_a_reload(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}")
    before = drawn(page)
    page.get_by_role("button", name="Dark colours").click()
    wait_for_redraw(page, before)
    page.get_by_role("button", name="FR, Français").click()
    page.reload()
    page.locator("html[data-map=ready][lang=fr][data-theme=dark]").wait_for()
    assert colours(the_map(page)) > 20
    keep_picture(page, "french-dark")


def test_a_reader_who_prefers_dark_gets_it(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_everything_is_reached_by_keyboard(page):
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.locator("*:focus")
        if not focused.count():
            break
        assert page.evaluate(FOCUSED), (
            f"no focus to be seen on {focused.evaluate('(e) => e.outerHTML')}"
        )
        reached.append(page.evaluate("() => document.activeElement.getAttribute('role')"))
        if reached[-1] == "application":
            break
    assert {"tab", "combobox", "application"} <= set(reached)

    for key in ["ArrowRight", "ArrowDown", "+", "-", "0"]:
        before = drawn(page)
        page.keyboard.press(key)
        wait_for_redraw(page, before)


def test_arrows_home_and_end_move_between_tabs(page):
    page.get_by_role("tab", name="Map").focus()
    for key, name in [
        ("ArrowRight", "Scenario"),
        ("End", "Validation"),
        ("ArrowRight", "Map"),
        ("ArrowLeft", "Validation"),
        ("Home", "Map"),
    ]:
        page.keyboard.press(key)
        expect(page.get_by_role("tab", name=name, exact=True)).to_be_focused()
        expect(page.get_by_role("tabpanel", name=name, exact=True)).to_be_visible()


def test_the_first_key_skips_to_the_content(page):
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="Skip to content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tabpanel", name="Map")).to_be_focused()


def test_a_place_is_found_changed_and_left_by_keyboard(page):
    search = page.get_by_role("combobox", name=SEARCH)
    search.focus()
    page.keyboard.type("Po")
    page.get_by_role("listbox").get_by_role("option").nth(1).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(element_panel(page)).to_be_visible()
    closed = element_panel(page).get_by_label("Closed")
    closed.focus()
    page.keyboard.press("Space")
    expect(closed).to_be_checked()
    element_panel(page).get_by_role("button", name="Close", exact=True).press("Enter")
    expect(element_panel(page)).to_have_count(0)


def test_320_pixels_are_wide_enough(visits, server, baseline):
    page = visits.open(server.address, f"run={baseline}", viewport=NARROW)
    for name in TABS:
        open_tab(page, name)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"], name
        keep_picture(page, f"narrow-{name.lower()}")
    select_by_search(page, "Aktau")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    keep_picture(page, "narrow-element")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visits, server, baseline, scheme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm ci` in frontend")
    page = visits.open(server.address, f"run={baseline}", color_scheme=scheme)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    select_by_search(page, "Aktau")
    found = {}
    for name in TABS:
        open_tab(page, name)
        found[name] = page.evaluate(SERIOUS)
    page.get_by_role("button", name="Studies that cannot be used: 1").click()
    found["dialog"] = page.evaluate(SERIOUS)
    assert not {name: faults for name, faults in found.items() if faults}
