"""Elements lost one at a time: against assigning anew, integrals, and reasons known beforehand."""

from dataclasses import replace
from datetime import date
from itertools import combinations, pairwise

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from tests.builders import line, places, study_of

import sogdia
from sogdia.analysis.criticality.elements import Element
from sogdia.analysis.criticality.simulated import with_event
from sogdia.analysis.criticality.stress import stress
from sogdia.analysis.measures import measure_period
from sogdia.assignment import AssignmentOptions
from sogdia.assignment.outage import OutageSolver
from sogdia.errors import DataError
from sogdia.scenario import Scenario, default_scenario
from sogdia.study import base_id

EVERY = ("links", "terminals", "services", "nodes", "countries")


@pytest.fixture(scope="module")
def everything(small_study):
    return stress(small_study, elements=EVERY, threads=2)


def harm_by_tables(study, scenario, element, days, capacity_left=0.0):
    """The same figures from two assignments of the whole year, by the rows of their shippers."""
    before = sogdia.assign(study, scenario).solution.periods[-1]
    under = with_event(scenario, element, before.period, capacity_left)
    after = sogdia.assign(study, under).solution.periods[-1]
    one, other = (measure_period(part).shippers for part in (before, after))
    both = one.join(other, on=["demand_id", "shipper"], suffix="_after")
    assert both.height == one.height
    kt, left = pl.col("shipped_kt"), pl.col("shipped_kt_after")
    used = both.filter(kt > 0)
    years = days / 365.0

    def extra(name):
        per_t = pl.col(name) / kt
        return used.select((pl.col(f"{name}_after") - per_t * left).sum()).item() * years

    return {
        "lost_kt": both.select((kt - left).sum()).item() * years,
        "extra_cost_usd": extra("money_usd"),
        "extra_co2_kt": extra("co2_kt"),
        "extra_kt_days": extra("time_kt_h") / 24.0,
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("link", "KZDST-RUMOW"),
        ("link", "KZSCO-AZALT"),
        ("terminal", "PLMAL-border"),
        ("service", "feeder"),
        ("node", "DEDUI"),
        ("country", "GE"),
    ],
)
def test_a_loss_is_an_assignment_under_a_closing_event(everything, small_study, kind, name):
    scenario = default_scenario(small_study)
    expected = harm_by_tables(small_study, scenario, Element(kind, name, name), 365.0)
    row = everything.elements.row(
        by_predicate=(pl.col("kind") == kind) & (pl.col("element") == name), named=True
    )
    row["extra_kt_days"] = row["extra_days"] * row["through_kt"]
    for figure, value in expected.items():
        assert row[figure] == pytest.approx(value, rel=1e-4, abs=1e-3), figure


def test_what_passed_is_what_the_assignment_says(everything, small_study):
    part = sogdia.assign(small_study).solution.periods[-1]
    paths = part.alternatives.paths
    flow = part.path_flow_kt.sum(axis=1)
    ids = [base_id(row) for row in part.network.arc["row_id"]]
    for name in ("KZDST-RUMOW", "KZDST-gauge", "feeder"):
        passing = [name in {ids[arc] for arc in paths.arcs[a:b]} for a, b in _spans(paths.first)]
        through = everything.elements.filter(pl.col("element") == name)["through_kt"].item()
        assert through == pytest.approx(flow[passing].sum())


def _spans(first):
    return pairwise(first)


def test_threads_change_no_byte(everything, small_study):
    again = stress(small_study, elements=reversed(EVERY), threads=1)
    assert again.elements.equals(everything.elements)
    assert again.unserved.equals(everything.unserved)
    assert again.base == everything.base


def test_figures_are_for_the_days_of_the_outage(everything, small_study):
    month = stress(small_study, elements=["links"], days=36.5)
    year = everything.elements.filter(pl.col("kind") == "link")
    assert month.elements["element"].to_list() == year["element"].to_list()
    for name in ("through_kt", "lost_kt", "extra_cost_usd", "welfare_loss_usd", "extra_co2_kt"):
        assert np.allclose(month.elements[name], year[name] / 10.0)
    assert np.allclose(month.elements["extra_days"], year["extra_days"])
    assert month.base["shipped_kt"] == pytest.approx(everything.base["shipped_kt"] / 10.0)


def test_a_day_chooses_the_network(small_study):
    early = stress(small_study, elements=["links"], on=date(2024, 3, 15))
    assert early.period.start <= date(2024, 3, 15) <= early.period.end
    assert "AZALT-ROCND" not in early.elements["element"].to_list()  # opens in July
    late = stress(small_study, elements=["links"])
    assert late.on == date(2024, 12, 31)
    assert "AZALT-ROCND" in late.elements["element"].to_list()


# ---- by hand ----


def two_roads(**further):
    """A to C by B for 10 USD a tonne, or by D for 20, and nothing else to choose by."""
    return study_of(
        node=places("A", "B", "C", "D", country="KZ"),
        link=[
            line("A", "B", cost_usd_t=4.0, length_km=50.0),
            line("B", "C", cost_usd_t=6.0, length_km=50.0),
            line("A", "D", cost_usd_t=10.0, length_km=50.0, **further),
            line("D", "C", cost_usd_t=10.0, time_h=25.0, length_km=50.0),
        ],
        demand=[{"origin": "A", "destination": "C", "quantity_kt": 365.0}],
    )


def surplus(cost, reserve):
    """What is left to shippers of 365 kt at a cost, by numerical integration; million USD."""
    curve = quad(lambda x: 1.0 / (1.0 + (x / reserve) ** 20), cost, 20 * reserve, limit=500)[0]
    return 0.365 * curve


def test_a_dearer_way_costs_the_difference_and_the_logsum_tells_the_welfare():
    row = stress(two_roads(), elements=["links"]).elements.row(
        by_predicate=pl.col("element") == "A-B", named=True
    )
    odds = (10.0 / 20.0) ** 8  # the scale of the choice by default; both ways are of equal size
    dear = odds / (1.0 + odds)
    assert row["through_kt"] == pytest.approx(365.0 * (1.0 - dear))
    assert row["lost_kt"] == pytest.approx(0.0, abs=1e-6)
    assert row["extra_cost_usd"] == pytest.approx(10.0 * (1.0 - dear) * 365e3)
    assert row["extra_days"] == pytest.approx(24.0 / 24.0)
    both = (10.0**-8 + 20.0**-8) ** (-1 / 8)
    reserve = 10.0 * both
    loss = surplus(both, reserve) - surplus(20.0, reserve)
    assert row["welfare_loss_usd"] == pytest.approx(1e6 * loss, rel=1e-6)


def test_who_has_no_way_loses_all_the_surplus():
    study = two_roads(capacity_kt_y=1000.0)
    found = stress(study, elements=["nodes"], days=36.5)
    row = found.elements.row(by_predicate=pl.col("element") == "C", named=True)
    assert row["lost_kt"] == pytest.approx(36.5)
    assert row["extra_cost_usd"] == 0.0
    both = (10.0**-8 + 20.0**-8) ** (-1 / 8)
    assert row["welfare_loss_usd"] == pytest.approx(1e5 * surplus(both, 10.0 * both), rel=1e-6)
    assert found.unserved.filter(pl.col("element") == "C").rows() == [
        ("C", "node", "A", "C", "goods", pytest.approx(36.5), "no path")
    ]


def test_other_ways_that_are_full_are_the_reason():
    found = stress(two_roads(capacity_kt_y=100.0), elements=["links"])
    row = found.unserved.row(by_predicate=pl.col("element") == "A-B", named=True)
    assert row["reason"] == "capacity"
    assert row["kt"] == pytest.approx(265.0, rel=1e-3)


def test_other_ways_that_are_closed_are_the_reason():
    study = two_roads(open_from=date(2030, 1, 1))
    found = stress(study, elements=["links"])
    assert found.unserved.filter(pl.col("element") == "A-B")["reason"].to_list() == ["closed"]


def test_other_ways_that_are_denied_are_the_reason():
    study = two_roads()
    rule = {"places": ["D"], "applies_to": ["transit"]}
    scenario = Scenario.model_validate({"name": "not-by-D", "rule": [rule]})
    found = stress(study, scenario, elements=["links"])
    assert found.unserved.filter(pl.col("element") == "A-B")["reason"].to_list() == ["policy"]
    idle = found.elements.filter(pl.col("element") == "A-D").row(0, named=True)
    assert (idle["through_kt"], idle["lost_kt"], idle["welfare_loss_usd"]) == (0.0, 0.0, 0.0)


def test_half_of_a_capacity_is_left():
    study = two_roads()
    narrow = study.link.with_columns(
        capacity_kt_y=pl.when(pl.col("link_id") == "A-B").then(400.0)
        .when(pl.col("link_id") == "D-C").then(100.0)
    )  # fmt: skip
    found = stress(study.with_tables(link=narrow), elements=["links"], capacity_left=0.5)
    lost = dict(found.elements.select("element", "lost_kt").iter_rows())
    assert lost["A-B"] == pytest.approx(365.0 - 200.0 - 100.0, rel=1e-3)
    assert lost["B-C"] == lost["A-D"] == 0.0  # of no stated capacity
    assert set(found.unserved["reason"]) == {"capacity"}


def test_half_of_a_service_is_fewer_departures(small_study):
    found = stress(small_study, elements=["services"], capacity_left=0.5)
    element = Element("service", "feeder", "feeder")
    expected = harm_by_tables(small_study, default_scenario(small_study), element, 365.0, 0.5)
    row = found.elements.row(by_predicate=pl.col("element") == "feeder", named=True)
    assert abs(expected["extra_cost_usd"]) > 1.0
    for figure in ("lost_kt", "extra_cost_usd", "extra_co2_kt"):
        assert row[figure] == pytest.approx(expected[figure], rel=1e-4, abs=1e-3)


def test_the_record_weighs_what_is_lost():
    study = two_roads(capacity_kt_y=100.0)
    row = {"element_kind": "link", "events": 3, "years": 7.0, "duration_days": 10.0}
    disruption = [
        row | {"disruption_id": "d1", "element_id": "A-B", "capacity_factor": 0.2},
        row | {"disruption_id": "d2", "element_id": "A-B", "uses": "container"},
    ]
    record = study_of(disruption=disruption).disruption
    found = stress(study.with_tables(disruption=record), elements=["links"], days=73.0)
    table = {row["element"]: row for row in found.elements.iter_rows(named=True)}
    assert table["A-B"]["lost_kt"] == pytest.approx(265.0 / 5.0, rel=1e-3)
    assert table["A-B"]["outages_per_year"] == pytest.approx(0.5 + 0.5)
    expected = 0.5 * 10.0 * 0.8 * 265.0 / 365.0  # goods in bulk; no container is shipped
    assert table["A-B"]["expected_lost_kt_y"] == pytest.approx(expected, rel=1e-3)
    assert table["B-C"]["outages_per_year"] is None
    assert table["B-C"]["expected_lost_kt_y"] is None


# ---- pairs ----


def pairs_by_brute_force(study, days):
    """What every pair of links loses together, each assigned from nothing."""
    solution = sogdia.assign(study).solution
    part = solution.periods[-1]
    solver = OutageSolver(solution, part)
    base = measure_period(part).figures["shipped_kt"]
    lost = {}
    for pair in combinations(study.link["link_id"], 2):
        shut = part.network.arc["row_id"].is_in(pair).to_numpy()
        left = solver.solve_cold(shut & (part.network.arc["kind"] == "link").to_numpy())
        shipped = float(left.equilibrium.loading.flow.sum())
        lost[frozenset(pair)] = (base - shipped) * days / 365.0
    return lost


def grid():
    """Two origins, two destinations, and four roads of which each has room for some."""
    names = [f"{a}-{b}" for a in "PQ" for b in "RS"]
    middle = [line(*name.split("-"), cost_usd_t=3.0, capacity_kt_y=60.0) for name in names]
    middle[0] |= {"cost_usd_t": 2.0, "capacity_kt_y": 90.0}
    ends = [line(a, b, cost_usd_t=1.0) for a in "AB" for b in "PQ"]
    ends += [line(a, b, cost_usd_t=1.0) for a in "RS" for b in "CD"]
    demand = [
        {"origin": a, "destination": b, "quantity_kt": kt}
        for a, b, kt in (("A", "C", 40.0), ("A", "D", 30.0), ("B", "C", 20.0), ("B", "D", 50.0))
    ]
    return study_of(node=places(*"ABPQRSCD", country="KZ"), link=middle + ends, demand=demand)


def test_the_worst_pairs_are_those_of_trying_them_all():
    study = grid()
    found = stress(study, elements=["links"], n=2, top_pairs=6, days=73.0)
    lost = pairs_by_brute_force(study, 73.0)
    alone = dict(found.elements.select("element", "lost_kt").iter_rows())
    worse = {
        pair: kt for pair, kt in lost.items() if kt > max(alone[element] for element in pair) + 1e-3
    }
    best = sorted(worse.values(), reverse=True)[:6]
    assert found.pairs["lost_kt"].to_list() == pytest.approx(best, abs=1e-3)
    for row in found.pairs.iter_rows(named=True):
        pair = frozenset((row["first"], row["second"]))
        assert row["lost_kt"] == pytest.approx(worse[pair], abs=1e-3)
        apart = sum(alone[element] for element in pair)
        assert row["beyond_kt"] == pytest.approx(row["lost_kt"] - apart, abs=1e-6)
        assert row["lost_kt"] <= row["bound_kt"] + 1e-3
    search = found.pair_search
    assert search is not None
    assert search.bound_kt is not None
    assert search.pairs == len(lost) == 66
    assert 0 < search.solved < 66 - search.no_worse
    assert search.exceeded == 0
    tried = 66 - search.no_worse - search.solved
    assert sum(kt > search.bound_kt + 1e-3 for kt in lost.values()) <= 66 - tried


def test_pairs_do_not_depend_on_threads():
    one, other = (stress(grid(), elements=["links"], n=2, threads=n) for n in (1, 3))
    assert one.pairs.equals(other.pairs)
    assert one.pair_search == other.pair_search


# ---- what cannot be asked ----


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"n": 3}, "n 3 is neither 1 nor 2"),
        ({"days": 0.0}, "days 0 is not a number above 0"),
        ({"capacity_left": 1.0}, "capacity_left 1 is not a share from 0 to less than 1"),
        ({"capacity_left": float("nan")}, "capacity_left nan is not a share"),
        ({"threads": 0}, "threads 0 is not a number from 1"),
        ({"elements": ["bridges"]}, "elements 'bridges' is none of links"),
        ({"elements": ["services"]}, "there are no service elements to remove"),
        ({"on": date(2025, 1, 1)}, "2025-01-01 is not in 2024"),
        ({"year": 2020}, "no demand in 2020"),
    ],
)
def test_slips_are_named(asked, message):
    with pytest.raises(DataError, match=message):
        stress(two_roads(), **asked)


def test_all_slips_are_named_at_once():
    with pytest.raises(DataError) as caught:
        stress(two_roads(), n=0, days=-1.0, capacity_left=2.0, top_pairs=0, threads=-1)
    assert len(caught.value.problems) == 5


def test_trips_are_not_freight():
    trips = study_of(
        node=places("A", "B"), link=[line("A", "B")], trip=[{"origin": "A", "destination": "B"}]
    )
    with pytest.raises(DataError, match="has trips and no demand for freight"):
        stress(trips)


def test_options_are_those_of_the_assignment():
    wide = stress(two_roads(), elements=["links"], options=AssignmentOptions(detour=1.5))
    row = wide.elements.row(by_predicate=pl.col("element") == "A-D", named=True)
    assert row["through_kt"] == 0.0  # twice as dear is then an absurd detour
    assert replace(wide, seconds=0.0).seconds == 0.0
