"""The terminal shows all that a simulation found within its width, by the names of places."""

import io
from datetime import date

import pytest
from rich.console import Console
from tests.builders import line, places, study_of
from tests.report import simulated
from tests.report.simulated import BACK, FERRY, GAUGE, LINE

from sogdia.report.simulation_tables import (
    Names,
    Selection,
    interrupted,
    made_of_asked,
    precise,
    show_simulation,
)
from sogdia.simulation.sample import MOST_FOR_PRECISION

STUDY = simulated.study()
RED = "\x1b[1;31m"
INDICATORS = simulated.indicators(
    {
        "corridor": "titr",
        "section": "KZDOS – KZSCX",
        "kind": "section",
        "samples": 1200.0,
        "time_h": 100.4,
        "time_cv": 0.256,
        "cost_usd": 1250.0,
        "swd_km_h": 12.4,
        "swod_km_h": None,
    }
)


def printed(result=None, width=100, **options):
    stream = io.StringIO()
    show_simulation(
        result or simulated.result(), STUDY, Console(file=stream, width=width), **options
    )
    text = stream.getvalue()
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    return text


def row(text, start):
    """The cells of the first line that starts so."""
    lines = (line.split() for line in text.splitlines())
    return next(cells for cells in lines if cells[: len(start.split())] == start.split())


def titles(text):
    names = (
        "OVERLOADED",
        "Transit time by c",
        "Transit time by o",
        "Bottlenecks",
        "Delays",
        "Corridor",
    )
    return [name for name in names if f"\n{name}" in text]


def test_the_head_says_what_was_simulated():
    assert printed().splitlines()[:3] == [
        "silk · as-is · 2024-01-01 to 2024-12-31, 60 days of warm-up before, seed 7",
        "20 replications of 4,322 shipments, 1,234,567 events · 2.3 s · mean transit time ±1.2%",
        "",
    ]


def test_a_single_replication_tells_no_precision():
    result = simulated.result(replications=1, asked=1, reached=float("nan"), warm_up_days=0)
    head = printed(result).splitlines()[:2]
    assert head[0].endswith("2024-12-31, no warm-up, seed 7")
    assert head[1] == "1 replication of 4,322 shipments, 1,234,567 events · 2.3 s"


def test_transit_times_by_corridor():
    text = printed()
    assert row(text, "titr east") == [
        *("titr", "east", "168", "24.1", "23.8–24.5", "23.0", "31.0", "34.5"),
        *("9.0", "10.1", "3.0", "2.0"),
    ]
    assert [
        line.split()[:2] for line in text.splitlines() if line.startswith(("titr", "other"))
    ] == [
        ["other", "west"],
        ["titr", "east"],
        ["titr", "west"],
    ]


def test_transit_times_by_pair_the_largest_flow_first():
    text = printed()
    lines = text[text.index("by origin") :].splitlines()[4:]
    assert [line.split()[0] for line in lines[:2]] == ["Aktau", "Xi'an"]
    assert row(text, "Aktau (city) Alat copper") == [
        *("Aktau", "(city)", "Alat", "copper", "500", "7.1", "23.8–24.5", "23.0", "31.0", "34.5"),
        "10.1",
    ]
    assert "P90: nine of ten shipments take no longer." in text


def test_bottlenecks_are_ranked_with_their_ids():
    text = printed()
    lines = text[text.index("Bottlenecks") :].splitlines()
    assert lines[4].startswith("ferry, Aktau (sea port) → Alat ")
    assert lines[4].split()[6:] == ["183,773", "–", "317", "300–335", "720", "12.5"]
    assert lines[5].strip() == "ferry-a + ferry-b"
    assert row(text, "gauge change at Dostyk (TEU)")[5:] == [
        *("15,166", "87.3%", "2.13", "2.00–2.26", "9.50", "0.410")
    ]
    assert "dostyk-aktau" not in text


def test_delays_are_by_cause_the_dearest_first():
    text = printed()
    assert text.index("storms") < text.index("strike [of ferries]")
    assert row(text, "storms") == ["storms", "200", "25.0", "7,000"]
    assert row(text, "strike") == ["strike", "[of", "ferries]", "10.0", "24.0", "336"]


def test_a_narrow_terminal_leaves_medians_and_intervals_out():
    text = printed(width=80)
    assert "interval" not in text
    assert "P50" not in text
    assert row(text, "titr east") == [
        *("titr", "east", "168", "24.1", "31.0", "34.5", "9.0", "10.1", "3.0", "2.0")
    ]


def test_what_is_overloaded_is_said_first():
    grown = simulated.overloads(simulated.overload(GAUGE, 0.5), simulated.overload(FERRY, 3.2))
    text = printed(simulated.result(overloads=grown))
    assert titles(text)[0] == "OVERLOADED"
    assert text.index("OVERLOADED") < text.index("Transit")
    assert row(text, "ferry, Aktau (sea port) → Alat")[6:] == ["3.20", "2024-03-01", "410"]
    assert text.index("ferry-a + ferry-b") < text.index("dostyk-gauge")
    assert "Waits there last the longer the more days are simulated." in text


def test_overloaded_bottlenecks_stand_out():
    grown = simulated.overloads(simulated.overload(FERRY, 3.2))
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system="standard")
    show_simulation(simulated.result(overloads=grown), STUDY, console)
    ranking = stream.getvalue().split("Bottlenecks")[1].splitlines()
    red = {
        figure: RED in line
        for line in ranking
        for figure in ("183,773", "15,166")
        if figure in line
    }
    assert red == {"183,773": True, "15,166": False}


def test_indicators_are_shown_where_there_are_some():
    assert titles(printed()) == [
        "Transit time by c",
        "Transit time by o",
        "Bottlenecks",
        "Delays",
    ]
    text = printed(simulated.result(indicators=INDICATORS))
    assert titles(text)[-1] == "Corridor"
    assert row(text, "titr Dostyk – Aktau (city)")[5:] == [
        *("section", "1,200", "100", "0.26", "1,250", "12.4", "–")
    ]
    text = printed(
        simulated.result(indicators=INDICATORS), selection=Selection(corridor=("other",))
    )
    assert "(CAREC CPMM)\nNone." in text


def test_without_delays_there_is_no_table_of_them():
    assert "Delays" not in printed(simulated.result(delays=simulated.delays()))


def test_a_quiet_network_says_so():
    text = printed(simulated.result(elements=simulated.elements()))
    assert "hours waited\nNothing waits anywhere." in text


def test_long_lists_are_cut_and_say_so():
    text = printed(top=1)
    assert text.count("2 more; --top 0 shows all.") == 1
    assert text.count("1 more; --top 0 shows all.") == 2
    assert "more;" not in printed(top=None)


@pytest.mark.parametrize(
    ("selection", "shown"),
    [
        (Selection(), ["Transit time by c", "Transit time by o"]),
        (Selection(corridor=("titr",)), ["Transit time by c"]),
        (Selection(origin=("CNXIA",)), ["Transit time by o"]),
        (
            Selection(corridor=("titr",), commodity=("copper",)),
            ["Transit time by c", "Transit time by o"],
        ),
    ],
)
def test_only_what_is_chosen_is_shown(selection, shown):
    assert titles(printed(selection=selection))[: -2 or None] == shown


def test_chosen_rows():
    text = printed(
        selection=Selection(corridor=("titr",), origin=("CNXIA",), destination=("AZALA",))
    )
    assert "other" not in text
    assert "machinery" in text
    assert "copper" not in text
    assert "electronics" not in text


def test_where_nothing_arrived_there_is_no_time():
    empty = simulated.result().transit.with_columns(shipments=0.0, mean_days=None)
    assert "commodity, days\nNone." in printed(simulated.result(transit=empty))


def test_figures_that_do_not_exist_are_dashes():
    frame = simulated.result().corridors.with_columns(ci_low=None, waiting_days=-1e-9)
    cells = row(printed(simulated.result(corridors=frame)), "titr west")
    assert cells[4] == "–"
    assert cells[9] == "0.0"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (FERRY, "ferry, Aktau (sea port) → Alat"),
        (BACK, "ferry, Alat → Aktau (sea port)"),
        (("ferry-a|ferry-b", "service", False, None), "ferry, Alat → Aktau (sea port)"),
        (GAUGE, "gauge change at Dostyk (TEU)"),
        (("dostyk-border", "terminal", None, "kt"), "border with CN at Dostyk"),
        (("alat-port", "terminal", None, "t"), "ferry–rail transshipment at Alat (yard)"),
        (LINE, "rail, Dostyk – Aktau (sea port)"),
        (("lanxin", "link", None, None), "rail, Xi'an International Port → Dostyk"),
        (("dostyk-aktau", "link", False, "kt"), "rail, Aktau (sea port) → Dostyk"),
        (("unheard-of", "link", None, "kteu"), "unheard-of"),
        (("unheard-of", "service", True, None), "unheard-of"),
        (("unheard-of", "terminal", None, None), "unheard-of"),
    ],
)
def test_elements_are_called_by_what_they_are(key, words):
    element = simulated.element_row(key)
    assert Names.of(STUDY).element(element) == words


def test_places_without_a_name_are_called_by_their_ids():
    study = study_of(node=places("A", "B", name=None), link=[line("A", "B", mode="sea")])
    element = simulated.element_row(("A-B", "link", True, "kt"))
    assert Names.of(study).element(element) == "sea, A → B"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("CNXIA – KZDOS", "Xi'an International Port – Dostyk"),
        ("CNXXX / KZDOS", "CNXXX / Dostyk"),
        ("KZDOS", "Dostyk"),
        ("all of it", "all of it"),
    ],
)
def test_sections_are_called_by_their_places(text, named):
    assert Names.of(STUDY).section(text) == named


@pytest.mark.parametrize(
    ("fields", "was_interrupted", "was_precise", "made"),
    [
        ({}, False, True, "20 of 20 replications"),
        ({"replications": 1, "asked": 2}, True, True, "1 of 2 replications"),
        ({"asked": None, "precision": 0.02}, False, True, "20 replications"),
        ({"asked": None, "precision": 0.01}, True, False, "20 replications"),
        (
            {"asked": None, "precision": 0.01, "replications": MOST_FOR_PRECISION},
            False,
            False,
            "10,000 replications",
        ),
        (
            {"asked": None, "precision": 0.01, "reached": float("nan"), "replications": 1},
            False,
            False,
            "1 replication",
        ),
    ],
)
def test_how_it_ended(fields, was_interrupted, was_precise, made):
    result = simulated.result(**fields)
    assert interrupted(result) == was_interrupted
    assert precise(result) == was_precise
    assert made_of_asked(result) == made
    head = printed(result)
    assert ("Interrupted after" in head) == was_interrupted
    assert ("is not reached" in head) == (not was_interrupted and not was_precise)


def test_what_a_user_wrote_is_no_markup():
    text = printed(simulated.result(study_name="[bold]x[/bold]", start=date(2024, 2, 1), days=1))
    assert text.startswith("[bold]x[/bold] · as-is · 2024-02-01 to 2024-02-01")
