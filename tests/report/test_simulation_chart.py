"""The picture of bottlenecks: valid SVG, the same bytes every time, worst rows first."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from itertools import pairwise

import matplotlib as mpl
import polars as pl
from tests.report import simulated
from tests.report.simulated import BACK, FERRY, GAUGE, START

from sogdia.report.map import PALETTE
from sogdia.report.simulation_chart import bottlenecks_svg

SVG = "{http://www.w3.org/2000/svg}"
STUDY = simulated.study()


def drawn(**fields):
    return ET.fromstring(bottlenecks_svg(simulated.result(**fields), STUDY))


def texts(svg):
    return ["".join(one.itertext()) for one in svg.iter(f"{SVG}text")]


def lines(svg, colour):
    """Corners of the lines of a colour, each a list of (right, down)."""
    found = []
    for path in svg.iter(f"{SVG}path"):
        style = path.get("style", "")
        if f"stroke: {colour}" in style and "fill: none" in style:
            numbers = [float(word) for word in path.get("d").split() if word not in "MLz"]
            found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


def test_rows_are_named_the_worst_first():
    found = texts(drawn())
    title = "silk, as-is: the 2 worst bottlenecks week by week, mean of 20 replications"
    assert title in found
    named = [text for text in found if "(" in text]
    assert named == [
        "ferry, Aktau (sea port) → Alat (ferry-a + ferry-b)",
        "gauge change at Dostyk (TEU) (dostyk-gauge)",
    ]
    for words in ("mean queue, shipments", "utilisation", "no servers", "100%"):
        assert words in found


def test_no_more_rows_than_asked_for():
    result = simulated.result()
    found = texts(ET.fromstring(bottlenecks_svg(result, STUDY, worst=1)))
    assert any("the worst bottleneck week by week" in text for text in found)
    assert not any("dostyk-gauge" in text for text in found)


def test_queues_rise_and_utilisation_is_a_share():
    svg = drawn()
    queues = lines(svg, PALETTE[0][0])
    # one, two, three and four shipments: as many steps up, all of one height
    for queue in queues:
        heights = list(dict.fromkeys(down for _, down in queue))
        steps = [above - below for above, below in pairwise(heights)]
        assert len(heights) == 4
        assert max(steps) - min(steps) < 1e-6
    assert len(queues) == 2
    # only the terminal has servers
    assert len(lines(svg, PALETTE[1][0])) == 1


def test_weeks_last_until_the_end_of_what_is_observed():
    svg = drawn(days=4 * 7 + 3)
    (queue, *_) = lines(svg, PALETTE[0][0])
    corners = sorted({right for right, _ in queue})
    weeks = [after - before for before, after in pairwise(corners)]
    assert max(weeks[:-1]) - min(weeks[:-1]) < 1e-5
    assert abs(weeks[-1] / weeks[0] - 10 / 7) < 1e-4


def test_what_is_overloaded_is_marked():
    grown = simulated.overloads(simulated.overload(GAUGE, 1.0))
    found = texts(drawn(overloads=grown))
    assert [text for text in found if text.endswith(", overloaded")] == [
        "gauge change at Dostyk (TEU) (dostyk-gauge), overloaded"
    ]


def test_directions_have_rows_of_their_own():
    rows = [
        simulated.element_row(key, waiting_kt_h=worth) for key, worth in ((FERRY, 2.0), (BACK, 1.0))
    ]
    back = simulated.series(BACK).with_columns(queue_mean=pl.lit(0.0))
    svg = drawn(
        elements=simulated.elements(*rows), series=pl.concat([simulated.series(FERRY), back])
    )
    there, back_again = lines(svg, PALETTE[0][0])
    assert len({down for _, down in there}) == 4
    assert len({down for _, down in back_again}) == 1


def test_queues_of_one_element_are_told_apart_by_their_station():
    own = simulated.elements(simulated.element_row(GAUGE, waiting_kt_h=1.0))
    both = simulated.series(GAUGE).with_columns(station=pl.lit(1))
    both = pl.concat([both, both.with_columns(station=pl.lit(2), queue_mean=pl.lit(9.0))])
    svg = drawn(elements=own.with_columns(station=pl.lit(2)), series=both)
    (queue,) = lines(svg, PALETTE[0][0])
    assert len({down for _, down in queue}) == 1


def test_a_single_week_and_an_empty_series_are_drawn():
    assert (
        len(lines(drawn(series=simulated.series(FERRY, GAUGE, weeks=1), days=7), PALETTE[0][0]))
        == 2
    )
    assert "no servers" in texts(drawn(series=simulated.series()))
    late = simulated.series(FERRY, GAUGE).with_columns(
        from_date=pl.col("from_date") + timedelta(days=366)
    )
    assert len(lines(drawn(series=late, start=START, days=1), PALETTE[0][0])) == 2


def test_where_nothing_waits_it_is_said():
    found = texts(drawn(elements=simulated.elements(), replications=1))
    assert found == ["silk, as-is: nothing waits anywhere"]


def test_one_replication_is_one():
    assert any(text.endswith("mean of 1 replication") for text in texts(drawn(replications=1)))


def test_the_same_result_gives_the_same_bytes():
    first = bottlenecks_svg(simulated.result(), STUDY)
    with mpl.rc_context({"lines.linewidth": 9.0, "svg.hashsalt": "else", "axes.xmargin": 0.3}):
        assert bottlenecks_svg(simulated.result(), STUDY) == first
    assert "<dc:date>" not in first


def test_letters_of_all_scripts_and_signs_of_mathematics_are_text():
    assert any("西安 $x$ <b>" in text for text in texts(drawn(study_name="西安 $x$ <b>")))


def test_months_are_written_below():
    found = texts(drawn(start=date(2024, 1, 1), series=simulated.series(FERRY, GAUGE, weeks=52)))
    assert found.count("Jul") == 2


def test_the_global_state_of_matplotlib_stays_alone():
    code = (
        "import sys, sogdia.report.simulation_chart; sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
