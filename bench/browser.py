"""Measure the page: its size, the time to the first map, and how smoothly the map moves.

    python -m bench.browser                        # about a minute
    python -m bench.browser --chromium PATH --repetitions 9

The first map is that of the built-in study with a run, by `sogdia serve` over the loopback and
with nothing in the browser's cache. The map that is dragged is the report of a network of
2,000 links, all with flow; a browser without a window draws it in software, without a GPU.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from bench.page import Target, sheet, targets
from bench.web import answer_of, server
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright
from rich.console import Console

from sogdia.report.page import NOT_BUILT, page_folder, report_data, report_html, run_page
from sogdia.report.tables import show_sheet
from sogdia.run.execute import run_study
from sogdia.study.load import load

KB = 1000
MOST_BYTES = 1_000_000
MOST_FIRST_MAP_S = 1.5
LEAST_FRAMES_PER_S = 20
LINKS = 2000
COLUMNS, ROWS = 40, 26
RUN_WITHIN_S = 300.0
DRAG_STEPS, DRAG_STEP_PX = 120, 3
SCREEN: ViewportSize = {"width": 1440, "height": 900}
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
READY = "html[data-map=ready]"
NOTE_FIRST_MAP = """new MutationObserver((_, observer) => {
  if (document.documentElement?.dataset.map !== "ready") return;
  window.firstMap = performance.now();
  observer.disconnect();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-map"] });"""
COUNT_FRAMES = """() => {
  window.frames_ms = [];
  const count = () => {
    frames_ms.push(performance.now());
    window.counting = requestAnimationFrame(count);
  };
  window.counting = requestAnimationFrame(count);
}"""
STOP_COUNTING = "() => { cancelAnimationFrame(counting); return frames_ms; }"


def payload() -> dict[str, int]:
    """Return the bytes of every file of the page, compressed as the server sends it."""
    folder = page_folder()
    if folder is None:
        raise SystemExit(NOT_BUILT)
    files = sorted(one for one in folder.iterdir() if one.is_file())
    return {one.name: len(gzip.compress(one.read_bytes(), mtime=0)) for one in files}


def first_maps_s(browser: Browser, repetitions: int) -> list[float]:
    """Return the times from the start of the navigation to the first map, cold each time."""
    with server() as address:
        _run_baseline(address)
        return [
            _in_new_context(browser, lambda c: _first_map_s(c, address)) for _ in range(repetitions)
        ]


def _run_baseline(address: str) -> None:
    """Have the built-in study run, and wait until that is done."""
    body = json.dumps({"study": "eurasia", "scenario": "baseline-2024"}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/api/runs", body, headers)
    run_id = answer_of(request)["run_id"]
    waited_until = time.monotonic() + RUN_WITHIN_S
    while time.monotonic() < waited_until:
        if answer_of(f"{address}/api/runs/{run_id}")["state"] == "done":
            return
        time.sleep(0.2)
    raise SystemExit(f"the run was not done within {RUN_WITHIN_S:.0f} s")


def _in_new_context(browser: Browser, measure: Callable[[BrowserContext], float]) -> float:
    context = browser.new_context(viewport=SCREEN)
    try:
        return measure(context)
    finally:
        context.close()


def _first_map_s(context: BrowserContext, address: str) -> float:
    context.add_init_script(NOTE_FIRST_MAP)
    page = context.new_page()
    page.goto(address)
    page.locator(READY).wait_for()
    return float(page.evaluate("() => firstMap")) / 1000.0


def grid_report(folder: Path) -> str:
    """Write the report of a network of `LINKS` links with flows; return its address."""
    study = load(_grid_study(folder / "grid"))
    report = folder / "report.html"
    page = run_page(run_study(study), "grid-2024")
    report.write_text(report_html(report_data(study, [page])), encoding="utf-8")
    return report.as_uri()


def _grid_study(folder: Path) -> Path:
    """Write a study whose places are a grid, a little disturbed, over Eurasia."""
    random = np.random.default_rng(2026)
    names = [[f"P{row:02}{column:02}" for column in range(COLUMNS)] for row in range(ROWS)]
    noise = random.uniform(-0.8, 0.8, (ROWS, COLUMNS, 2))
    nodes = [
        {
            "node_id": names[row][column],
            "name": names[row][column],
            "x_coord": 10.0 + column * 2.5 + noise[row, column, 0],
            "y_coord": 15.0 + row * 1.7 + noise[row, column, 1],
            "country": "KZ",
            "kind": "station",
        }
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    ends = [(names[r][c], names[r][c + 1]) for r in range(ROWS) for c in range(COLUMNS - 1)]
    ends += [(names[r][c], names[r + 1][c]) for r in range(ROWS - 1) for c in range(COLUMNS)]
    lengths_km = random.uniform(100.0, 300.0, len(ends)).round(1).tolist()
    links = [
        {
            "link_id": f"{start}-{end}",
            "from_node_id": start,
            "to_node_id": end,
            "directed": False,
            "mode": "rail",
            "gauge_mm": 1520,
            "length_km": length_km,
            "time_h": length_km / 40.0,
            "cost_usd_t": length_km * 0.03,
            "country": "KZ",
        }
        for (start, end), length_km in zip(ends, lengths_km, strict=True)
    ][:LINKS]
    # Every link carries what its own ends send each other, and what passes through.
    trips = [(link["from_node_id"], link["to_node_id"], 20.0) for link in links]
    trips += [(names[r][0], names[r][-1], 500.0) for r in range(ROWS)]
    demand = [
        {
            "demand_id": f"trip-{number}",
            "origin": origin,
            "destination": destination,
            "commodity_id": "goods",
            "year": 2024,
            "quantity_kt": quantity_kt,
            "projection": False,
        }
        for number, (origin, destination, quantity_kt) in enumerate(trips)
    ]
    goods = {
        "commodity_id": "goods",
        "name": "Goods",
        "unit": "t",
        "use": "wagon",
        "value_usd_t": 1000.0,
        "value_of_time_usd_t_day": 1.0,
        "value_of_time_sigma": 0.0,
    }
    corridors = [{"corridor_id": "all", "name": "All", "priority": 1}]
    folder.mkdir()
    tables = {
        "node": nodes,
        "link": links,
        "demand": demand,
        "commodity": [goods],
        "corridor": corridors,
    }
    for name, rows in tables.items():
        pl.DataFrame(rows).write_csv(folder / f"{name}.csv")
    (folder / "study.toml").write_text('name = "grid"\nbase_year = 2024\n', encoding="utf-8")
    return folder


def frames_per_s(context: BrowserContext, address: str) -> float:
    """Drag the map to and fro; return how many pictures a second it made meanwhile."""
    page = context.new_page()
    page.goto(address)
    page.locator(READY).wait_for()
    box = page.get_by_role("application").bounding_box()
    assert box is not None
    left, middle = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
    page.mouse.move(left, middle)
    page.mouse.down()
    page.evaluate(COUNT_FRAMES)
    for step in range(DRAG_STEPS):
        across = min(step, DRAG_STEPS - step) * DRAG_STEP_PX
        page.mouse.move(left + across, middle + across / 2)
    frames_ms: list[float] = page.evaluate(STOP_COUNTING)
    page.mouse.up()
    return 1000.0 * (len(frames_ms) - 1) / (frames_ms[-1] - frames_ms[0])


def measure(chromium: str, repetitions: int, console: Console) -> None:
    """Measure and print."""
    sizes = payload()
    total = sum(sizes.values())
    rows = [[name, f"{size / KB:,.1f}"] for name, size in [*sizes.items(), ("all", total)]]
    show_sheet(sheet("Payload", ["file", "kB, gzip"], rows), console)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        address = grid_report(Path(folder))
        frames = [
            _in_new_context(browser, lambda context: frames_per_s(context, address))
            for _ in range(repetitions)
        ]
        first_s = first_maps_s(browser, repetitions)
        browser.close()
    spread = [
        ["first map, s", *_spread(first_s, 2)],
        [f"frames per second, {LINKS:,} links", *_spread(frames, 0)],
    ]
    title = f"Of {repetitions} repetitions"
    show_sheet(sheet(title, ["", "least", "median", "most"], spread), console)
    wanted = [
        Target("payload", "< 1 MB", f"{total / KB:,.0f} kB", total < MOST_BYTES),
        Target(
            "first map",
            f"< {MOST_FIRST_MAP_S} s",
            f"{median(first_s):.2f} s",
            median(first_s) < MOST_FIRST_MAP_S,
        ),
        Target(
            "dragging in software",
            f"≥ {LEAST_FRAMES_PER_S} frames/s",
            f"{median(frames):.0f} frames/s",
            median(frames) >= LEAST_FRAMES_PER_S,
        ),
    ]
    show_sheet(targets(wanted), console)


def _spread(values: list[float], decimals: int) -> list[str]:
    return [f"{one:.{decimals}f}" for one in (min(values), median(values), max(values))]


def main() -> None:
    """Read the options, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    found = next(filter(None, map(shutil.which, NAMES)), None)
    parser.add_argument("--chromium", default=found, help="path of the browser")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    if options.chromium is None:
        raise SystemExit(f"there is none of {', '.join(NAMES)}; name one with --chromium")
    measure(options.chromium, options.repetitions, Console())


if __name__ == "__main__":
    main()
