"""What a person does on the page, and what they see of the map."""

from __future__ import annotations

import io
from collections.abc import Iterable

import matplotlib.image
import numpy as np
from playwright.sync_api import Locator, Page, expect
from tests.browser.server import RUNS_WITHIN_S, Server
from tests.browser.visits import PATIENCE_MS

SEARCH = "Search a place, link, terminal or service"
DRAWN = "() => [...document.querySelectorAll('canvas')].map((one) => one.toDataURL()).join()"
ANSWERED_MS = 1000 * RUNS_WITHIN_S
"""An answer or a run may take as long: the first of its kind compiles the kernels."""
STILL_MS = 300
"""So long nothing is drawn before a picture is whole; a moved map is drawn anew after 140 ms."""
EVERY_MS = 50
"""Between two looks: the picture of a canvas takes as long to make as to draw."""


def open_tab(page: Page, name: str) -> Locator:
    """Go to a tab and return its panel."""
    page.get_by_role("tab", name=name, exact=True).click()
    panel = page.get_by_role("tabpanel", name=name, exact=True)
    expect(panel).to_be_visible()
    return panel


def the_map(page: Page) -> Locator:
    """The map."""
    return page.get_by_role("application")


def middle_of_the_map(page: Page) -> tuple[float, float]:
    """Where the middle of the map is on the page."""
    box = the_map(page).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def element_panel(page: Page) -> Locator:
    """The panel of what is selected."""
    return page.get_by_role("complementary", name="Selected element")


def select_by_search(page: Page, words: str) -> Locator:
    """Search for something, choose the first that is found, and return its panel."""
    choose(page, page.get_by_role("combobox", name=SEARCH), words)
    panel = element_panel(page)
    expect(panel).to_be_visible()
    return panel


def choose(page: Page, field: Locator, words: str) -> None:
    """Type into a field that proposes, and take the first proposal."""
    field.fill(words)
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    field.press("Enter")


def figures_at(page: Page, name: str, word: str, places: Iterable[tuple[int, int]]) -> Locator:
    """Move the pointer over places until figures of that name and word show, and return these.

    Places are pixels to the right of the middle of the map, and down.
    """
    x, y = middle_of_the_map(page)
    figures = page.locator(".map-tooltip")
    for across, down in places:
        page.mouse.move(x + across, y + down)
        if figures.is_visible() and {name, word} <= set(figures.all_inner_texts()[0].split("\n")):
            break
    expect(figures).to_contain_text(name)
    expect(figures).to_contain_text(word)
    return figures


def drawn(page: Page) -> str:
    """What is on the canvases of the map, to be compared, once it has stood still for a while.

    What is still being drawn would differ from the next picture whatever a person does.
    """
    until(
        page,
        f"""(seen) => {{
          const now = ({DRAWN})();
          if (now !== seen.picture) Object.assign(seen, {{ picture: now, at: performance.now() }});
          return performance.now() - seen.at >= {STILL_MS};
        }}""",
        {"picture": "", "at": 0},
    )
    return str(page.evaluate(DRAWN))


def wait_for_redraw(page: Page, before: str) -> None:
    """Wait until the map shows something else than before."""
    until(page, f"(before) => ({DRAWN})() !== before", before)


def until(page: Page, condition: str, given: object = None) -> None:
    """Wait until a condition in JavaScript holds; it is asked now and then.

    Playwright's own waiting for a condition is an eval, which the page does not allow.
    """
    page.evaluate(
        f"""(given) => new Promise((done, fail) => {{
          const end = performance.now() + {PATIENCE_MS};
          const look = () => {{
            if (({condition})(given)) done();
            else if (performance.now() > end) fail(new Error("waited in vain"));
            else setTimeout(() => requestAnimationFrame(look), {EVERY_MS});
          }};
          look();
        }})""",
        given,
    )


def colours(locator: Locator) -> int:
    """How many colours a part of the page has."""
    picture = np.rint(255 * matplotlib.image.imread(io.BytesIO(locator.screenshot()))).astype(int)
    # One number a pixel: numbers are told apart many times quicker than rows.
    return len(np.unique(picture @ 256 ** np.arange(picture.shape[-1])))


def figure(value: float) -> str:
    """A figure as the page writes it in English."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def kt_by_corridor(server: Server, run_id: str) -> dict[str, float]:
    """What each corridor carries in a run, by its name, kt."""
    names = {
        row["corridor_id"]: row["name"] for row in server.get("studies/small-corridor/corridor")
    }
    sums: dict[str, float] = {}
    for row in server.get(f"runs/{run_id}/corridors"):
        name = names[row["corridor"]]
        sums[name] = sums.get(name, 0.0) + row["kt"]
    return sums
