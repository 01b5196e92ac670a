"""Frames of an assignment: flows by corridor against flows by link."""

import polars as pl
import pytest

from sogdia.assignment import assign
from sogdia.study.marks import NO_CORRIDOR
from sogdia.study.model import SPLIT_MARK

KEYS = ["link_id", "from_node_id", "to_node_id", "direction", "commodity_id"]


@pytest.fixture(scope="module")
def result(small_study):
    return assign(small_study)


def test_flows_added_up_over_corridors_are_those_by_link(result):
    added = result.flows.group_by(KEYS).agg(pl.col("kt", "kteu").sum()).sort(KEYS)
    links = result.links.filter(pl.col("kt") > 0).select(*KEYS, "kt", "kteu").sort(KEYS)
    assert added.select(KEYS).equals(links.select(KEYS))
    for unit in ("kt", "kteu"):
        assert added[unit].to_list() == pytest.approx(links[unit].to_list(), rel=1e-12)


def test_links_that_an_event_splits_by_goods_are_one(result):
    split = result.solution.periods[-1].study.link["link_id"]
    assert split.str.contains(SPLIT_MARK, literal=True).any()
    assert not result.flows["link_id"].str.contains(SPLIT_MARK, literal=True).any()


def test_flows_are_those_of_the_paths_of_each_corridor(result):
    """Read from the paths, whose places and elements are texts."""
    expected: dict[tuple, float] = {}
    for path in result.paths.iter_rows(named=True):
        ends = path["places"].split(" ")
        links = [one for one in path["elements"].split(" ") if one in set(result.links["link_id"])]
        assert len(links) == len(ends) - 1
        corridor = path["corridor_id"] or NO_CORRIDOR
        for link, start, end in zip(links, ends[:-1], ends[1:], strict=True):
            key = (link, start, end, path["direction"], path["commodity_id"], corridor)
            expected[key] = expected.get(key, 0.0) + path["kt"]
    expected = {key: kt for key, kt in expected.items() if kt > 0}
    found = {row[:-2]: row[-2] for row in result.flows.iter_rows()}
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(expected[key], rel=1e-9) for key in found)
    assert {key[-1] for key in found} >= {"titr", "north"}
