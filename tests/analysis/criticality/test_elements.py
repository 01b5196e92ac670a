"""What goes with an element: the same arcs as an event that closes it leaves out."""

from datetime import date

import numpy as np
import pytest
from tests.builders import line, places, study_of

from sogdia.analysis.criticality.arcs import MOVING, ElementArcs
from sogdia.analysis.criticality.elements import (
    KINDS,
    Element,
    asked_under,
    elements_of,
    kinds_of,
    records_of,
)
from sogdia.assignment.requests import year_of_demand
from sogdia.errors import DataError
from sogdia.network.compile import compile_network
from sogdia.scenario import periods, study_at


def sea(**tables):
    """Ports A and C over a sea by two ships that share a berth and one that does not, or by B."""
    ship = {"link_id": "A-C", "batch_capacity_t": 5000.0}
    return study_of(
        node=[
            *places("A", "C", country="KZ"),
            {"node_id": "B", "country": "AZ", "kind": "chokepoint"},
        ],
        link=[
            line("A", "C", mode="ferry", directed=False, country="KZ,IR"),
            line("A", "B", country="KZ,AZ", directed=False, capacity_kt_y=100.0),
            line("B", "C", directed=False),
        ],
        terminal=[
            {"terminal_id": f"port-{node}", "node_id": node, "to_mode": "ferry"} for node in "AC"
        ],
        service=[
            {"service_id": "one", **ship},
            {"service_id": "two", "departures_week": 21.0, **ship},
            {"service_id": "three", "allowed_uses": "bulk,wagon", **ship},
        ],
        demand=[{"origin": "A", "destination": "C", "quantity_kt": 10.0}],
        **tables,
    )


def last_period(study):
    asked = year_of_demand(study, None, None)
    period = periods(asked.study, asked.scenario, asked.year)[-1]
    now = study_at(asked.study, period, asked.year)
    return asked, period, now, compile_network(now)


def moving(network, kept=None):
    """The arcs on which goods are moved or handled, by their rows and the states at their ends."""
    states = network.state.rows()
    rows = network.arc.select("kind", "row_id", "link_id", "forward").rows()
    every = range(len(rows)) if kept is None else np.flatnonzero(kept)
    return {
        (rows[arc], states[network.tail[arc]], states[network.head[arc]])
        for arc in every
        if rows[arc][0] in MOVING
    }


@pytest.mark.parametrize("name", ["small", "sea"])
def test_the_arcs_are_those_that_an_event_takes_away(name, small_study):
    study = small_study if name == "small" else sea()
    asked, period, now, network = last_period(study)
    arcs = ElementArcs(network, now)
    elements = elements_of(now, arcs, KINDS)
    assert {element.kind for element in elements} >= {"link", "terminal", "service", "country"}
    for element in elements:
        under = asked_under(asked, period, [element], 0.0)
        left = compile_network(study_at(under.study, period, under.year))
        shut = arcs.shut(element)
        if shut is None:
            assert not moving(left) <= moving(network), element
        else:
            assert moving(network, ~shut) == moving(left), element
            assert moving(left) < moving(network), element


def test_a_service_that_shares_its_berth_leaves_another_network():
    _, _, now, network = last_period(sea())
    pooled = {
        name: ElementArcs(network, now).shut(Element("service", name, name)) is None
        for name in ("one", "two", "three")
    }
    assert pooled == {"one": True, "two": True, "three": False}


def test_such_a_service_has_its_share_of_what_the_berth_carries():
    _, _, now, network = last_period(sea())
    shares = [
        ElementArcs(network, now).share(Element("service", name, name))
        for name in ("one", "two", "three")
    ]
    assert shares == [0.25, 0.75, 1.0]


def test_rows_that_an_event_split_are_one_element():
    event = {"element_kind": "country", "element_id": "KZ", "effect": "time", "factor": 2.0}
    goods = [{"commodity_id": "goods"}, {"commodity_id": "boxes", "use": "container"}]
    study = sea(event=[event | {"from_date": date(2024, 1, 1), "uses": "bulk"}], commodity=goods)
    _, _, now, network = last_period(study)
    assert any("@" in row for row in now.link["link_id"])
    links = elements_of(now, ElementArcs(network, now), ["link"])
    assert sorted(one.element for one in links) == ["A-B", "A-C", "B-C"]


def test_a_chokepoint_is_a_node_but_not_twice():
    _, _, now, network = last_period(sea())
    arcs = ElementArcs(network, now)
    both = elements_of(now, arcs, ["node", "chokepoint"])
    assert sorted((one.kind, one.element) for one in both) == [
        ("chokepoint", "B"),
        ("node", "A"),
        ("node", "C"),
    ]
    assert [one.kind for one in elements_of(now, arcs, ["node"])] == ["node"] * 3


def test_what_has_no_arc_is_no_element():
    study = sea()
    lonely = study.node.head(1).to_dicts()[0] | {"node_id": "X", "country": "UZ"}
    frame = study.node.vstack(type(study.node)([lonely], schema=study.node.schema))
    _, _, now, network = last_period(study.with_tables(node=frame))
    arcs = ElementArcs(network, now)
    names = {one.element for one in elements_of(now, arcs, ["node", "country"])}
    assert names == {"A", "B", "C", "AZ", "KZ", "IR"}


def test_kinds_are_named_in_the_plural():
    assert kinds_of(["countries", "links", "links"]) == ("link", "country")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["link"], "elements 'link' is none of links, terminals, .*; nearest: links"),
        ([], "no elements to remove; name some of links"),
    ],
)
def test_others_are_refused(names, message):
    with pytest.raises(DataError, match=message):
        kinds_of(names)


def test_the_record_of_disruptions_is_a_rate_a_duration_and_what_it_takes():
    row = {
        "element_kind": "node",
        "element_id": "B",
        "events": 3,
        "years": 7.0,
        "duration_days": 10.0,
        "capacity_factor": 0.4,
        "uses": "bulk,wagon",
    }
    found = records_of(sea(disruption=[row]), Element("chokepoint", "B", "B"))
    assert len(found) == 1
    assert found[0].outages_per_year == pytest.approx(0.5)
    assert found[0].lost_share == pytest.approx(0.6)
    assert found[0].uses == {"bulk", "wagon"}
    assert records_of(sea(), Element("chokepoint", "B", "B")) == []
