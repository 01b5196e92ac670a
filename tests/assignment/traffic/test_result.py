"""Frames of a traffic assignment against networkx, hand-made sums and closed forms."""

import itertools

import networkx as nx
import numpy as np
import polars as pl
import pytest
from tests.assignment.traffic.roads import BPR, braess, grid, road, road_study, solve

import sogdia
from sogdia.errors import DataError, InfeasibleError
from sogdia.scenario import Scenario

METHODS = ("aon", "ue", "so", "sue")


@pytest.fixture(scope="module")
def city():
    return grid()


@pytest.fixture(scope="module")
def solved(city):
    return {method: solve(city, method=method, gap=1e-10) for method in METHODS}


def graph_of(result, weight):
    """Return the network with the times of a result."""
    graph = nx.MultiDiGraph()
    for row in result.links.iter_rows(named=True):
        graph.add_edge(row["from_node_id"], row["to_node_id"], weight=row[weight])
    return graph


def test_braess_paradox():
    result = solve(braess(), gap=1e-10)
    result.check()
    flow = dict(result.flows.select("link_id", "flow").iter_rows())
    assert flow == pytest.approx({"s-a": 4, "b-t": 4, "s-b": 2, "a-t": 2, "a-b": 2}, abs=1e-5)
    assert result.pairs["cost"].item() == pytest.approx(92.0, abs=1e-4)
    best = solve(braess(), method="so", gap=1e-10)
    best.check()
    assert dict(best.flows.select("link_id", "flow").iter_rows())["a-b"] == pytest.approx(0.0)
    assert best.objective == pytest.approx(6 * 83.0, abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_results_stand_up_to_their_check(solved, method):
    result = solved[method]
    result.check()
    assert result.converged
    assert result.node_balance < 1e-12
    assert result.method == method


def test_system_optimum_costs_least_and_all_or_nothing_most(solved):
    total = {name: one.totals["cost"].sum() for name, one in solved.items()}
    assert total["so"] < total["ue"] < total["aon"]
    assert solved["so"].objective == pytest.approx(total["so"])


@pytest.mark.parametrize("method", ["ue", "sue"])
def test_skims_are_the_cheapest_ways_of_networkx(solved, method):
    result = solved[method]
    graph = graph_of(result, "time")
    skims = result.skims(co2_kg_km=0.2)
    length = dict(nx.all_pairs_dijkstra_path_length(graph))
    expected = [length[start][end] for start, end in skims.select("origin", "destination").rows()]
    np.testing.assert_allclose(skims["cost"], expected, rtol=1e-12)
    np.testing.assert_allclose(skims["time"], expected, rtol=1e-12)
    hops = {start: nx.single_source_dijkstra_path(graph, start) for start in graph}
    # Every street is 1 km long.
    steps = [
        len(hops[start][end]) - 1 for start, end in skims.select("origin", "destination").rows()
    ]
    np.testing.assert_allclose(skims["length"], steps)
    np.testing.assert_allclose(skims["co2_kg"], 0.2 * skims["length"])
    assert skims.height == result.skim_matrices("car").cost.size
    assert result.skims()["co2_kg"].null_count() == skims.height


@pytest.mark.parametrize("method", METHODS)
def test_frames_agree_with_each_other(solved, method):
    result = solved[method]
    by_path = result.paths.select("links", "forward", "flow").explode("links", "forward")
    loaded = by_path.group_by(link_id="links", forward="forward").agg(pl.col("flow").sum())
    both = result.flows.join(loaded, on=["link_id", "forward"], how="left").fill_null(0.0)
    np.testing.assert_allclose(both["flow"], both["flow_right"], atol=1e-8)
    pairs = result.pairs
    np.testing.assert_allclose(pairs["flow"].sum(), result.study.trip["trips"].sum(), rtol=1e-12)
    assert (pairs["cost"] >= pairs["cheapest"] * (1.0 - 1e-12)).all()
    if method == "ue":
        np.testing.assert_allclose(pairs["cost"], pairs["cheapest"], rtol=1e-6)
    total = result.links.select((pl.col("flow") * pl.col("time")).sum()).item()
    assert result.totals["time"].sum() == pytest.approx(total)
    assert (pairs["flow"] * pairs["time"]).sum() == pytest.approx(total)


def test_volumes_and_saturation_are_those_of_the_tables(solved):
    links = solved["ue"].links
    np.testing.assert_allclose(links["saturation"], links["flow"] / 100.0)
    free = dict(solved["ue"].study.link.select("link_id", "time_h").iter_rows())
    expected = [
        free[link] * (1.0 + 0.15 * (flow / 100.0) ** 4)
        for link, flow in links.select("link_id", "flow").iter_rows()
    ]
    np.testing.assert_allclose(links["time"], expected, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_selected_link_is_used_by_those_whose_paths_have_it(solved, method):
    result = solved[method]
    flows = result.flows.sort("flow", descending=True)
    link, forward = flows["link_id"][0], flows["forward"][0]
    selected = result.select_link(link, forward)
    assert selected["flow"].sum() == pytest.approx(flows["flow"][0])
    by_hand: dict[tuple[str, str], float] = {}
    for row in result.paths.iter_rows(named=True):
        if (link, forward) in set(zip(row["links"], row["forward"], strict=True)):
            key = row["origin"], row["destination"]
            by_hand[key] = by_hand.get(key, 0.0) + row["flow"]
    found = {row[:2]: row[2] for row in selected.select("origin", "destination", "flow").rows()}
    assert found == pytest.approx(by_hand)
    assert (selected["share"] <= 1.0 + 1e-12).all()


def test_both_directions_of_a_link_are_selected_together(solved):
    result = solved["ue"]
    both = result.select_link("n00-n01")["flow"].sum()
    one_way = [result.select_link("n00-n01", forward)["flow"].sum() for forward in (True, False)]
    assert both == pytest.approx(sum(one_way))
    with pytest.raises(DataError, match="no link 'nowhere'"):
        result.select_link("nowhere")


def test_bushes_and_paths_find_the_same_flows(city, solved):
    """The engine of separable problems and that of any problem, made to take this one."""
    hard = grid(capacity_trips=100.0)
    # A hard capacity that nobody reaches asks for the engine that keeps capacities.
    extra = road("n00", "aside", 1.0, capacity_trips=1e6, hard=True)
    study = road_study(
        [extra, *_roads_of(hard)],
        {
            (a, b): q
            for a, b, q in hard.trip.select("origin_zone_id", "destination_zone_id", "trips").rows()
        },
    )
    other = solve(study, method="ue", gap=1e-10)
    other.check()
    assert other.prices["price"].to_list() == [0.0]
    both = solved["ue"].flows.join(other.flows, on=["link_id", "forward"])
    assert both.height == solved["ue"].flows.height
    np.testing.assert_allclose(both["flow"], both["flow_right"], atol=1e-3)
    assert other.objective == pytest.approx(solved["ue"].objective, rel=1e-9)


def _roads_of(study):
    both = study.link.join(study.road, on="link_id")
    names = ["from_node_id", "to_node_id", "time_h", "directed", "delay", "alpha", "beta"]
    return [
        {**{name: row[name] for name in names}, "capacity_trips": row["capacity_trips"]}
        for row in both.iter_rows(named=True)
    ]


def test_a_hard_capacity_has_a_price_that_makes_ways_equally_dear():
    study = road_study(
        [
            road("a", "b", 1.0, link_id="short", capacity_trips=30.0, hard=True),
            road("a", "b", 2.5, link_id="long"),
        ],
        {("a", "b"): 100.0},
    )
    result = solve(study, method="ue")
    result.check()
    price = result.prices.row(0, named=True)
    assert price["row_id"] == "short"
    assert price["price"] == pytest.approx(1.5)
    assert dict(result.flows.select("link_id", "flow").iter_rows()) == pytest.approx(
        {"short": 30.0, "long": 70.0}
    )
    with pytest.raises(InfeasibleError, match="link short"):
        solve(study, Scenario.model_validate(NO_LONG), method="ue")


NO_LONG = {
    "name": "no-long",
    "change": [{"table": "link", "where": {"link_id": "long"}, "remove": True}],
}


def test_classes_pay_their_tolls_and_go_where_they_are_admitted():
    study = road_study(
        [
            road("a", "b", 1.0, link_id="tolled", toll=2.0, capacity_trips=10.0, **BPR),
            road("a", "b", 2.0, link_id="free"),
            road("a", "b", 0.1, link_id="cars", allowed_classes="car", toll=4.0),
        ],
        [
            {"origin_zone_id": "a", "destination_zone_id": "b", "class_id": k, "trips": q}
            for k, q in (("car", 5.0), ("lorry", 3.0))
        ],
        classes=[
            {"class_id": "car", "pce": 1.0, "toll_factor": 1.0},
            {"class_id": "lorry", "pce": 2.0, "toll_factor": 0.1},
        ],
    )
    result = solve(study)
    result.check()
    flow = {row[:2]: row[2] for row in result.links.select("link_id", "class_id", "flow").rows()}
    assert flow["cars", "lorry"] == 0.0
    assert flow["free", "car"] == 5.0  # 2 h are cheaper than 1 h and a toll worth 2
    assert flow["tolled", "lorry"] == 3.0
    wide = {row["link_id"]: row for row in result.flows.iter_rows(named=True)}
    assert wide["tolled"]["volume"] == pytest.approx(6.0)  # passenger car equivalents
    assert wide["tolled"]["flow_lorry"] == pytest.approx(3.0)
    assert wide["tolled"]["cost_lorry"] == pytest.approx(wide["tolled"]["time"] + 0.2)
    assert wide["cars"]["cost_lorry"] is None
    skims = {
        row["class_id"]: row["cost"]
        for row in result.skims()
        .filter(pl.col("origin") == "a", pl.col("destination") == "b")
        .rows(named=True)
    }
    assert skims["car"] == pytest.approx(2.0)


def test_trips_without_a_way_are_told_with_the_reason():
    study = road_study(
        [
            road("a", "b", 1.0),
            road("b", "c", 1.0, allowed_classes="car"),
            road("d", "a", 1.0),
            road("e", "f", 1.0),
        ],
        [
            {"origin_zone_id": a, "destination_zone_id": b, "class_id": k, "trips": q}
            for a, b, k, q in (
                ("a", "b", "car", 1.0),
                ("a", "c", "lorry", 2.0),
                ("c", "a", "car", 3.0),
                ("a", "d", "car", 4.0),
                ("a", "f", "car", 5.0),
                ("b", "b", "car", 6.0),
            )
        ],
        classes=[{"class_id": "car", "pce": 1.0}, {"class_id": "lorry", "pce": 2.0}],
    )
    result = solve(study)
    result.check()
    reasons = {row[:2]: row[3:] for row in result.unserved.rows()}
    assert reasons == {
        ("a", "c"): (2.0, "the class is not admitted on any way"),
        ("a", "d"): (4.0, "nothing reaches the zone"),
        ("a", "f"): (5.0, "no way"),
        ("c", "a"): (3.0, "nothing leaves the zone"),
    }
    assert result.intrazonal == 6.0
    assert result.totals.select("flow", "unserved").rows() == [(1.0, 12.0), (0.0, 2.0)]


def test_a_zone_that_may_not_be_passed_is_not_passed():
    links = [road("a", "z", 1.0), road("z", "b", 1.0), road("a", "b", 5.0), road("b", "z", 1.0)]
    trips = {("a", "b"): 1.0, ("a", "z"): 2.0, ("z", "b"): 3.0}
    through = solve(road_study(links, trips)).flows
    around = solve(road_study(links, trips, closed=("z",)))
    around.check()
    assert dict(through.select("link_id", "flow").rows())["a-b"] == 0.0
    assert dict(around.flows.select("link_id", "flow").rows()) == pytest.approx(
        {"a-z": 2.0, "z-b": 3.0, "a-b": 1.0, "b-z": 0.0}
    )


def test_a_scenario_closes_and_slows_roads(city, solved):
    closure = {"table": "link", "where": {"link_id": "n00-n01"}, "remove": True}
    result = solve(city, Scenario.model_validate({"name": "shut", "change": [closure]}))
    result.check()
    assert "n00-n01" not in result.flows["link_id"].to_list()
    assert result.objective > solved["ue"].objective
    event = {
        "event_id": "works",
        "name": "works",
        "from_date": "2020-01-01",
        "element_kind": "link",
        "element_id": "n00-n01",
        "effect": "capacity",
        "factor": 0.5,
    }
    scenario = Scenario.model_validate({"name": "works", "event": [event]})
    with pytest.raises(DataError, match="name the year"):
        solve(city, scenario)
    halved = solve(city, scenario, year=2024)
    halved.check()
    capacity = dict(halved.elements.select("row_id", "capacity").rows())
    assert capacity["n00-n01"] == 50.0
    assert capacity["n00-n10"] == 100.0


def test_a_year_in_two_periods_is_the_mean_of_both(city):
    event = {
        "event_id": "works",
        "name": "works",
        "from_date": "2023-07-02",
        "element_kind": "link",
        "element_id": "n00-n01",
        "effect": "closes",
    }
    scenario = Scenario.model_validate({"name": "works", "event": [event]})
    result = solve(city, scenario, year=2023, method="ue")
    result.check()
    assert [part.name for part in result.parts] == ["2023-01-01", "2023-07-02"]
    assert sum(part.share for part in result.parts) == pytest.approx(1.0)
    assert result.totals["flow"].sum() == pytest.approx(city.trip["trips"].sum())
    open_year = solve(city, method="ue").flows.filter(link_id="n00-n01")["flow"].sum()
    half = result.flows.filter(link_id="n00-n01")["flow"].sum()
    assert half == pytest.approx(result.parts[0].share * float(open_year), rel=1e-5)


@pytest.mark.parametrize("method", ["ue", "so", "sue"])
def test_a_warm_start_ends_where_a_cold_one_does(city, solved, method):
    closure = {"table": "link", "where": {"link_id": "n11-n12"}, "remove": True}
    more = {"table": "trip", "multiply": {"trips": 1.1}}
    scenario = Scenario.model_validate({"name": "shut", "change": [closure, more]})
    cold = solve(city, scenario, method=method, gap=1e-10)
    warm = solve(city, scenario, method=method, gap=1e-10, warm_start=solved[method])
    warm.check()
    assert warm.converged
    if method != "sue":  # its paths compared are not the same
        assert warm.objective == pytest.approx(cold.objective, rel=1e-9)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"method": "msa"}, "no method 'msa'"),
        ({"gap": 0.0}, "gap 0 is not between 0 and 1"),
        ({"iterations": 0}, "iterations 0 is not a number from 1"),
        ({"threads": 0}, "threads 0"),
        ({"options": sogdia.AssignmentOptions()}, "options are those of freight"),
    ],
)
def test_options_without_a_meaning_are_refused(city, asked, message):
    with pytest.raises(DataError, match=message):
        solve(city, **asked)


def test_data_without_a_meaning_are_refused():
    nothing = road("a", "b", 1.0, capacity_trips=0.0, **BPR)
    with pytest.raises(DataError, match="'a-b' has capacity 0"):
        solve(road_study([nothing], {("a", "b"): 1.0}))
    with pytest.raises(InfeasibleError, match="no way for any trip"):
        solve(road_study([road("a", "b", 1.0)], {("b", "a"): 1.0}))
    with pytest.raises(DataError, match="no trips from one zone to another"):
        solve(road_study([road("a", "b", 1.0)], {("b", "b"): 1.0}))
    rule = Scenario.model_validate({"name": "r", "rule": [{"countries": ["KZ"]}]})
    with (
        pytest.warns(UserWarning, match="nothing of the study lies in KZ"),
        pytest.raises(DataError, match="about goods"),
    ):
        solve(road_study([road("a", "b", 1.0)], {("a", "b"): 1.0}), rule)


def test_a_gap_that_is_not_reached_is_told(city):
    result = solve(city, gap=1e-14, iterations=1)
    assert not result.converged
    assert result.relative_gap > 1e-14
    result.check()


@pytest.mark.parametrize("iterations", [1, 2, 3, 6])
def test_what_capacities_leave_unfinished_is_what_is_measured(iterations):
    study = road_study(
        [
            road("a", "b", 1.0, link_id="short", capacity_trips=30.0, hard=True),
            road("a", "b", 2.5, link_id="long", capacity_trips=50.0, **BPR),
            road("a", "b", 2.0, link_id="other", capacity_trips=20.0, **BPR),
        ],
        {("a", "b"): 100.0},
    )
    seen = []
    result = solve(
        study, iterations=iterations, gap=1e-12, progress=lambda *said: seen.append(said)
    )
    result.check()
    assert result.converged == (result.relative_gap <= 1e-12)
    assert all(0 <= done <= total for _, done, total in seen)
    assert seen[-1][0] == f"equilibrium · gap {result.relative_gap:.1e}"


def test_nested_choice_needs_corridors(city):
    options = sogdia.StochasticOptions(model="nested")
    with pytest.raises(DataError, match=r"corridor\.csv"):
        solve(city, method="sue", stochastic=options)
    north = {"corridor_id": "north", "name": "north", "priority": 1, "any_of": "n00-n01,n02"}
    schema = city.corridor.schema
    row = {name: north.get(name) for name in schema}
    nested = city.with_tables(corridor=pl.DataFrame([row], schema=schema))
    result = solve(nested, method="sue", stochastic=options)
    result.check()
    chosen = result.parts[0].stochastic
    assert chosen is not None
    nest = chosen.nest
    bears = result.parts[0].meaning.arc.filter(nest == 0)
    assert set(bears["link_id"]) == {"n00-n01", "n01-n02", "n02-n03", "n02-n12"}


def test_threads_do_not_change_a_bit(city):
    one, two = (solve(city, threads=threads) for threads in (1, 2))
    assert one.flows.equals(two.flows)
    assert list(itertools.chain(one.pairs.rows())) == list(two.pairs.rows())
