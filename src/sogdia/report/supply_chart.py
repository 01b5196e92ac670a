"""A picture of a supply balance's curves in SVG: sweep, frontier and disruptions."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import matplotlib.style
import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sogdia.errors import DataError
from sogdia.report.diagram import DPI, STYLE, WIDTH_INCH
from sogdia.report.map import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sogdia.balance.disruptions import DisruptionResult
    from sogdia.report.supply_report import Frontier, SupplyReport, Sweep

ROW_INCH, HEAD_INCH, FOOT_INCH = 3.3, 0.8, 0.55
SMALL, GREY = 8.0, "#5f666d"
COLOURS = tuple(light for light, _ in PALETTE)
DASHES = ("solid", (0, (5, 2)), (0, (1, 1.5)))
MOST_LINES = len(COLOURS) * len(DASHES)
MOST_BARS = 8
LONGEST_NAME = 34
QUANTILES = 401
"""Points of a curve of years, a quarter of a per cent apart."""


def curves_svg(report: SupplyReport) -> str:
    """Draw the curves that were asked for, a row of two panels for each.

    Parameters
    ----------
    report : SupplyReport
        What was found; sweep, frontier and disruptions are drawn where there are any.

    Returns
    -------
    str
        An SVG picture; the same report gives the same bytes.

    Raises
    ------
    DataError
        If nothing was asked for that is a curve.
    """
    rows = list(_rows(report))
    if not rows:
        raise DataError("there is no curve to draw; ask for a sweep, a frontier or disruptions")
    height = HEAD_INCH + FOOT_INCH + ROW_INCH * len(rows)
    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        # Text is written as text, so letters that the measuring face lacks do no harm.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH_INCH, height), dpi=DPI)
        panels = figure.subplots(len(rows), 2, squeeze=False)
        figure.subplots_adjust(
            left=0.08,
            right=0.98,
            top=1 - HEAD_INCH / height,
            bottom=FOOT_INCH / height,
            wspace=0.22,
            hspace=0.42,
        )
        for draw, (left, right) in zip(rows, panels, strict=True):
            for panel in (left, right):
                panel.set_axisbelow(True)
                panel.tick_params(labelsize=SMALL)
            draw(left, right)
        result = report.balance.result
        title = f"{result.study.name}, {result.scenario.name}, {result.year}"
        figure.text(0.02, 1 - 0.3 / height, title, fontsize=10.5, fontweight="bold")
        return _svg(figure)


def _rows(report: SupplyReport) -> Iterable[Callable[[Axes, Axes], None]]:
    if (sweep := report.sweep) is not None:
        yield lambda left, right: _draw_sweep(sweep, left, right)
    if (frontier := report.frontier) is not None:
        yield lambda left, right: _draw_frontier(frontier, left, right)
    if (found := report.disruptions) is not None:
        yield lambda left, right: _draw_disruptions(found, left, right)


def _draw_sweep(sweep: Sweep, left: Axes, right: Axes) -> None:
    """Draw what comes and what is missing on the left, and the worth of a tonne on the right."""
    for style, (commodity, points) in _styled(sweep.points):
        values = points["value"].to_list()
        left.plot(values, points["delivered_kt"].to_list(), label=commodity, **style)
        missing = style | {"linewidth": 0.8, "marker": "x", "markersize": 3.5}
        left.plot(values, points["unserved_kt"].to_list(), **missing)
        right.plot(values, _gaps(points["price_usd_t"]), label=commodity, **style)
    _finish(left, f"Sweep of {sweep.parameter}: delivered, kt (×: unserved)", sweep.axis)
    _finish(right, "Worth of one tonne more, USD", sweep.axis)
    for panel in (left, right):
        panel.set_ylim(bottom=0.0)
    _name_lines(left)


def _draw_frontier(frontier: Frontier, left: Axes, right: Axes) -> None:
    """Draw cost on the left and what is missing on the right, over the share allowed."""
    style: dict[str, Any] = {
        "color": COLOURS[0],
        "linewidth": 1.4,
        "marker": "o",
        "markersize": 3.0,
    }
    shares = frontier.points["share"].to_list()
    left.plot(shares, _gaps(frontier.points["cost_musd"]), **style)
    right.plot(shares, _gaps(frontier.points["unserved_kt"]), **style)
    axis = f"share of deliveries {frontier.through}"
    _finish(left, "Frontier: cost, million USD a year", axis)
    _finish(right, "Unserved, kt", axis)
    right.set_ylim(bottom=0.0)
    for panel in (left, right):
        # As many decimals as the curve needs: a share may fall from 3% to nothing.
        panel.xaxis.set_major_formatter(PercentFormatter(1.0))


def _draw_disruptions(found: DisruptionResult, left: Axes, right: Axes) -> None:
    """Draw how often how much is missing on the left, and what each disruption does right."""
    years = np.linspace(1.0, 0.0, QUANTILES)
    for (style, (commodity, _)), missing in zip(
        _styled(found.by_commodity), found.unserved_kt.T, strict=False
    ):
        at_least = np.quantile(missing, 1.0 - years, method="inverted_cdf")
        left.step(at_least, years, where="post", label=commodity, **style)
    left.set_xlim(left=0.0)
    left.set_ylim(0.0, 1.0)
    _finish(left, "Disruptions by chance: share of years", "with at least so much unserved, kt")
    left.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    left.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _name_lines(left)
    worst = found.by_disruption.sort(
        ["alone_unserved_kt", "disruption"], descending=[True, False], nulls_last=True
    ).head(MOST_BARS)
    titles = [
        shorten(name or key, LONGEST_NAME, placeholder="…")
        for key, name in worst.select("disruption", "name").iter_rows()
    ]
    tonnes = worst["alone_unserved_kt"].fill_null(0.0).to_list()
    rows = list(range(len(titles)))
    right.barh(rows, tonnes, color=COLOURS[0], height=0.7, alpha=0.45)
    right.invert_yaxis()
    right.set_xlim(left=0.0, right=1.05 * (max(tonnes, default=0.0) or 1.0))
    edge = right.get_xlim()[1]
    for place, title in zip(rows, titles, strict=True):
        right.text(0.01 * edge, place, title, va="center", fontsize=SMALL)
    _finish(right, "Each disruption alone: expected unserved", "kt a year")
    right.set_yticks([])


Styled = tuple[dict[str, Any], tuple[str, pl.DataFrame]]


def _styled(frame: pl.DataFrame) -> Iterable[Styled]:
    """Yield the rows of each commodity with the look of its line, as many as can be told apart."""
    commodities = frame["commodity"].unique(maintain_order=True).to_list()
    for rank, commodity in enumerate(commodities[:MOST_LINES]):
        turn, colour = divmod(rank, len(COLOURS))
        style: dict[str, Any] = {"color": COLOURS[colour], "linestyle": DASHES[turn]}
        yield (
            style | {"linewidth": 1.4},
            (commodity, frame.filter(pl.col("commodity") == commodity)),
        )


def _gaps(series: pl.Series) -> list[float]:
    """Return figures with a gap where one is not known."""
    return series.cast(pl.Float64).fill_null(float("nan")).to_list()


def _finish(panel: Axes, title: str, axis: str) -> None:
    panel.set_title(title, loc="left", fontsize=9.0)
    panel.set_xlabel(axis, fontsize=SMALL, color=GREY)
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")


def _name_lines(panel: Axes) -> None:
    """Name lines beside each other; a single one has its name too."""
    handles, labels = panel.get_legend_handles_labels()
    panel.legend(handles, labels, fontsize=SMALL, loc="best", ncols=_columns(labels))


def _columns(labels: Sequence[str]) -> int:
    return 1 if len(labels) <= 6 else 2


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": "Sogdia"})
    return text.getvalue()
