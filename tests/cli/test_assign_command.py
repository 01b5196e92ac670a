"""`sogdia assign`: what it prints, writes and ends with, on networks of a few roads."""

import json

import numpy as np
import openmatrix
import polars as pl
import pytest
from tests.assignment.traffic.roads import grid, road, road_study
from tests.builders import line, places, study_of

from sogdia.study.load import save
from sogdia.study.model import TrafficSettings

KEYS = ("method", "objective", "relative_gap", "iterations", "seconds", "node_balance", "flows")


@pytest.fixture
def city(here):
    """A grid of streets as a folder of the working directory."""
    save(grid(3), here / "city")
    return "city"


@pytest.fixture
def goods(here):
    """Freight on a line of road, and one way round."""
    study = study_of(
        node=places("a", "b", "c", country="KZ"),
        link=[
            line("a", "b", capacity_kt_y=10.0),
            line("b", "c", capacity_kt_y=40.0),
            line("a", "c", cost_usd_t=5.0),
        ],
        demand=[{"demand_id": "d", "origin": "a", "destination": "c", "quantity_kt": 30.0}],
    )
    save(study, here / "goods")
    return "goods"


def answer(done):
    assert done.code == 0, done.err
    return json.loads(done.out)


@pytest.mark.parametrize("method", ["ue", "sue", "aon"])
def test_json_has_the_keys_that_scripts_need(sogdia, city, here, method):
    found = answer(sogdia("assign", city, "--method", method, "--json", "--quiet"))
    assert list(found)[:6] == list(KEYS[:6])
    assert found["method"] == method
    assert found["relative_gap"] <= 1e-8
    assert found["node_balance"] < 1e-9
    assert (found["objective"] is None) == (method == "sue")
    assert found["flows"] == f"runs/test-as-is-{method}/flows.parquet"
    flows = pl.read_parquet(here / found["flows"])
    assert flows.columns[:5] == ["link_id", "forward", "from_node_id", "to_node_id", "flow"]
    total = found["totals"][0]["time"]
    assert flows.select((pl.col("flow") * pl.col("time")).sum()).item() == pytest.approx(total)


def test_units_that_are_assumed_are_said_to_be(sogdia, here):
    study = grid(2)
    traffic = TrafficSettings(time_unit="h", length_unit="km", units_assumed=True)
    save(study.with_settings(study.settings.model_copy(update={"traffic": traffic})), here / "odd")
    assert "does not state its units: h and km are assumed" in sogdia("assign", "odd").out


def test_the_summary_fits_a_terminal_of_80_columns(sogdia, city, here):
    done = sogdia("assign", city, "--out", "found", "--paths", "--select-link", "n00-n01:forward")
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    for title in ("Totals", "Most congested links", "Convergence", "Who uses link n00-n01"):
        assert title in done.out
    assert "Written to found" in done.err
    names = {file.name for file in (here / "found").iterdir()}
    assert {"flows.parquet", "paths.parquet", "pairs.parquet", "summary.json"} <= names
    kept = json.loads((here / "found" / "summary.json").read_text())
    assert kept["select_link"]["link"] == "n00-n01"
    assert "flows.parquet" in kept["made_from"]["files"]
    again = sogdia("assign", city, "--out", "found")
    assert again.code == 2
    assert "exists already" in again.err


def test_skims_are_written_for_other_programs(sogdia, city, here):
    done = sogdia("assign", city, "--skims", "skims.omx", "--co2", "0.2", "--json", "--quiet")
    assert answer(done)["skims"] == "skims.omx"
    with openmatrix.open_file(str(here / "skims.omx")) as file:
        names = file.list_matrices()
        length, co2 = np.array(file["length"]), np.array(file["co2_kg"])
    assert sorted(names) == ["co2_kg", "cost", "length", "time"]
    assert length.shape == (9, 9)
    np.testing.assert_allclose(co2, 0.2 * length)


def test_a_gap_that_is_not_reached_ends_with_3_and_keeps_the_flows(sogdia, city, here):
    done = sogdia("assign", city, "--gap", "1e-14", "--iterations", "1")
    assert done.code == 3
    assert "the gap of 1e-14 was not reached" in done.err
    assert "--iterations" in done.err
    assert "Not converged" in done.out
    assert (here / "runs" / "test-as-is-ue" / "flows.parquet").is_file()


def test_capacities_that_hold_and_trips_without_a_way_are_shown(sogdia, here):
    study = road_study(
        [
            road("a", "b", 1.0, link_id="short", capacity_trips=30.0, hard=True),
            road("a", "b", 2.5, link_id="long"),
        ],
        {("a", "b"): 100.0, ("b", "a"): 7.0, ("a", "a"): 5.0},
    )
    save(study, here / "two")
    done = sogdia("assign", "two")
    assert done.code == 0, done.err
    assert "Scarcity prices" in done.out
    assert "nothing leaves the zone" in done.out
    assert "5.00 trips within a zone are not assigned" in done.out
    found = answer(sogdia("assign", "two", "--json", "--quiet"))
    assert found["prices"][0]["price"] == pytest.approx(1.5)
    assert found["unserved"] == [{"reason": "nothing leaves the zone", "flow": 7.0, "pairs": 1}]
    assert found["intrazonal"] == 5.0


def test_hard_capacities_without_room_are_named(sogdia, here):
    only = road("a", "b", 1.0, link_id="only", capacity_trips=30.0, hard=True)
    save(road_study([only], {("a", "b"): 100.0}), here / "narrow")
    done = sogdia("assign", "narrow", "--quiet")
    assert done.code == 3
    assert "link only" in done.err
    assert not (here / "runs").exists()


def test_a_scenario_closes_a_street(sogdia, city, here):
    (here / "shut.toml").write_text(
        'name = "shut"\n[[change]]\ntable = "link"\nwhere = { link_id = "n00-n01" }\n'
        "remove = true\n"
    )
    found = answer(sogdia("assign", city, "--scenario", "shut.toml", "--json", "--quiet"))
    flows = pl.read_parquet(here / found["flows"])
    assert "n00-n01" not in flows["link_id"].to_list()
    assert found["scenario"] == "shut"


@pytest.mark.parametrize("method", ["sue", "so", "aon"])
def test_freight_by_every_method(sogdia, goods, here, method):
    done = sogdia("assign", goods, "--method", method, "--gap", "1e-6", "--json", "--quiet")
    found = answer(done)
    assert [key for key in KEYS if key in found] == list(KEYS)
    assert found["units"]["flow"] == "kt"
    flows = pl.read_parquet(here / found["flows"])
    carried = dict(
        flows.group_by("link_id").agg(pl.col("kt" if method == "sue" else "flow").sum()).rows()
    )
    if method == "aon":
        assert carried["a-b"] == pytest.approx(30.0)
    else:
        assert carried["a-b"] <= 10.0 * (1 + 1e-5)
        prices = {row["row_id"]: row["price"] for row in found["prices"]}
        assert prices["a-b"] > 0.0
    if method == "so":
        assert carried == pytest.approx({"a-b": 10.0, "b-c": 10.0, "a-c": 20.0}, rel=1e-5)
        assert prices["a-b"] == pytest.approx(3.0, rel=1e-4)
    shown = sogdia("assign", goods, "--method", method, "--gap", "1e-6", "--quiet")
    assert shown.code == 0
    assert max(map(len, shown.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--method", "msa"], "--method 'msa' is none of ue, so, sue, aon"),
        (["--gap", "2"], "--gap 2 is not between 0 and 1"),
        (["--iterations", "0"], "--iterations 0 is not a number from 1"),
        (["--threads", "0"], "--threads 0 is not a number from 1"),
        (["--year", "12"], "--year 12 is not a number from 1900 to 2200"),
        (["--skims", "skims.csv"], "does not end with .omx"),
        (["--skims", "no/skims.omx"], "lies in a folder that does not exist"),
        (["--co2", "0.2"], "ask for them with --skims"),
        (["--model", "c-logit"], "--model and --scale are of --method sue"),
        (["--method", "sue", "--model", "probit"], "--model 'probit' is none of"),
        (["--method", "sue", "--scale", "-1"], "--scale -1 is not a positive number"),
        (["--toll-factor", "-1"], "--toll-factor -1 is not a number from 0"),
        (["--select-link", "n00-n01:up"], "is not a link such as"),
        (["--select-link", "nowhere"], "there is no link 'nowhere'"),
    ],
)
def test_options_without_a_meaning_end_with_2(sogdia, city, here, options, message):
    done = sogdia("assign", city, *options, "--quiet")
    assert done.code == 2
    assert message in done.err
    assert not (here / "runs").exists()


def test_lengths_may_be_given_another_worth(sogdia, city, here):
    factor = ["--distance-factor", "0.5"]
    found = answer(sogdia("assign", city, *factor, "--json", "--quiet"))
    flows = pl.read_parquet(here / found["flows"])
    # Every street is 1 km long.
    np.testing.assert_allclose(flows["cost"], flows["time"] + 0.5)


def test_freight_by_choice_has_no_skims(sogdia, goods):
    done = sogdia("assign", goods, "--select-link", "a-b", "--quiet")
    assert done.code == 2
    assert "has no meaning for freight by --method sue" in done.err


def test_help_teaches_with_examples(sogdia):
    text = sogdia("assign", "--help").out
    assert "sogdia assign SiouxFalls --method ue --gap 1e-10" in text
