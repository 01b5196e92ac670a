"""A picture of a simulation in SVG: queue and utilisation of its bottlenecks, week by week."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import matplotlib.style
import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from sogdia.report.diagram import DPI, STYLE, WIDTH_INCH
from sogdia.report.map import PALETTE
from sogdia.report.sheets import Row
from sogdia.report.simulation_tables import Names
from sogdia.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sogdia.simulation.result import SimulationResult

KEYS = ("element", "kind", "forward", "unit")
OWN = (*KEYS, "station")
"""Columns by which rows of two tables are the same element, as far as both have them."""
WORST = 10
ROW_INCH, HEAD_INCH, FOOT_INCH = 0.95, 0.85, 0.4
SMALL, GREY = 8.0, "#5f666d"
QUEUE, UTILISATION = PALETTE[0][0], PALETTE[1][0]
TICK_STEPS = [1, 2, 5, 10]
TIME_STYLE = {"date.converter": "concise", "axes.xmargin": 0.0}

Days = NDArray[np.datetime64]


def bottlenecks_svg(result: SimulationResult, study: Study, *, worst: int = WORST) -> str:
    """Draw queue and utilisation of the worst bottlenecks over time, a row of panels for each.

    Parameters
    ----------
    result : SimulationResult
        What was found; bottlenecks are ranked as in its tables.
    study : Study
        For the names of elements.
    worst : int
        Bottlenecks to draw, at most.

    Returns
    -------
    str
        An SVG picture; the same result gives the same bytes. Queues have a scale of their own
        in each row; what has no servers has no utilisation over time.
    """
    rows = result.bottlenecks.head(worst).to_dicts()
    overloaded = set(result.overloads.select(KEYS).iter_rows())
    names = Names.of(study)
    height = HEAD_INCH + FOOT_INCH + ROW_INCH * max(1, len(rows))
    with (
        matplotlib.style.context(["default", STYLE, TIME_STYLE]),
        warnings.catch_warnings(),
    ):
        # Text is written as text, so letters that the measuring face lacks do no harm.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH_INCH, height), dpi=DPI)
        _write_head(figure, _title(result, len(rows)), height)
        if rows:
            panels = figure.subplots(len(rows), 2, sharex=True, squeeze=False, width_ratios=[3, 2])
            figure.subplots_adjust(
                left=0.06,
                right=0.98,
                top=1 - HEAD_INCH / height,
                bottom=FOOT_INCH / height,
                wspace=0.12,
                hspace=0.7,
            )
            for row, (left, right) in zip(rows, panels, strict=True):
                own = _series_of(result, row)
                edges = _edges(own, result)
                _draw_queue(left, own, edges)
                _draw_utilisation(right, own, edges)
                _name(
                    left, _called(row, names), marked=tuple(row[key] for key in KEYS) in overloaded
                )
            _write_columns(figure, panels[0], height)
            for panel in panels[-1]:
                panel.xaxis.get_offset_text().set_visible(False)
        return _svg(figure)


def _title(result: SimulationResult, drawn: int) -> str:
    run = f"{result.study_name}, {result.scenario_name}"
    if not drawn:
        return f"{run}: nothing waits anywhere"
    made = "1 replication" if result.replications == 1 else f"{result.replications:,} replications"
    which = "the worst bottleneck" if drawn == 1 else f"the {drawn} worst bottlenecks"
    return f"{run}: {which} week by week, mean of {made}"


def _called(row: Row, names: Names) -> str:
    words = names.element(row)
    return words if words == row["element"] else f"{words} ({row['element']})"


def _series_of(result: SimulationResult, row: Row) -> pl.DataFrame:
    own = [key for key in OWN if key in row and key in result.series.columns]
    same = [pl.col(key).eq_missing(pl.lit(row[key])) for key in own]
    return result.series.filter(same).sort("from_date")


def _edges(series: pl.DataFrame, result: SimulationResult) -> Days:
    """Return the days at which weeks begin, and the end of the last."""
    days: list[date] = series["from_date"].to_list()
    end = result.start + timedelta(days=result.days)
    if days and end <= days[-1]:
        end = days[-1] + timedelta(weeks=1)
    return np.array([*days, end], dtype="datetime64[D]")


def _name(panel: Axes, called: str, *, marked: bool) -> None:
    panel.set_title(
        f"{called}, overloaded" if marked else called,
        loc="left",
        fontsize=SMALL,
        fontweight="bold" if marked else "normal",
        pad=3,
    )


def _draw_queue(panel: Axes, series: pl.DataFrame, edges: Days) -> None:
    queue = series["queue_mean"].cast(pl.Float64).to_numpy()
    panel.set_axisbelow(True)
    panel.stairs(queue, edges, fill=True, color=QUEUE, alpha=0.25, linewidth=0)
    panel.stairs(queue, edges, baseline=None, color=QUEUE, linewidth=1.3)
    panel.set_ylim(0.0, 1.08 * (float(np.nanmax(queue, initial=0.0)) or 1.0))
    panel.yaxis.set_major_locator(MaxNLocator(3, steps=TICK_STEPS))
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    panel.tick_params(labelsize=SMALL)


def _draw_utilisation(panel: Axes, series: pl.DataFrame, edges: Days) -> None:
    utilisation = series["utilisation"].cast(pl.Float64).to_numpy()
    panel.set_axisbelow(True)
    panel.tick_params(labelsize=SMALL)
    if np.isnan(utilisation).all():
        panel.set_yticks([])
        panel.grid(visible=False)
        panel.spines["left"].set_visible(False)
        panel.text(0.0, 0.45, "no servers", transform=panel.transAxes, fontsize=SMALL, color=GREY)
        return
    panel.stairs(utilisation, edges, baseline=None, color=UTILISATION, linewidth=1.3)
    panel.set_ylim(0.0, max(1.08, 1.05 * float(np.nanmax(utilisation))))
    panel.set_yticks([0.0, 0.5, 1.0])
    panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def _write_head(figure: Figure, title: str, height: float) -> None:
    figure.text(0.02, 1 - 0.28 / height, title, fontsize=10.5, fontweight="bold")


def _write_columns(figure: Figure, panels: Sequence[Axes], height: float) -> None:
    """Write above each column of panels what it shows, in the colour of its line."""
    shown = (("mean queue, shipments", QUEUE), ("utilisation", UTILISATION))
    for panel, (words, colour) in zip(panels, shown, strict=True):
        left = panel.get_position().x0
        figure.text(left, 1 - 0.52 / height, words, color=colour, fontsize=9)


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": "Sogdia"})
    return text.getvalue()
