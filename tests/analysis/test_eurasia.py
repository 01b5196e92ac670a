"""The built-in study: as large as it says, sourced throughout, and right by its own check."""

import functools
import importlib.util
import sys
from pathlib import Path

import polars as pl
import pytest

from sogdia.assignment import assign
from sogdia.scenario import Scenario, builtin_scenarios
from sogdia.study.load import load

ROOT = Path(__file__).parents[2]
YEARS = (2019, 2020, 2021, 2022, 2023, 2024, 2025, 2030)


@pytest.fixture(scope="module")
def eurasia():
    """The built-in study."""
    return load("eurasia")


@pytest.fixture(scope="module")
def assigned(eurasia):
    """A function that assigns a scenario, once."""
    return functools.cache(lambda name: assign(eurasia, Scenario.load(name)))


def test_it_is_as_large_as_it_should_be(eurasia):
    assert eurasia.node.height >= 150
    assert eurasia.link.height >= 250
    assert eurasia.commodity.height >= 14
    assert set(YEARS) == set(eurasia.demand["year"])


def test_every_row_names_its_source(eurasia):
    for name, frame in eurasia.frames().items():
        if "source_id" in frame.columns and name != "source":
            assert frame["source_id"].null_count() == 0, name


def test_only_2030_is_a_projection_and_says_so(eurasia):
    projected = eurasia.demand.filter("projection")["year"].unique().to_list()
    assert projected == [2030]


def test_demand_is_what_its_script_makes(tmp_path, monkeypatch):
    """The committed table is the output of the committed script, byte for byte."""
    path = ROOT / "tools" / "build_demand.py"
    made = tmp_path / "demand.csv"
    spec = importlib.util.spec_from_file_location("build_demand", path)
    assert spec is not None
    assert spec.loader is not None
    table = ROOT / "src" / "sogdia" / "study" / "data" / "eurasia" / "demand.csv"
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "build_demand", module)
    spec.loader.exec_module(module)
    module.write(module.build(), made)
    assert made.read_bytes() == table.read_bytes()


@pytest.mark.parametrize("name", builtin_scenarios())
def test_every_scenario_converges_and_passes_its_check(assigned, name):
    result = assigned(name)
    assert result.converged
    result.check()


def test_without_russia_nothing_crosses_it(eurasia, assigned):
    result = assigned("avoid-russia")
    country = dict(eurasia.node.select("node_id", "country").iter_rows())
    for origin, destination, places in (
        result.paths.filter(pl.col("kt") > 0).select("origin", "destination", "places").iter_rows()
    ):
        inside = {"RU", "BY"} & {country[place] for place in places.split()}
        assert not inside or inside & {country[origin], country[destination]}
    assert "policy" in result.unserved["reason"].to_list()
