"""What the comparison of the two engines shows on a terminal."""

from io import StringIO
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from sogdia.analysis.feedback import HISTORY
from sogdia.analysis.transit_check import COLUMNS as TRANSIT
from sogdia.report.queue_sheets import queues, rounds, said, simulated_sheets, transit
from sogdia.report.sheets import NONE, Tone
from sogdia.report.tables import show_sheet


def row(element, **more):
    figures = {
        "kind": "terminal",
        "forward": None,
        "unit": "kteu",
        "has_formula": True,
        "utilisation": 0.7,
        "simulated_utilisation": 0.71,
        "kt": 1000.0,
        "simulated_kt": 990.0,
        "wait_h": 9.33,
        "simulated_wait_h": 4.67,
        "low_h": 4.4,
        "high_h": 4.9,
        "gap_h": -4.66,
        "inside": False,
    }
    return {"element": element} | figures | more


@pytest.fixture
def table():
    link = {"kind": "link", "unit": "kt", "has_formula": False, "wait_h": 0.0}
    nobody = {"simulated_wait_h": None, "low_h": None, "high_h": None, "gap_h": None}
    rows = [
        row("Aktau-berths"),
        row("boat + ferry", kind="service", forward=True, unit=None, inside=True),
        row("boat + ferry", kind="service", forward=False, unit=None, low_h=None, inside=None),
        row("line", **link, gap_h=4.67),
        row("yard", unit="t", has_formula=False, wait_h=0.0, kt=0.0, gap_h=2.0),
        row("unused", **nobody, inside=None),
    ]
    return pl.DataFrame(rows, schema_overrides={"forward": pl.Boolean, "unit": pl.String})


def test_waits_side_by_side(table):
    sheet = queues(table)
    cells = [list(line) for line in sheet.cells]
    assert [line[0] for line in cells] == [
        "Aktau-berths (TEU)",
        "boat + ferry →",
        "boat + ferry ←",
        "line",
        "yard (yard)",
    ]
    assert cells[0][1:] == ["70.0%", "71.0%", "9.33", "4.67", "4.40–4.90", "-4,660"]
    assert cells[2][5] == NONE  # no interval
    assert cells[3][3] == NONE  # no formula
    assert cells[4][6] == "1,980"  # tonnes of the simulation where the assignment has none
    assert list(sheet.tones) == [Tone.BAD, Tone.GOOD, Tone.PLAIN, Tone.PLAIN, Tone.PLAIN]
    assert sheet.note.startswith("1 of 2 formulas inside their interval.")


def test_a_long_table_is_cut_and_says_so(table):
    sheet = queues(table, 2)
    assert len(sheet.cells) == 2
    assert "3 more rows." in sheet.note


def test_nothing_simulated_is_said(table):
    assert queues(table.filter(element="unused")).note == "Nothing was simulated."


def timed(**more):
    figures = dict.fromkeys(TRANSIT) | {
        "observation": "o",
        "published": 17.5,
        "low": 12.0,
        "high": 23.0,
        "mean_days": 15.04,
        "p50": 14.0,
        "p90": 20.5,
        "ratio": 0.8594,
        "within": True,
        "how": "whole journeys",
    }
    return figures | more


def test_transit_times_side_by_side():
    why = {"mean_days": None, "p50": None, "p90": None, "ratio": None, "within": None}
    frame = pl.DataFrame(
        [timed(), timed(low=None, within=False), timed(**why, how="not joined")], schema=TRANSIT
    )
    sheet = transit(frame)
    assert list(sheet.cells[0])[1:] == [
        "12 to 23",
        "15.0",
        "14.0",
        "20.5",
        "0.86",
        "whole journeys",
    ]
    assert sheet.cells[1][1] == "17.5"
    assert list(sheet.cells[2])[2:] == [NONE] * 4 + ["not joined"]
    assert list(sheet.tones) == [Tone.GOOD, Tone.BAD, Tone.PLAIN]
    assert sheet.note == "1 of 2 means within what was published."
    assert transit(frame.clear()).note == "None."


def ended(*, converged, rounds_made=3, replications=10) -> Any:
    history = pl.DataFrame(
        [
            (number, 0.02 / number, "titr, westbound", 0.001, 9 - number, 14, 0.3 / number**2)
            for number in range(1, rounds_made + 1)
        ],
        schema=HISTORY,
        orient="row",
    )
    return SimpleNamespace(
        rounds=rounds_made,
        moved=history["moved"][-1],
        converged=converged,
        history=history,
        simulation=SimpleNamespace(replications=replications),
    )


def test_rounds_and_how_they_ended():
    sheet = rounds(ended(converged=True))
    assert list(sheet.cells[0]) == ["1", "2.0%", "titr, westbound", "0.1%", "8 of 14", "30.0%"]
    assert sheet.note == (
        "Consistent after 3 rounds of 10 replications: another would move 0.7% of titr, "
        "westbound, and waits differ by 3.3% beyond chance."
    )
    words = said(ended(converged=False, rounds_made=1, replications=1))
    assert words.startswith("Not consistent after 1 round of 1 replication: another would move")


def test_a_run_without_simulation_shows_nothing_of_it():
    run: Any = SimpleNamespace(feedback=None)
    assert simulated_sheets(run) == []


def test_tables_on_a_terminal(table):
    console = Console(file=StringIO(), width=100, no_color=True)
    show_sheet(queues(table, 1), console)
    show_sheet(transit(pl.DataFrame([timed()], schema=TRANSIT)), console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Waits by formula and as simulated" in printed
    assert "Aktau-berths (TEU)" in printed
    assert "Transit times, published and simulated, days" in printed
