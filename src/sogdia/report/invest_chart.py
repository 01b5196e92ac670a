"""Pictures of a choice among projects in SVG: value against budget, and regret by scenario."""

from __future__ import annotations

import io
import warnings
from textwrap import shorten
from typing import TYPE_CHECKING

import matplotlib.style
from matplotlib.figure import Figure

from sogdia.analysis.investment.options import UNITS
from sogdia.report.diagram import DPI, STYLE, WIDTH_INCH
from sogdia.report.map import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sogdia.analysis.investment.result import InvestmentResult

HEIGHT_INCH, HEAD_INCH, FOOT_INCH = 4.6, 0.8, 0.6
SMALL, GREY = 8.0, "#5f666d"
COLOURS = tuple(light for light, _ in PALETTE)
LONGEST_NAME = 46
MOST_BARS = 8


def invest_svg(result: InvestmentResult) -> str:
    """Draw the frontier and, beside it, the regret or the projects alone.

    Parameters
    ----------
    result : InvestmentResult
        What came of the choice.

    Returns
    -------
    str
        An SVG picture; the same result gives the same bytes.
    """
    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        # Text is written as text, so letters that the measuring face lacks do no harm.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH_INCH, HEIGHT_INCH), dpi=DPI)
        left, right = figure.subplots(1, 2)
        figure.subplots_adjust(
            left=0.08,
            right=0.98,
            top=1 - HEAD_INCH / HEIGHT_INCH,
            bottom=FOOT_INCH / HEIGHT_INCH,
            wspace=0.18,
        )
        for panel in (left, right):
            panel.set_axisbelow(True)
            panel.tick_params(labelsize=SMALL)
        _draw_frontier(result, left)
        if len(result.scenarios) > 1:
            _draw_regret(result, right)
        else:
            _draw_projects(result, right)
        names = ", ".join(one.name for one in result.scenarios)
        title = f"{result.study.name}, {names}, {result.year}"
        figure.text(0.02, 1 - 0.3 / HEIGHT_INCH, title, fontsize=10.5, fontweight="bold")
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": "Sogdia"})
        return text.getvalue()


def _draw_frontier(result: InvestmentResult, panel: Axes) -> None:
    """Draw the best value within each budget, and name what is new at each step."""
    points = result.frontier.to_dicts()
    budgets = [row["budget_musd"] for row in points]
    values = [row["value"] for row in points]
    end = max(result.budget_musd, *budgets)
    panel.step(
        [*budgets, end], [*values, values[-1]], where="post", color=COLOURS[0], linewidth=1.6
    )
    panel.plot(budgets, values, "o", color=COLOURS[0], markersize=4.0)
    before: set[str] = set()
    for row in points:
        new = [f"+ {name}" for name in row["chosen"] if name not in before]
        gone = [f"− {name}" for name in before if name not in row["chosen"]]
        before = set(row["chosen"])
        label = "\n".join(shorten(one, LONGEST_NAME) for one in [*new, *sorted(gone)])
        on_right = row["budget_musd"] > 0.6 * end
        panel.annotate(
            label,
            (row["budget_musd"], row["value"]),
            xytext=(-5 if on_right else 5, -5),
            textcoords="offset points",
            ha="right" if on_right else "left",
            va="top",
            fontsize=SMALL,
        )
    panel.set_xlim(0.0, 1.02 * end)
    panel.margins(y=0.18)
    unit = UNITS[result.options.objective]
    _finish(panel, f"Best portfolio by budget: {unit}", "budget, million USD")


def _draw_projects(result: InvestmentResult, panel: Axes) -> None:
    """Draw what each project is worth alone."""
    key = {
        "npv": "npv_musd",
        "throughput": "throughput_kt_y",
        "resilience": "resilience_kt",
        "co2": "co2_kt_y",
    }[result.options.objective]
    table = result.projects.filter("choosable").sort(
        [key, "project"], descending=[True, False], nulls_last=True
    )
    rows = table.head(MOST_BARS).to_dicts()
    values = [row[key] or 0.0 for row in rows]
    colours = [COLOURS[1 if row["project"] in result.chosen else 0] for row in rows]
    places = list(range(len(rows)))
    panel.barh(places, values, color=colours, height=0.7, alpha=0.5)
    panel.axvline(0.0, color=GREY, linewidth=0.8)
    panel.invert_yaxis()
    low, high = panel.get_xlim()
    for place, row in zip(places, rows, strict=True):
        text = shorten(row["name"], LONGEST_NAME, placeholder="…")
        panel.text(low + 0.01 * (high - low), place, text, va="center", fontsize=SMALL)
    panel.set_yticks([])
    _finish(panel, "Each project alone (the other colour: chosen)", UNITS[result.options.objective])


def _draw_regret(result: InvestmentResult, panel: Axes) -> None:
    """Draw what each portfolio misses in each scenario."""
    groups = [key[0] for key, _ in result.regret.group_by("chosen", maintain_order=True)]
    height = 0.8 / len(result.scenarios)
    for row, one in enumerate(result.scenarios):
        part = result.regret.filter(result.regret["scenario"] == one.name)
        missed = dict(zip((tuple(names) for names in part["chosen"]), part["regret"], strict=True))
        places = [rank - 0.4 + height * (row + 0.5) for rank in range(len(groups))]
        panel.barh(
            places,
            [missed[tuple(names)] for names in groups],
            height=0.92 * height,
            color=COLOURS[row % len(COLOURS)],
            alpha=0.6,
            label=one.name,
        )
    panel.invert_yaxis()
    low, high = panel.get_xlim()
    panel.set_xlim(0.0, max(high, 1.0))
    for rank, names in enumerate(groups):
        mark = "robust: " if list(names) == list(result.robust) else ""
        text = shorten(mark + (", ".join(names) or "nothing"), 2 * LONGEST_NAME, placeholder="…")
        panel.text(low + 0.01 * (high - low), rank - 0.42, text, va="bottom", fontsize=SMALL)
    panel.set_yticks([])
    panel.set_ylim(len(groups) - 0.5, -0.75)
    panel.legend(fontsize=SMALL, loc="lower right")
    _finish(panel, "Regret: what is missed in each scenario", UNITS[result.options.objective])


def _finish(panel: Axes, title: str, axis: str) -> None:
    panel.set_title(title, loc="left", fontsize=9.0)
    panel.set_xlabel(axis, fontsize=SMALL, color=GREY)
    for one in (panel.xaxis, panel.yaxis):
        one.set_major_formatter(lambda value, _: f"{value:,.10g}")
