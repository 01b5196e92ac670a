"""The page with the map: whole, self-contained, escaped, and the same every time."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from tests.builders import line, study_of
from tests.routing.itineraries import NAMES, answer, caspian, element, northern

from sogdia.report.map import PALETTE
from sogdia.report.route_map import route_page
from sogdia.report.route_svg import FLATTEST, LANE, STEEPEST, draw_routes, window

POINTS = {
    "CNXIA": (109.0, 34.0),
    "KZDOS": (82.0, 45.0),
    "KZSCO": (51.2, 43.6),
    "KZKUR": (51.6, 43.2),
    "AZALA": (49.4, 40.0),
    "GEGAR": (45.0, 41.5),
    "GEPTI": (41.6, 42.2),
    "BYBRE": (23.7, 52.1),
    "PLMAL": (23.5, 52.0),
    "DEDUI": (6.7, 51.4),
    "EAST": (179.0, 50.0),
    "WEST": (-179.0, 52.0),
}
VOID = {"meta", "link", "path", "circle", "br"}


def study():
    nodes = [
        {"node_id": key, "name": NAMES.get(key, key), "x_coord": x, "y_coord": y}
        for key, (x, y) in POINTS.items()
    ]
    links = [
        line("CNXIA", "KZDOS"),
        line("KZDOS", "KZSCO"),
        line("KZSCO", "AZALA", mode="sea"),
        line("EAST", "WEST", mode="sea"),
        line("CNXIA", "DEDUI", mode="air"),
    ]
    sources = [
        {
            "source_id": "lengths",
            "kind": "official",
            "title": "Lengths <b>",
            "address": 'https://example.org/?a="1"&b=2',
        },
        {"source_id": "tariffs", "kind": "official", "title": "T", "address": "javascript:x()"},
    ]
    return study_of(node=nodes, link=links, source=sources)


class Parsed(HTMLParser):
    """Tags that are open, ids, addresses, texts, and attributes that load something."""

    def __init__(self, page):
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.loads: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if "id" in named:
            self.ids.add(named["id"])
        if tag == "a":
            self.links.append(named["href"])
        self.loads += [name for name in named if name in ("src", "srcset", "xlink:href", "data")]
        drawn = tag in ("path", "circle") and not str(self.get_starttag_text()).endswith("/>")
        if drawn or tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data.strip())


@pytest.fixture(scope="module")
def page():
    return route_page(answer(caspian(), northern(), caspian("KZKUR", rank=3)), study())


def test_the_page_is_well_formed_and_loads_nothing(page):
    parsed = Parsed(page.removeprefix("<!DOCTYPE html>"))
    assert parsed.loads == []
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


def test_links_lead_somewhere(page):
    parsed = Parsed(page.removeprefix("<!DOCTYPE html>"))
    assert {"way-1", "way-2", "way-3"} <= parsed.ids
    inside = [link.removeprefix("#") for link in parsed.links if link.startswith("#")]
    assert len(inside) == 3
    assert set(inside) <= parsed.ids
    # what is no address on the web is not made a link
    assert [link for link in parsed.links if not link.startswith("#")] == [
        'https://example.org/?a="1"&b=2'
    ]


def test_all_that_users_wrote_is_escaped():
    evil = "<script>alert(1)</script>"
    asked = replace(answer().origin, asked=evil, access_km=9.0)
    first, *rest = caspian().elements
    named = replace(first, from_name=evil, service=evil, operator='"><b>')
    way = caspian(elements=(named, *rest), corridor_name=evil, notices=(evil,))
    text = route_page(answer(way, origin=asked, commodity_name=evil, notes=(evil,)), study())
    assert evil not in text
    assert '"><b>' not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 6
    Parsed(text.removeprefix("<!DOCTYPE html>"))


def test_letters_of_all_scripts_stay(page):
    assert "Małaszewicze" in page
    assert '<meta charset="utf-8">' in page


def test_itineraries_have_a_row_a_line_and_a_list_of_legs(page):
    for rank in (1, 2, 3):
        assert page.count(f'class="route c{rank - 1}" data-rank="{rank}"') == 1
        assert page.count(f'<details id="way-{rank}">') == 1
    texts = Parsed(page.removeprefix("<!DOCTYPE html>")).texts
    for text in ("1,080", "border at Dostyk", "14.2 days, 1,080 USD/TEU", "Tariffs of 2026."):
        assert text in texts


def test_the_page_has_no_clock(page):
    again = route_page(answer(caspian(), northern(), caspian("KZKUR", rank=3)), study())
    assert again == page


def test_an_answer_without_itineraries_is_a_page_too():
    Parsed(route_page(replace(answer(), itineraries=()), study()).removeprefix("<!DOCTYPE html>"))


def paths(svg, rank):
    group = svg.split(f'data-rank="{rank}">')[1].split("</g>")[0]
    return re.findall(r'<path class="(\w+)" d="([^"]+)"', group)


def ends(move):
    return [tuple(map(float, pair.split())) for pair in re.split("[ML]", move)[1:]]


def test_land_and_water_are_told_apart():
    svg = draw_routes(answer(caspian()), study())
    assert [kind for kind, _ in paths(svg, 1)] == ["land", "land", "water", "land", "land", "land"]
    assert [kind for kind in ("land", "water", "air") if f'class="context {kind}"' in svg] == [
        "land",
        "water",
        "air",
    ]


def test_legs_have_tooltips():
    svg = draw_routes(answer(caspian()), study())
    assert (
        "<title>1 Trans-Caspian: ferry, Aktau sea port → Alat, by Feeder from KZSCO (KMTF)" in svg
    )
    assert "<title>Duisburg (Rheinhausen &lt;DIT&gt;)</title>" in svg


def test_lines_that_go_the_same_way_run_side_by_side():
    svg = draw_routes(answer(), study())
    first, second = (ends(paths(svg, rank)[0][1]) for rank in (1, 2))
    gaps = [
        ((a - c) ** 2 + (b - d) ** 2) ** 0.5 for (a, b), (c, d) in zip(first, second, strict=True)
    ]
    assert gaps == pytest.approx([LANE, LANE], abs=0.15)


def test_a_line_is_joined_from_leg_to_leg():
    svg = draw_routes(answer(), study())
    drawn = [ends(move) for _, move in paths(svg, 1)]
    for before, after in pairwise(drawn):
        assert before[-1] == after[0]


def test_lines_over_the_antimeridian_are_cut():
    way = caspian(elements=(element("EAST", "WEST", mode="sea", countries=()),))
    svg = draw_routes(answer(way), study())
    ((_, move),) = paths(svg, 1)
    assert move.count("M") == 2
    east, edge, other_edge, west = ends(move)
    assert east[0] < edge[0]
    assert other_edge[0] < west[0]
    assert other_edge[0] == pytest.approx(0.0, abs=0.1)
    assert edge[0] == pytest.approx(1200.0, abs=0.1)


def with_course(**row):
    """The study with a bent course from Aktau to Alat."""
    plain = study()
    nodes = plain.node.to_dicts()
    sea = line(
        "AZALA", "KZSCO", mode="sea", geometry="LINESTRING (49.4 40, 55 41, 51.2 43.6)", **row
    )
    service = {"service_id": "boat", "link_id": "AZALA-KZSCO", "batch_capacity_t": 1.0}
    return study_of(node=nodes, link=[sea], service=[service])


@pytest.mark.parametrize(("kind", "row"), [("link", "AZALA-KZSCO"), ("service", "boat|other")])
def test_a_leg_over_water_follows_its_course_in_the_direction_of_travel(kind, row):
    way = caspian(
        elements=(element("KZSCO", "AZALA", kind=kind, row_id=row, mode="sea", countries=()),)
    )
    svg = draw_routes(answer(way), with_course())
    ((_, move),) = paths(svg, 1)
    start, bend, *_, end = ends(move)
    assert start[1] < bend[1] < end[1]
    assert bend[0] > max(start[0], end[0])
    assert move.count("M") == 1
    (context,) = re.findall(r'class="context water" d="([^"]+)"', svg)
    assert sorted(set(ends(context))) == sorted(set(ends(move)))


def test_the_window_holds_the_whole_course():
    way = caspian(elements=(element("KZSCO", "AZALA", mode="sea", row_id="AZALA-KZSCO"),))
    svg = draw_routes(answer(way), with_course())
    ((_, move),) = paths(svg, 1)
    assert all(0 <= right <= 1200 for right, _ in ends(move))


def test_places_by_coordinates_are_on_the_map():
    origin = replace(answer().origin, asked="35, 108", longitude=108.0, latitude=35.0)
    road = element("35, 108", "CNXIA", kind="drayage", mode="road")
    way = caspian(elements=(road, *caspian().elements))
    svg = draw_routes(answer(way, origin=replace(origin, access_km=150.0)), study())
    assert len(paths(svg, 1)) == 7
    assert ">35, 108</text>" in svg


def test_ranks_beyond_the_colours_are_hollow():
    many = [caspian(rank=rank) for rank in range(1, len(PALETTE) + 2)]
    svg = draw_routes(answer(*many), study())
    assert f'class="route hollow c0" data-rank="{len(PALETTE) + 1}"' in svg
    assert svg.count('class="core"') == 6
    for rank in range(1, len(PALETTE) + 2):
        assert len(re.findall(rf'class="badge c\d" data-rank="{rank}"', svg)) == 2


def test_the_window_shows_all_points_with_a_margin():
    west, east, south, north = window([(10.0, 40.0), (110.0, 50.0)])
    assert west == pytest.approx(4.0)
    assert east == pytest.approx(116.0)
    wide = (east - west) * 2**-0.5
    assert (north - south) / wide == pytest.approx(FLATTEST)


def test_a_steep_window_is_made_wider():
    west, east, south, north = window([(18.0, -35.0), (20.0, 35.0)])
    assert (south, north) == pytest.approx((-39.2, 39.2))
    assert (north - south) / (east - west) == pytest.approx(STEEPEST)


def test_a_single_point_has_a_window():
    west, east, south, north = window([(10.0, 0.0)])
    assert west < 10.0 < east
    assert south < 0.0 < north
