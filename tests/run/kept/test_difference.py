"""In what two runs differ, against differences made by hand."""

import json

import polars as pl
import pytest
from tests.run import kept_folders as kept

import sogdia
from sogdia.errors import DataError
from sogdia.run.kept.difference import difference


def table(found, name):
    return next(one for one in found["tables"] if one["table"] == name)


def test_the_same_run_twice_differs_in_nothing(small_study, tmp_path):
    run = sogdia.run_study(small_study)
    for name in ("one", "two"):
        run.write(tmp_path / name)
    found = difference(tmp_path / "one", tmp_path / "two")
    assert found["equal"]
    assert (found["inputs"], found["figures"], found["only_before"]) == ([], [], [])
    assert {one["changed"] for one in found["tables"]} == {0}
    assert {"corridors", "flows", "paths"} <= {one["table"] for one in found["tables"]}


def test_inputs_differ_key_by_key(tmp_path):
    scenario = {
        "name": "wet",
        "digest": "c" * 64,
        "content": {"name": "wet", "year": 2024, "rule": [{"countries": ["IR"]}]},
    }
    before = kept.run(tmp_path, "before")
    after = kept.run(tmp_path, "after", scenario=scenario, options={"residual": 1e-6})
    found = difference(before, after)
    assert {row["input"]: (row["before"], row["after"]) for row in found["inputs"]} == {
        "scenario.name": ("dry", "wet"),
        "scenario.digest": ("b" * 64, "c" * 64),
        "scenario.content.name": ("dry", "wet"),
        "scenario.content.rule[0].countries": (None, ["IR"]),
        "options.residual": (1e-8, 1e-6),
    }
    assert found["equal"]


def test_tables_are_joined_on_their_identifiers(tmp_path):
    changed = pl.DataFrame(
        {
            "corridor": ["titr", "north", "suez"],
            "direction": ["westbound", "eastbound", "westbound"],
            "kt": [9.0, 7.0, 8.0],
            "days_mean": [16.0, 13.0, 30.0],
        }
    )
    before = kept.run(tmp_path, "before")
    after = kept.run(tmp_path, "after", tables={"corridors": changed})
    found = table(difference(before, after), "corridors")
    assert not found["equal"]
    assert (found["only_before"], found["only_after"], found["changed"]) == (1, 1, 2)
    kt, days = found["columns"]
    north, south = ({"corridor": name, "direction": "westbound"} for name in ("north", "suez"))
    # an amount is 0 where there is no row
    assert kt["largest"][:2] == [
        {"row": north, "before": 20.0, "after": 0.0, "change": -20.0},
        {"row": south, "before": 0.0, "after": 8.0, "change": 8.0},
    ]
    assert [one["change"] for one in kt["largest"]] == [-20.0, 8.0, 4.0, -3.0]
    # a mean is not known there
    assert (days["column"], days["changed"]) == ("days_mean", 1)
    assert days["largest"][0]["change"] == 1.0


def test_no_more_than_the_largest_changes_are_returned(tmp_path):
    many = pl.DataFrame({"name": [f"n{i}" for i in range(50)], "kt": [float(i) for i in range(50)]})
    before = kept.run(tmp_path, "before", tables={"places": many})
    after = kept.run(tmp_path, "after", tables={"places": many.with_columns(pl.col("kt") * 2.0)})
    (column,) = table(difference(before, after, top=3), "places")["columns"]
    assert column["changed"] == 49
    assert [one["change"] for one in column["largest"]] == [49.0, 48.0, 47.0]


def test_rows_without_a_name_of_their_own_are_told_apart_by_order(tmp_path):
    twice = pl.DataFrame({"name": ["a", "a", "b"], "kt": [1.0, 2.0, 3.0]})
    before = kept.run(tmp_path, "before", tables={"places": twice})
    after = kept.run(tmp_path, "after", tables={"places": twice.vstack(twice[:1])})
    found = table(difference(before, after), "places")
    assert (found["rows_before"], found["rows_after"]) == (3, 4)
    assert (found["only_before"], found["only_after"]) == (0, 1)


def test_what_is_not_known_is_no_change_and_json_knows_it(tmp_path):
    unknown = kept.CORRIDORS.with_columns(days_mean=pl.Series([float("nan"), None, 16.0]))
    more = unknown.with_columns(kt=pl.Series([10.0, 20.0, float("inf")]))
    before = kept.run(tmp_path, "before", tables={"corridors": unknown})
    after = kept.run(tmp_path, "after", tables={"corridors": more})
    found = difference(before, after)
    assert [one["column"] for one in table(found, "corridors")["columns"]] == ["kt"]
    assert table(found, "corridors")["columns"][0]["largest"][0]["after"] is None
    json.dumps(found, allow_nan=False)


def test_tables_that_only_one_has(tmp_path):
    before = kept.run(tmp_path, "before")
    after = kept.run(tmp_path, "after", tables={"links": kept.CORRIDORS})
    found = difference(before, after)
    assert (found["only_before"], found["only_after"]) == (["corridors"], ["links"])
    assert not found["equal"]


def test_single_figures_of_answers(tmp_path):
    asked = {"budget_musd": 2000.0, "year": 2030, "projects": [{"project": "a", "npv_musd": 1.0}]}
    before = kept.answer(tmp_path, "before", **asked, exact=True, portfolio={"npv_musd": 10.0})
    after = kept.answer(
        tmp_path,
        "after",
        **(asked | {"budget_musd": 3000.0}),
        exact=True,
        portfolio={"npv_musd": 12.5},
    )
    found = difference(before, after)
    assert found["kind"] == "invest"
    assert [row["input"] for row in found["inputs"]] == ["budget_musd"]
    assert found["figures"] == [
        {"figure": "portfolio.npv_musd", "before": 10.0, "after": 12.5, "change": 2.5}
    ]


def test_sweeps_differ_by_their_plans_and_results(tmp_path):
    before, after = (kept.sweep(tmp_path, name, complete=True) for name in ("one", "two"))
    plan = after / "sweep.toml"
    plan.write_text(plan.read_text().replace("2030", "2035"))
    found = difference(before, after)
    assert found["inputs"] == [{"input": "year", "before": 2030, "after": 2035}]
    assert found["equal"]


def test_runs_of_two_kinds_are_refused_in_one_sentence(tmp_path):
    before, after = kept.run(tmp_path, "run"), kept.simulation(tmp_path, "simulation")
    with pytest.raises(DataError) as caught:
        difference(before, after)
    assert str(caught.value).endswith("only runs of one kind can be compared")
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_run(tmp_path):
    before = kept.run(tmp_path, "run")
    with pytest.raises(DataError, match="not the folder of a run"):
        difference(before, tmp_path)
    with pytest.raises(DataError, match="cannot be used"):
        difference(kept.leftover(tmp_path), before)


def test_a_table_that_is_none(tmp_path):
    before, after = kept.run(tmp_path, "before"), kept.run(tmp_path, "after")
    (after / "corridors.parquet").write_bytes(b"torn")
    with pytest.raises(DataError, match="is not a Parquet table"):
        difference(before, after)
