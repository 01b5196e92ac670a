"""What a name stands for, arc by arc, on a border of two crossings and a sea."""

from datetime import date

import numpy as np
import pytest
from tests.builders import line, study_of

from sogdia.errors import DataError
from sogdia.routing.snapshot import snapshot
from sogdia.routing.token import Token
from sogdia.routing.where import arcs_to_avoid, region, services_of
from sogdia.scenario import Scenario

NODES = {"XIA": "CN", "ALA": "CN", "HOR": "CN", "DOS": "KZ", "ALT": "KZ", "AKT": "KZ"}
NODES |= {"BAK": "AZ", "OMS": "RU"}
WIDE = {"from_mode": "rail", "to_mode": "rail", "from_gauge_mm": 1520, "to_gauge_mm": 1520}
NARROW = {"from_mode": "rail", "to_mode": "rail", "from_gauge_mm": 1435, "to_gauge_mm": 1435}


def rail(start, end, gauge, country):
    return line(start, end, mode="rail", gauge_mm=gauge, directed=False, country=country)


def boat(name, link, operator):
    return {"service_id": name, "link_id": link, "operator": operator, "batch_capacity_t": 1e3}


@pytest.fixture(scope="module")
def snap():
    """From China over Dostyk or Altynkol to Kazakhstan, and on by sea or to Russia."""
    study = study_of(
        node=[
            {"node_id": node, "country": country, "x_coord": -float(k)}
            for k, (node, country) in enumerate(NODES.items())
        ],
        link=[
            rail("XIA", "ALA", 1435, "CN"),
            rail("ALA", "DOS", 1435, "CN,KZ"),
            rail("HOR", "ALT", 1435, "CN,KZ"),
            rail("DOS", "AKT", 1520, "KZ"),
            # the way to Russia begins at Dostyk too, and the sea bears no country
            rail("DOS", "OMS", 1520, "KZ,RU"),
            line("AKT", "BAK", mode="ferry"),
            line("AKT", "BAK", mode="sea", link_id="AKT-BAK-box"),
        ],
        terminal=[
            {"terminal_id": "DOS-border", "node_id": "DOS", "operation": "border"}
            | {"neighbour": "CN"}
            | NARROW,
            {"terminal_id": "DOS-border-RU", "node_id": "DOS", "operation": "border"}
            | {"neighbour": "RU"}
            | WIDE,
            {"terminal_id": "DOS-gauge", "node_id": "DOS", "operation": "gauge_change"}
            | NARROW
            | {"to_gauge_mm": 1520},
            {"terminal_id": "ALT-border", "node_id": "ALT", "operation": "border"}
            | {"neighbour": "CN"}
            | NARROW,
            {"terminal_id": "AKT-port", "node_id": "AKT", "from_mode": "rail"}
            | {"from_gauge_mm": 1520, "to_mode": "ferry"},
        ],
        service=[
            boat("night", "AKT-BAK", "ASCO"),
            boat("joint", "AKT-BAK-box", "KMTF and ASCO"),
            boat("other", "AKT-BAK-box", "KMTF"),
        ],
        corridor=[
            {"corridor_id": "long", "priority": 0, "all_of": "CN,AZ"},
            {"corridor_id": "middle", "priority": 1, "all_of": "KZ,AZ", "none_of": "RU"}
            | {"any_of": "AKT-BAK,AKT-BAK-box"},
            {"corridor_id": "sea", "priority": 2, "any_of": "AKT-BAK,AKT-BAK-box"},
            {"corridor_id": "rest", "priority": 3},
        ],
    )
    return snapshot(study, Scenario(name="as-is"), date(2024, 7, 1))


def token(kind, key):
    return Token(key, kind, key, key)


def arcs(snap, mask):
    """The arcs of a mask: rows of tables by their id, ends of shipments by kind and place."""
    chosen = snap.network.arc.with_columns(mask=mask).filter("mask")
    return sorted(
        row_id if kind in ("link", "service", "terminal") else f"{kind} {row_id}"
        for kind, row_id in chosen.select("kind", "row_id").iter_rows()
    )


def both(*names):
    """Each name twice, for arcs there and back."""
    return sorted([*names, *names])


def access(*places):
    """Access and egress of the places, once for each of the states there."""
    return [f"{kind} {place}" for place in places for kind in ("access", "egress")]


DOSTYK = [
    *both("ALA-DOS", "DOS-AKT", "DOS-OMS", "DOS-border", "DOS-border-RU", "DOS-gauge"),
    *access("DOS", "DOS"),
]


@pytest.mark.parametrize(
    ("kind", "key", "expected"),
    [
        ("country", "RU", [*both("DOS-OMS"), *access("OMS")]),
        ("country", "AZ", ["joint|other", "night", *access("BAK", "BAK")]),
        (
            "country",
            "CN",
            [*both("XIA-ALA", "ALA-DOS", "HOR-ALT"), *access("XIA", "ALA", "HOR")],
        ),
        ("country", "DE", []),
        ("place", "DOS", DOSTYK),
        ("place", "BAK", ["joint|other", "night", *access("BAK", "BAK")]),
        ("link", "ALA-DOS", both("ALA-DOS")),
        ("link", "AKT-BAK", ["night"]),
        ("terminal", "DOS-gauge", both("DOS-gauge")),
        ("service", "joint", ["joint|other"]),
        ("operator", "ASCO", ["joint|other", "night"]),
        ("mode", "ferry", ["night"]),
        ("mode", "rail", both("XIA-ALA", "ALA-DOS", "HOR-ALT", "DOS-AKT", "DOS-OMS")),
        ("mode", "road", []),
    ],
)
def test_a_name_stands_for_the_arcs_that_bear_it(snap, kind, key, expected):
    found = region(snap, token(kind, key))
    assert [arcs(snap, group) for group in found.groups] == [sorted(expected)]
    assert not found.without.any()
    assert (arcs_to_avoid(snap, token(kind, key)) == found.groups[0]).all()


@pytest.mark.parametrize(
    ("crossing", "expected"),
    [
        ("CN-KZ@DOS", both("ALA-DOS", "DOS-border")),
        ("CN-KZ@ALA", both("ALA-DOS")),
        ("CN-KZ@ALT", both("ALT-border", "HOR-ALT")),
        ("KZ-RU@DOS", both("DOS-OMS", "DOS-border-RU")),
    ],
)
def test_a_crossing_is_only_what_joins_its_two_countries_there(snap, crossing, expected):
    """Neither the gauge change, nor lines on into either country, nor the other crossing."""
    assert arcs(snap, arcs_to_avoid(snap, token("crossing", crossing))) == expected


def test_a_corridor_is_all_its_marks_one_of_some_and_none_of_others(snap):
    found = region(snap, token("corridor", "middle"))
    bears = [region(snap, token("country", code)).groups[0] for code in ("KZ", "AZ", "RU")]
    ships = snap.network.arc["kind"].to_numpy() == "service"
    assert np.array_equal(found.groups, [bears[0], bears[1], ships])
    assert (found.without == bears[2]).all()


def test_what_bears_the_only_mark_of_an_earlier_corridor_is_not_a_later_one(snap):
    """The sea comes before the rest; what is told by several marks leaves nothing out."""
    sea, rest = (region(snap, token("corridor", name)) for name in ("sea", "rest"))
    assert not sea.without.any()
    assert (rest.without == sea.groups[0]).all()
    assert rest.groups == ()


def test_a_corridor_of_one_mark_is_avoided_like_the_mark(snap):
    assert arcs(snap, arcs_to_avoid(snap, token("corridor", "sea"))) == ["joint|other", "night"]


@pytest.mark.parametrize(
    ("corridor", "said"),
    [
        (
            "middle",
            "told by KZ,AZ, AKT-BAK,AKT-BAK-box without RU; name a country or a place to avoid",
        ),
        ("rest", "told by no place at all"),
    ],
)
def test_a_corridor_of_several_marks_cannot_be_avoided_as_such(snap, corridor, said):
    with pytest.raises(DataError, match=f"corridor '{corridor}' cannot be avoided.*{said}"):
        arcs_to_avoid(snap, token("corridor", corridor))


@pytest.mark.parametrize(
    ("kind", "key", "expected"),
    [
        ("operator", "ASCO", {"night", "joint"}),
        ("operator", "KMTF", {"joint", "other"}),
        ("operator", "MSC", set()),
        ("service", "night", {"night"}),
        ("country", "KZ", set()),
        ("link", "AKT-BAK", set()),
    ],
)
def test_an_operator_is_every_service_that_it_has_a_part_in(snap, kind, key, expected):
    assert services_of(snap.study, token(kind, key)) == expected
