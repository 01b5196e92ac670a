"""The picture of curves: valid SVG, the same bytes every time, and only what was asked."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import polars as pl
import pytest
from tests.report import supplied

from sogdia.errors import DataError
from sogdia.report.supply_chart import COLOURS, MOST_LINES, curves_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(report):
    return ET.fromstring(curves_svg(report))


def texts(svg):
    return ["".join(one.itertext()) for one in svg.iter(f"{SVG}text")]


def lines(svg, colour):
    """Corners of the lines of a colour, each a list of (right, down)."""
    found = []
    beside = [*svg.iter(f"{SVG}defs")]
    beside += [one for one in svg.iter(f"{SVG}g") if one.get("id", "").startswith("legend")]
    others = {path for one in beside for path in one.iter(f"{SVG}path")}
    for path in svg.iter(f"{SVG}path"):
        if path in others:
            continue
        style = path.get("style", "")
        if f"stroke: {colour}" in style and "fill: none" in style:
            numbers = [float(word) for word in path.get("d").split() if word not in "MLz"]
            corners = list(zip(numbers[::2], numbers[1::2], strict=True))
            if len(corners) > 2:
                found.append(corners)
    return found


def test_the_picture_says_what_it_is_of():
    found = texts(drawn(supplied.whole_report()))
    assert "test, cpc-stopped, 2025" in found
    for title in (
        "Sweep of price: delivered, kt (×: unserved)",
        "Worth of one tonne more, USD",
        "price, USD per barrel",
        "Frontier: cost, million USD a year",
        "share of deliveries through RU",
        "Disruptions by chance: share of years",
        "with at least so much unserved, kt",
        "Each disruption alone: expected unserved",
        "Drones",
        "crude-oil",
    ):
        assert title in found


@pytest.mark.parametrize("asked", ["sweep", "frontier", "disruptions"])
def test_only_what_was_asked_is_drawn(asked):
    whole = supplied.whole_report()
    found = texts(drawn(supplied.report(**{asked: getattr(whole, asked)})))
    starts = {"sweep": "Sweep", "frontier": "Frontier", "disruptions": "Disruptions"}
    for name, start in starts.items():
        assert any(text.startswith(start) for text in found) == (name == asked)


def test_nothing_to_draw_is_refused():
    with pytest.raises(DataError, match="no curve to draw; ask for a sweep"):
        curves_svg(supplied.report(expansion=supplied.expansion()))


def test_a_curve_rises_where_its_figures_do():
    delivered, unserved, worth = lines(drawn(supplied.report(sweep=supplied.sweep())), COLOURS[0])
    for line, rises in ((delivered, True), (unserved, False), (worth, True)):
        downs = [down for _, down in line]
        assert downs == sorted(downs, reverse=rises)


def test_half_of_the_years_lack_nothing():
    """The share of years falls from the height where the first of them lacks something."""
    svg = drawn(supplied.report(disruptions=supplied.disruptions()))
    (curve,) = lines(svg, COLOURS[0])
    downs = [down for _, down in curve]
    assert downs == sorted(downs)
    left = [down for right, down in curve if right == curve[0][0]]
    # from every year at the top to half of them, at the left edge
    whole = max(downs) - min(downs)
    assert (max(left) - min(left)) / whole == pytest.approx(0.51, abs=0.01)


def test_shares_that_differ_little_are_told_apart():
    curve = supplied.frontier()
    points = curve.points.with_columns(share=pl.col("share") * 0.06)
    found = texts(drawn(supplied.report(frontier=replace(curve, points=points))))
    ticks = [text for text in found if text.endswith("%")]
    # each once in either panel
    assert all(ticks.count(tick) == 2 for tick in ticks)
    assert len(set(ticks)) > 3


def test_a_point_without_a_figure_is_a_gap():
    curve = supplied.frontier()
    points = curve.points.with_columns(
        cost_musd=pl.Series([14_000.0, None, 12_000.0], dtype=pl.Float64)
    )
    svg = drawn(supplied.report(frontier=replace(curve, points=points)))
    # the other panel alone has a line of three points
    assert len(lines(svg, COLOURS[0])) == 1


def test_a_single_point_and_no_disruption_are_drawn():
    points = supplied.sweep().points.head(1)
    none = supplied.disruptions()
    none = replace(none, by_disruption=none.by_disruption.clear())
    report = supplied.report(sweep=replace(supplied.sweep(), points=points), disruptions=none)
    assert "Sweep of price: delivered, kt (×: unserved)" in texts(drawn(report))


def test_more_goods_than_lines_are_left_out():
    names = [f"goods-{number}" for number in range(MOST_LINES + 1)]
    found = texts(drawn(supplied.report(sweep=supplied.sweep(*names))))
    assert [name for name in names if name in found] == names[:-1]


def test_the_same_report_gives_the_same_bytes():
    first = curves_svg(supplied.whole_report())
    with mpl.rc_context({"lines.linewidth": 9.0, "svg.hashsalt": "else", "axes.xmargin": 0.3}):
        assert curves_svg(supplied.whole_report()) == first
    assert "<dc:date>" not in first


def test_letters_of_all_scripts_and_signs_of_mathematics_are_text():
    found = supplied.disruptions()
    named = found.by_disruption.with_columns(name=pl.lit("西安 $x$ <b>"))
    report = supplied.report(disruptions=replace(found, by_disruption=named))
    assert texts(drawn(report)).count("西安 $x$ <b>") == 2


def test_the_global_state_of_matplotlib_stays_alone():
    code = "import sys, sogdia.report.supply_chart; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
