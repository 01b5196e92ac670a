"""`sogdia invest`: what is printed, drawn and kept, and how slips end."""

import json

import pytest

from sogdia.report.invest_tables import invest_markdown

KEYS = {
    *("study", "scenario", "year", "budget_musd", "objective", "discount_rate", "horizon_years"),
    *("carbon_usd_t", "projects", "chosen", "portfolio", "exact", "gap", "evaluations"),
    *("interactions", "frontier", "regret", "robust", "seconds"),
    *("expected_value_of_perfect_information_musd", "value_of_stochastic_solution_musd"),
}

MORE = """
[[change]]
table = "demand"
multiply = { quantity_kt = 1.4 }
"""


@pytest.fixture
def asked(sogdia, small_folder):
    return lambda *arguments: sogdia("invest", small_folder, "--year", "2030", *arguments)


def test_tables_fit_the_terminal(asked):
    done = asked("--budget", "4e8", "--quiet")
    assert done.code == 0, done.err
    assert "feeders" in done.out and "Nothing is worth more than it costs." in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_json_charts_and_tables_say_the_same(asked, here):
    (here / "more.toml").write_text(MORE)
    (here / "plain.toml").write_text('title = "as it is"')
    worlds = ("--scenario", "more.toml=0.25", "--scenario", "plain.toml=0.75", "--must", "feeders")
    files = ("--charts", "chart.svg", "--out", "kept")
    done = asked("--budget", "4e8", "--frontier", *worlds, *files, "--json", "-q")
    assert done.code == 0, done.err
    content = json.loads(done.out)
    assert content.keys() >= KEYS
    kept = json.loads((here / "kept" / "summary.json").read_text())
    assert kept["chosen"] == content["chosen"]
    assert "<svg" in (here / "chart.svg").read_text()
    costs = {row["project"]: row["cost_musd"] for row in content["projects"]}
    spent = sum(costs[row["project"]] for row in content["chosen"])
    assert content["portfolio"]["cost_musd"] == pytest.approx(spent) and spent <= 400.0
    assert [row["project"] for row in content["chosen"]] == ["feeders"]
    values = [row["value"] for row in content["frontier"]]
    assert values and values == sorted(values)
    assert {row["scenario"] for row in content["regret"]} == {"more", "plain"}
    assert min(row["regret"] for row in content["regret"]) == pytest.approx(0.0, abs=1e-9)
    assert content["expected_value_of_perfect_information_musd"] >= 0.0
    table = invest_markdown(content, 2)
    assert table.count("\n") == 3 and "| project |" in table


def test_a_project_is_not_built_without_what_it_requires(asked):
    content = json.loads(asked("--budget", "1.3e8", "--must", "port", "--json", "-q").out)
    assert [row["project"] for row in content["chosen"]] == ["port"]
    hub = next(row for row in content["projects"] if row["project"] == "hub")
    assert "port" in hub["why_not"]


def test_when_to_build_and_the_system_optimum_are_told(sogdia, small_folder):
    asked = ("invest", small_folder, "--budget", "4e8", "--opening", "2030", "--opening", "2034")
    limits = ("--budget-by", "2030=1.5e8", "--must", "feeders", "--system-optimum", "--quiet")
    done = sogdia(*asked, *limits)
    assert done.code == 0, done.err
    for words in ("Build, in these years", "by its opening", "System optimum", "waiting is worth"):
        assert words in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80
    content = json.loads(sogdia(*asked, *limits, "--json").out)
    assert content.keys() >= KEYS
    assert {row["project"]: row["opens"] for row in content["chosen"]}["feeders"] in (2030, 2034)
    plan, optimum = content["plan"], content["system_optimum"]
    assert plan["openings"] == [2030, 2034]
    assert plan["npv_musd"] == pytest.approx(content["portfolio"]["npv_musd"])
    assert plan["waiting_musd"] == pytest.approx(plan["npv_musd"] - plan["at_once_musd"])
    assert optimum.keys() >= {"chosen", "value_musd", "gap", "seconds", "by_equilibrium_musd"}
    assert "feeders" in optimum["chosen"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--budget", "1e6"), "below every project"),
        (("--budget", "-5"), "-5 USD is not more than 0"),
        (("--budget", "4e8", "--must", "tunnel"), "tunnel"),
        (("--budget", "4e8", "--must", "hub", "--without", "port"), "port"),
        (("--budget", "4e8", "--scenario", "nowhere"), "nowhere"),
        (("--budget", "4e8", "--opening", "2030"), "opening years are given"),
        (("--budget", "4e8", "--opening", "20300"), "20300"),
        (("--budget", "4e8", "--budget-by", "2030"), "no opening year and its budget"),
        (("--budget", "4e8", "--budget-by", "2030=1e8"), "2030 is no opening year"),
        (("--budget", "4e8", "--system-optimum", "--objective", "co2"), "by npv alone"),
    ],
)
def test_slips_are_told(asked, arguments, said):
    done = asked(*arguments, "--quiet")
    assert done.code == 2
    assert said in done.err
    assert done.out == ""
