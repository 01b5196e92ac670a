"""Path sets: cheapest paths against networkx, paths that are loopless, distinct and open."""

import networkx as nx
import numpy as np
import pytest
from tests.assignment.traffic.stochastic_networks import grid, problem_of

from sogdia.assignment.traffic.path_sets import (
    PathSets,
    cheapest_paths,
    joined,
    loopless_paths,
    penalty_paths,
    without_detours,
)
from sogdia.assignment.traffic.stochastic_loading import arc_costs
from sogdia.errors import DataError


def listed(sets):
    return [
        (int(pair), tuple(sets.arc[a:b].tolist()))
        for pair, a, b in zip(sets.pair, sets.first[:-1], sets.first[1:], strict=True)
    ]


def insist_on_ways(problem, sets):
    """Every path leads from the origin to the destination of its pair and passes no node twice."""
    for pair, arcs in listed(sets):
        nodes = [problem.pair_origin[pair], *problem.head[list(arcs)]]
        assert nodes[:-1] == problem.tail[list(arcs)].tolist()
        assert nodes[-1] == problem.pair_destination[pair]
        assert len(set(nodes)) == len(nodes)


@pytest.fixture
def city():
    problem = grid(5, np.random.default_rng(1), pairs=30, classes=2)
    return problem, arc_costs(problem, problem.delay.free_time)


def by_networkx(problem, cost, pair):
    graph = nx.DiGraph()
    weights = cost[problem.pair_class[pair]].tolist()
    graph.add_weighted_edges_from(zip(problem.tail, problem.head, weights, strict=True))
    ends = problem.pair_origin[pair], problem.pair_destination[pair]
    return graph, ends


def test_cheapest_paths_are_those_of_networkx(city):
    problem, cost = city
    sets = cheapest_paths(problem, cost)
    assert sets.pair.tolist() == list(range(len(problem.trips)))
    for pair, total in enumerate(sets.costs(problem, cost)):
        graph, ends = by_networkx(problem, cost, pair)
        assert total == pytest.approx(nx.dijkstra_path_length(graph, *ends))


def test_penalty_paths_begin_with_the_cheapest_and_are_distinct(city):
    problem, cost = city
    sets = penalty_paths(problem, cost, rounds=4, penalty=1.4)
    insist_on_ways(problem, sets)
    found = listed(sets)
    assert len(set(found)) == len(found) > 2 * len(problem.trips)
    starts = np.searchsorted(sets.pair, np.arange(len(problem.trips)))
    assert listed(sets.take(starts)) == listed(cheapest_paths(problem, cost))


def test_penalty_paths_with_two_threads_are_the_same(city):
    problem, cost = city
    one, two = (
        penalty_paths(problem, cost, rounds=3, penalty=1.4, threads=threads) for threads in (1, 2)
    )
    assert listed(one) == listed(two)


def test_loopless_paths_are_those_of_networkx(city):
    problem, cost = city
    sets = loopless_paths(problem, cost, 5)
    insist_on_ways(problem, sets)
    graph, ends = by_networkx(problem, cost, 0)
    expected = [
        nx.path_weight(graph, path, "weight")
        for path, _ in zip(nx.shortest_simple_paths(graph, *ends, "weight"), range(5), strict=False)
    ]
    assert sets.costs(problem, cost)[sets.pair == 0] == pytest.approx(expected)


def test_joined_drops_duplicates_and_says_where_paths_stood():
    none = np.zeros(1, dtype=np.int64)
    one = PathSets(np.array([0, 2]), np.array([0, 2, 3]), np.array([4, 5, 6]))
    two = PathSets(np.array([0, 0, 1]), np.array([0, 1, 3, 4]), np.array([4, 4, 5, 4]))
    sets, number = joined([one, PathSets(none[:0], none, none[:0]), two])
    assert listed(sets) == [(0, (4, 5)), (0, (4,)), (1, (4,)), (2, (6,))]
    assert number.tolist() == [0, 2, 4, 1]


def test_detours_and_barred_paths_are_dropped():
    roads = [(0, 1, time, 1.0, 0.0, 1.0) for time in (1.0, 1.5, 1.6, 1.0)]
    fixed = [[0.0, 0.0, 0.0, np.inf]]
    problem = problem_of(2, roads, [(0, 0, 1, 1.0)], fixed=fixed)
    cost = arc_costs(problem, problem.delay.free_time)
    sets = PathSets(np.zeros(4, dtype=np.int32), np.arange(5), np.arange(4))
    assert without_detours(problem, sets, cost, 1.5).arc.tolist() == [0, 1]


def test_pairs_without_a_way_are_all_named():
    problem = problem_of(
        3, [(0, 1, 1.0, 1.0, 0.0, 1.0)], [(0, 0, 1, 1.0), (0, 0, 2, 2.5), (0, 1, 0, 3.0)]
    )
    with pytest.raises(DataError) as caught:
        cheapest_paths(problem, arc_costs(problem, problem.delay.free_time))
    assert [str(one) for one in caught.value.problems] == [
        "2.5 trips of class 0 have no way from node 0 to node 2; open one, or leave the trips out",
        "3 trips of class 0 have no way from node 1 to node 0; open one, or leave the trips out",
    ]
