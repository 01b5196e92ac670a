"""A comparison on a terminal: as wide as it may be, and without noise."""

from io import StringIO

import polars as pl
import pytest
from rich.console import Console

from sogdia.analysis.comparison import compare
from sogdia.report.comparison_json import comparison_json
from sogdia.report.comparison_tables import (
    commodities,
    comparison_sheets,
    notices,
    show_comparison,
    title,
)
from sogdia.scenario import Rule, Scenario

CLOSED = Scenario(name="closed", rule=(Rule(places=("KZSCO",)),))


@pytest.fixture(scope="module")
def comparison(small_study):
    return compare(small_study, Scenario(), CLOSED)


def test_it_fits_a_hundred_columns(comparison):
    text = StringIO()
    show_comparison(comparison, Console(file=text, width=100, force_terminal=False))
    assert max(map(len, text.getvalue().splitlines())) <= 100
    assert "titr" in text.getvalue()
    assert "Aktau" in text.getvalue()


def test_long_lists_are_cut_and_say_so(comparison):
    for sheet in comparison_sheets(comparison, top=1)[1:]:
        assert len(sheet.cells) <= 1
    links = next(s for s in comparison_sheets(comparison, 1) if s.title.startswith("Links"))
    assert links.note.endswith("more; --top 0 shows all.")
    assert all("more;" not in sheet.note for sheet in comparison_sheets(comparison, None))


def test_years_that_differ_are_said(comparison, small_study):
    assert title(comparison).startswith("small · A as-is → B closed · 2024 · ")
    assert notices(comparison) == []
    later = compare(small_study, Scenario(), Scenario(name="later", year=2030))
    assert title(later).startswith("small · A as-is in 2024 → B later in 2030 · ")
    assert notices(later)[0].startswith("The years differ: demand and network of 2030")


def test_what_the_solver_only_rounds_is_no_change():
    figures = {"days_mean": 12.0, "cost_usd_t": 100.0, "co2_kg_t": 50.0}
    row = {"commodity": "goods", "kt_after": 10.0, "kt_change": 1e-9, "unserved_kt_change": 1e-9}
    row |= {f"{name}_after": value for name, value in figures.items()}
    row |= {f"{name}_change": 1e-5 for name in figures}
    (cells,) = commodities(pl.DataFrame([row]), None).cells
    assert cells == ["goods", "10.0", "0", "0", "12.0", "0", "100", "0", "50.0", "0"]


def test_json_has_no_figure_that_json_does_not_know(comparison):
    found = comparison_json(comparison)
    assert found["simulation"] is None
    row = next(row for row in found["corridors"] if row["corridor"] == "titr")
    assert row["days_mean_after"] is None
