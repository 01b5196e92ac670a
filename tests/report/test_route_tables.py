"""The terminal shows the whole answer within its width, and all figures are those asked for."""

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console
from tests.builders import study_of
from tests.routing.itineraries import answer, caspian, northern

from sogdia.report.route_tables import show_answer, show_legs, show_why_not

SOURCES = [
    {"source_id": "lengths", "kind": "official", "title": "[Lengths]", "publisher": "UIC"},
    {"source_id": "tariffs", "kind": "assumption", "title": "Rates", "note": "round figures"},
]


def study():
    ends = [{"node_id": "A"}, {"node_id": "B"}]
    return study_of(node=ends, link=[{"from_node_id": "A", "to_node_id": "B"}], source=SOURCES)


def printed(show, *arguments, width=100):
    stream = io.StringIO()
    console = Console(file=stream, width=width)
    before, after = arguments[:1], arguments[1:]
    show(*before, console, *after)
    text = stream.getvalue()
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    return text


def row(text, start):
    """The cells of the first line that starts so."""
    lines = (line.split() for line in text.splitlines())
    return next(cells for cells in lines if cells[: len(start.split())] == start.split())


def test_the_head_says_what_was_asked():
    text = printed(show_answer, answer())
    assert text.startswith(
        "Xi'an International Port (Xinzhu), CN → Duisburg (Rheinhausen <DIT>), DE\n"
    )
    assert "Electronics & parts; leaves 2026-03-02, to arrive by 2026-03-15 (14 days)" in text
    assert "There are 7 ways that no other beats on time, cost and CO2e; 2 of them" in text
    assert "Tariffs of 2026." in text


def test_itineraries_at_full_width():
    text = printed(show_answer, answer())
    # mean, P50 and P90 of whole hours 300 to 380: 340, 340 and 372.4 h
    assert row(text, "1  Trans-Caspian") == [
        *("1", "Trans-Caspian", "14.2", "14.2", "15.5", "108", "1,080", "107", "75%", "3", "1")
    ]
    assert row(text, "2  Northern")[2:] == [
        *("10.0", "10.0", "11.3", "93", "930", "60", ">99%", "5", "1")
    ]
    assert "Fastest: 2. Cheapest: 2. Least CO2e: 2." in text


def test_itineraries_on_a_narrow_terminal():
    text = printed(show_answer, answer(), width=80)
    assert "P50" not in text
    assert row(text, "1  Trans-Caspian")[2:] == ["14.2", "15.5", "1,080", "107", "75%", "3", "1"]


def test_goods_outside_containers_have_no_cost_per_teu():
    ways = [replace(way, t_per_teu=None) for way in (caspian(), northern())]
    for width in (80, 100):
        text = printed(show_answer, answer(*ways), width=width)
        assert "per TEU" not in text
        assert "108" in row(text, "1  Trans-Caspian")


def test_without_a_deadline_nothing_is_on_time():
    ways = [replace(way, on_time=None) for way in (caspian(), northern())]
    text = printed(show_answer, answer(*ways, deadline_days=None))
    assert " time  borders" not in text
    assert "arrive" not in text


def test_differences_costs_and_gases_follow():
    text = printed(show_answer, answer())
    assert row(text, "2 by Małaszewicze instead of Aktau")
    assert row(text, "1     67.0") == [
        *("1", "67.0", "25.0", "5.0", "6.0", "2.0", "1.0", "2.0", "108.0", "260.0")
    ]
    assert row(text, "1                64.5") == ["1", "64.5", "42.5", "107.0"]


def test_items_that_no_one_pays_have_no_column():
    text = printed(show_answer, answer(northern()))
    assert "ferry" not in text
    assert "drayage" not in text


def test_notices_name_the_itineraries_they_concern():
    ways = [replace(way, notices=("Suez is slow [today].",)) for way in (caspian(), northern())]
    assert "1, 2: Suez is slow [today]." in printed(show_answer, answer(*ways))


def test_an_answer_without_itineraries_says_none():
    text = printed(show_answer, replace(answer(), itineraries=(), found=0))
    assert "Itineraries\nNone." in text


def test_ends_by_coordinates_are_explained():
    text = printed(show_answer, answer(origin=replace(answer().origin, access_km=40.0)))
    assert "Xi'an is 40 km to Xi'an International Port in a straight line" in text


def test_legs_with_their_sources():
    text = printed(show_legs, caspian(), study())
    assert "Itinerary 1, Trans-Caspian: its legs" in text
    assert row(text, "border at Dostyk")[3:] == ["4.0", "20.0", "4.0", "0.0", "3"]
    assert row(text, "cargo insurance") == ["cargo", "insurance", "2.0"]
    assert row(text, "door to door")[3:] == ["5,000", "235.0", "57.0", "48.0", "108.0", "107.0"]
    assert "14.2 days in the mean" in text
    assert row(text, "1  lengths") == ["1", "lengths", "[Lengths]", "(UIC)"]
    assert row(text, "2  tariffs") == ["2", "tariffs", "assumption:", "Rates"]
    assert row(text, "3  borders") == ["3", "borders", "–"]


def test_legs_on_a_narrow_terminal_leave_the_numbers_of_sources_out():
    text = printed(show_legs, caspian(), study(), width=80)
    assert row(text, "border at Dostyk")[3:] == ["4.0", "20.0", "4.0", "0.0"]
    assert "2  tariffs" in text


def test_an_itinerary_without_sources_has_no_list_of_them():
    assert "Sources" not in printed(show_legs, northern(insurance_usd_t=0.0), study())


def why_not(**fields):
    asked = {"asked": "IR", "name": "Iran", "blocked_by": (), "relax": (), "best": None}
    return SimpleNamespace(**(asked | {"verdict": "unreachable", "text": ""} | fields))


def test_why_not_says_what_blocks_and_what_would_do():
    asked = why_not(
        verdict="blocked",
        text="Two rules bar it.",
        blocked_by=("rule A", "rule B"),
        relax=(("rule A", "closure [C]"), ("rule B",)),
    )
    assert printed(show_why_not, asked) == (
        "\nWhy not Iran (IR)? It is blocked.\n"
        "Two rules bar it.\n"
        "Blocked by: rule A; rule B\n"
        "There would be a way without\n"
        "  rule A and closure [C]\n"
        "  or rule B\n"
    )


def test_why_not_does_not_repeat_itself():
    asked = why_not(text="Blocked by rule A.", blocked_by=("rule A",), relax=(("rule A",),))
    assert printed(show_why_not, asked) == (
        "\nWhy not Iran (IR)? No way passes there at all.\nBlocked by rule A.\n"
    )


def test_why_not_shows_the_best_way_there_is():
    asked = why_not(name="IR", verdict="dominated", best=caspian())
    text = " ".join(printed(show_why_not, asked).split())
    assert text.startswith("Why not IR? It can be done, but other ways beat it.")
    assert "14.2 days (75% on time), 1,080 USD/TEU, 107 kg CO2e/t: rail 1435 mm" in text
    by_weight = replace(caspian(), t_per_teu=None, on_time=None)
    assert "14.2 days, 108 USD/t" in printed(show_why_not, why_not(best=by_weight))


@pytest.mark.parametrize("width", [80, 100])
def test_what_a_user_wrote_is_no_markup(width):
    asked = replace(answer().origin, asked="[bold]x[/bold]", access_km=1.0)
    assert "[bold]x[/bold]" in printed(show_answer, answer(origin=asked), width=width)
