"""`sogdia stress`: what is printed and kept, and how slips end."""

import json

import polars as pl
import pytest

KEYS = {
    *("study", "scenario", "year", "on", "period", "days", "capacity_left", "n", "base"),
    *("elements", "pairs", "pairs_bounded", "places", "seconds"),
}
ELEMENT = {
    *("element", "kind", "name", "through_kt", "lost_kt", "extra_cost_usd", "extra_days"),
    *("extra_co2_kt", "welfare_loss_usd", "outages_per_year", "expected_lost_kt_y"),
    *("converged", "unserved"),
}


@pytest.fixture
def asked(sogdia, small_folder):
    return lambda *arguments: sogdia("stress", small_folder, *arguments)


def test_tables_fit_the_terminal(asked):
    done = asked("--elements", "services,countries", "--top", "2", "--quiet")
    assert done.code == 0, done.err
    assert "Kazakhstan (country)" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_json_has_all_its_keys(asked):
    done = asked("--elements", "links", "--elements", "services", "--n", "2", "--json", "-q")
    content = json.loads(done.out)
    assert content.keys() == KEYS
    assert all(row.keys() == ELEMENT for row in content["elements"])
    assert {row["kind"] for row in content["elements"]} == {"link", "service"}
    assert content["pairs_bounded"]["solved"] > 0
    assert content["pairs"][0]["names"][0]
    lost = [row["lost_kt"] for row in content["elements"]]
    assert lost == sorted(lost, reverse=True)
    reasons = {one["reason"] for row in content["elements"] for one in row["unserved"]}
    assert reasons <= {"no path", "closed", "policy", "capacity"}
    names = {row["element"]: row["name"] for row in content["elements"]}
    assert names["RUMOW-BYBTS"] == "rail, Moscow – Brest"
    assert names["feeder"] == "Container feeder"


def test_tables_are_kept(asked, here):
    done = asked("--elements", "services", "--out", "kept")
    assert done.code == 0, done.err
    assert "Written to kept" in done.err
    kept = json.loads((here / "kept" / "summary.json").read_text())
    elements = pl.read_parquet(here / "kept" / "elements.parquet")
    assert elements["element"].to_list() == [row["element"] for row in kept["elements"]]
    assert (here / "kept" / "unserved.parquet").exists()


def test_simulated_waits_stand_beside(asked):
    options = ("--simulate", "--replications", "4", "--top", "1")
    done = asked("--elements", "terminals", *options, "--sort", "welfare", "--json", "-q")
    assert done.code == 0, done.err
    rows = json.loads(done.out)["simulated"]
    assert len(rows) == 1
    assert rows[0]["lost_kt_simulated"] == pytest.approx(rows[0]["lost_kt"], rel=0.1)
    assert rows[0]["extra_days_simulated"] != rows[0]["extra_days"]
    spread = asked("--elements", "terminals", *options, "--executor", "threads", "--json", "-q")
    assert json.loads(spread.out)["simulated"] == rows


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--elements", "link"), "elements 'link' is none of"),
        (("--sort", "size"), "--sort 'size' is none of lost, cost"),
        (("--on", "2023-05-01"), "2023-05-01 is not in 2024"),
        (("--on", "May"), "--on 'May' is not a date"),
        (("--capacity-left", "1.5"), "capacity_left 1.5 is not a share from 0 to less than 1"),
        (("--n", "4"), "n 4 is neither 1 nor 2"),
        (("--elements", "chokepoints"), "there are no chokepoint elements to remove"),
        (("--seed", "1"), "--seed is of --simulate; ask for it"),
        (("--workers", "2"), "--workers is of --simulate; ask for that, too"),
        (("--simulate", "--executor", "dusk"), "there is no executor 'dusk'"),
        (("--top", "-1"), "--top -1 is not a number from 0"),
        (("--out", "."), "--out . is there already"),
    ],
)
def test_slips_are_told_and_end_with_2(asked, here, arguments, message):
    (here / "something").touch()
    done = asked(*arguments)
    assert done.code == 2
    assert message in " ".join(done.err.split())
    assert done.out == ""
