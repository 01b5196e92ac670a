"""Pictures of itineraries in SVG: time and cost over distance, speeds with and without delay."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

import polars as pl

from sogdia.analysis.performance import INSURANCE, time_cost_distance
from sogdia.report.map import PALETTE, LabelSpace, line_style, short_name
from sogdia.report.route_words import fixed
from sogdia.routing.itinerary import HOURS_PER_DAY, Itinerary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE = {
    # ids of elements come from this salt and what is drawn, so the same picture has the same bytes
    "svg.hashsalt": "sogdia",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 9.0,
    "axes.grid": True,
    "grid.color": "#e4e7ea",
    "axes.edgecolor": "#8a9097",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
DPI = 72
WIDTH_INCH = 11.0
LEGEND_ROW_INCH = 0.19
LEGEND_KEY_INCH = 0.6
LABEL_SIZE = 8.0
LABELS = 20
FROM_STEP = 0.01
"""Steps smaller than this share of the axis have no name."""


def time_cost_distance_svg(itineraries: Sequence[Itinerary]) -> str:
    """Draw cumulative time and cost over distance (UNESCAP), a line per itinerary.

    Parameters
    ----------
    itineraries : sequence of Itinerary
        In order of rank.

    Returns
    -------
    str
        An SVG picture; the same itineraries give the same bytes. Lines end in their rank.
        Vertical steps bear the name of the place, the largest first, where there is room.
    """
    frames = [time_cost_distance(one) for one in itineraries]
    panels: tuple[tuple[str, Callable[[pl.DataFrame], pl.Series]], ...] = (
        ("days since departure", lambda frame: frame["time_h"] / HOURS_PER_DAY),
        ("cost, USD per t", lambda frame: frame["cost_usd_t"]),
    )
    names = [_name(one) for one in itineraries]
    columns = _legend_columns(names)
    legend_inch = LEGEND_ROW_INCH * -(-len(names) // columns)
    height = 8.4 + legend_inch
    with _style():
        figure = _figure(WIDTH_INCH, height)
        axes = figure.subplots(2, 1, sharex=True, squeeze=False)[:, 0]
        top = 1.0 - (0.25 + legend_inch) / height
        figure.subplots_adjust(left=0.07, right=0.98, top=top, bottom=0.55 / height, hspace=0.07)
        for panel, (title, rise) in zip(axes, panels, strict=True):
            curves = [
                Curve(one, frame, rise(frame))
                for one, frame in zip(itineraries, frames, strict=True)
            ]
            for curve in curves:
                _draw(curve, panel)
            panel.set_ylabel(title)
            panel.set_xlim(left=0.0)
            panel.set_ylim(bottom=0.0)
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            _name_lines(panel, curves)
        axes[1].set_xlabel("distance, km")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper left", ncols=columns, fontsize=LABEL_SIZE)
        return _svg(figure)


@dataclass(frozen=True, slots=True)
class Curve:
    """An itinerary's line in a panel: its series, and the height of each of its points."""

    itinerary: Itinerary
    series: pl.DataFrame
    height: pl.Series

    @property
    def steps(self) -> Iterator[tuple[float, float, float, str]]:
        """Vertical steps: rise, distance, middle and place; those at one stop are one."""
        distance, height = self.series["distance_km"], self.height
        what = self.series["what"]
        bottom = 0
        for row in range(1, len(height)):
            if distance[row] != distance[bottom] or what[row] == INSURANCE:
                bottom = row
                continue
            if row + 1 < len(height) and distance[row + 1] == distance[row]:
                continue
            rise = height[row] - height[bottom]
            middle = height[bottom] + rise / 2
            yield rise, distance[row], middle, short_name(self.series["place"][row])


def _draw(curve: Curve, panel: Axes) -> None:
    one = curve.itinerary
    colour, broken = line_style(one.rank)
    panel.plot(
        curve.series["distance_km"],
        curve.height,
        color=PALETTE[colour][0],
        linestyle="--" if broken else "-",
        linewidth=1.8,
        label=_name(one),
    )


def _name(one: Itinerary) -> str:
    figures = f"{fixed(one.days_mean, 1)} days, {fixed(one.cost_usd_t)} USD/t"
    return f"{one.rank}  {one.corridor_name}: {figures}"


def _legend_columns(names: Sequence[str]) -> int:
    """Return how many columns the legend has room for, one to three."""
    longest = LabelSpace(LABEL_SIZE).length(max(names, key=len, default=""))
    return max(1, min(3, int(WIDTH_INCH / (longest / DPI + LEGEND_KEY_INCH))))


def _name_lines(panel: Axes, curves: Sequence[Curve]) -> None:
    """Write ranks at the ends of lines, then places beside steps, where there is room."""
    space = LabelSpace(LABEL_SIZE)
    for curve in curves:
        if curve.series.height:
            end = (curve.series["distance_km"][-1], curve.height[-1])
            _write(panel, space, str(curve.itinerary.rank), end, weight="bold")
    least = FROM_STEP * panel.get_ylim()[1]
    steps = {step for curve in curves for step in curve.steps if step[0] >= least}
    for _, distance, middle, place in sorted(steps, reverse=True)[:LABELS]:
        _write(panel, space, place, (distance, middle))


def _write(
    panel: Axes, space: LabelSpace, text: str, at: tuple[float, float], weight: str = "normal"
) -> None:
    """Write beside a point, on white, if no other text is there."""
    right, down = panel.transData.transform(at)
    length = space.length(text)
    on_left = right + length > panel.transAxes.transform((1.0, 0.0))[0]
    start = right - length if on_left else right
    if space.take(start, start + length, down):
        panel.annotate(
            text,
            at,
            xytext=(-5 if on_left else 5, -LABEL_SIZE / 3),
            textcoords="offset points",
            ha="right" if on_left else "left",
            fontsize=LABEL_SIZE,
            fontweight=weight,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.3},
        )


def speed_svg(indicators: pl.DataFrame) -> str:
    """Draw speeds with and without delay by corridor (CAREC CPMM), as bars.

    Parameters
    ----------
    indicators : DataFrame
        As `sogdia.analysis.performance.cpmm_indicators` returns them.

    Returns
    -------
    str
        An SVG picture; the same indicators give the same bytes.
    """
    rows = indicators.to_dicts()[::-1]
    with _style():
        height = 1.2 + 0.6 * len(rows)
        figure = _figure(8.0, height)
        panel = figure.subplots()
        figure.subplots_adjust(left=0.3, right=0.95, top=1 - 0.5 / height, bottom=0.5 / height)
        panel.set_axisbelow(True)
        bars = (
            ("tfi4_swod_km_h", "without delay", 0.2, PALETTE[0][0]),
            ("tfi4_swd_km_h", "with delay", -0.2, PALETTE[1][0]),
        )
        for name, label, shift, colour in bars:
            speeds = [row[name] or 0.0 for row in rows]
            places = [number + shift for number in range(len(rows))]
            drawn = panel.barh(places, speeds, height=0.36, color=colour, label=label)
            panel.bar_label(drawn, labels=[fixed(speed) for speed in speeds], padding=3)
        panel.set_yticks(
            range(len(rows)),
            [fill(row["corridor_name"], 30, break_on_hyphens=False) for row in rows],
        )
        panel.grid(visible=False, axis="y")
        panel.set_xlabel("speed, km/h")
        figure.legend(loc="upper right", ncols=2)
        return _svg(figure)


@contextmanager
def _style() -> Iterator[None]:
    """Draw as Sogdia does, whatever the user's own settings of matplotlib are."""
    import matplotlib.style

    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        # Text is written as text, so letters that the measuring face lacks do no harm.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _figure(width_inch: float, height_inch: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width_inch, height_inch), dpi=DPI)


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": "Sogdia"})
    return text.getvalue()
