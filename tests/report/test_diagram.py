"""Diagrams: valid SVG, the same bytes every time, names where they belong."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
from tests.routing.itineraries import answer, caspian, northern

from sogdia.analysis.performance import cpmm_indicators, time_cost_distance
from sogdia.report.diagram import Curve, speed_svg, time_cost_distance_svg

TEXT = "{http://www.w3.org/2000/svg}text"


def texts(svg):
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(TEXT)]


def test_the_diagram_names_lines_and_steps():
    found = texts(time_cost_distance_svg([caspian(), northern(rank=7)]))
    assert "1  Trans-Caspian: 14.2 days, 108 USD/t" in found
    for name in ("Aktau sea port", "Dostyk", "days since departure", "distance, km"):
        assert name in found
    # at the end of its line in either panel
    assert found.count("7") == 2


def test_the_same_itineraries_give_the_same_bytes():
    first = time_cost_distance_svg(answer().itineraries)
    with mpl.rc_context({"lines.linewidth": 9.0, "svg.hashsalt": "else"}):
        assert time_cost_distance_svg(answer().itineraries) == first
    assert "<dc:date>" not in first


def test_letters_of_all_scripts_and_signs_of_mathematics_are_text():
    way = replace(caspian(), corridor_name="西安 $x$ <b>")
    assert any("西安 $x$ <b>" in text for text in texts(time_cost_distance_svg([way])))


def test_what_happens_at_one_stop_is_one_step():
    way = caspian()
    series = time_cost_distance(way)
    steps = list(Curve(way, series, series["time_h"]).steps)
    # border and change of gauge; terminal and wait for the ferry; border; wait for the road
    assert [(rise, place) for rise, _, _, place in steps] == [
        (30.0, "Dostyk"),
        (60.0, "Aktau sea port"),
        (10.0, "Gardabani"),
        (5.0, "Poti port"),
    ]
    assert steps[0][1:3] == (1500.0, 65.0)


def test_more_itineraries_than_colours_are_broken_lines():
    ways = [caspian(rank=rank) for rank in range(1, 8)]
    assert "stroke-dasharray" in time_cost_distance_svg(ways)
    assert len([t for t in texts(time_cost_distance_svg(ways)) if "14.2 days" in t]) == 7


def test_an_itinerary_without_elements_draws_nothing():
    empty = caspian(elements=(), insurance_usd_t=0.0)
    assert "1  Trans-Caspian" in "".join(texts(time_cost_distance_svg([empty])))


def test_speeds_are_bars_with_their_figures():
    found = texts(speed_svg(cpmm_indicators([caspian(), northern()])))
    # 5,000 km in 235 h under way and 340 h in all; 7,000 km in 202 h and 240 h
    for text in ("21", "15", "35", "29", "Trans-Caspian", "Northern", "speed, km/h"):
        assert text in found


def test_the_global_state_of_matplotlib_stays_alone():
    # Other tests may have brought it into this process.
    asked = "import sys, sogdia.report.diagram; print('matplotlib.pyplot' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True)
    assert said.stdout == "False\n"
