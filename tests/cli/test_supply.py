"""`sogdia supply`: what is asked of the engines, what is printed and kept, and how it ends."""

import importlib
import json

import polars as pl
import pytest
from tests.report import supplied

from sogdia.cli.supply_words import parse_frontier, parse_price, parse_sweep
from sogdia.errors import ConvergenceError, DataError

KEYS = {
    *("study", "scenario", "year", "commodities", "cost_musd", "deliveries", "unserved"),
    *("binding", "hhi", "n_minus_1", "n_minus_1_index", "contracts", "stocks", "notices"),
    *("seconds", "asked", "lead_times"),
}


class Engines:
    """Stand for the engines of supply: keep what they are asked, and give what they are told to."""

    def __init__(self):
        self.asked = []
        self.balances = {"as-is": supplied.balance()}
        self.points = supplied.sweep().points
        self.left_kt = 0.0
        self.stopped = []

    def supply(self, study, scenario=None, **asked):
        self.asked.append({"study": study.name, "scenario": scenario.name} | asked)
        return self._balance(scenario.name).result

    def _balance(self, scenario):
        return self.balances.get(scenario, self.balances["as-is"])

    def n_minus_1(self, result, **asked):
        self.stopped.append(result.scenario.name)
        return next(one.n_minus_1 for one in self._all() if one.result is result)

    def n_minus_1_index(self, result):
        return next(one.index for one in self._all() if one.result is result)

    def _all(self):
        return self.balances.values()

    def n_minus_2(self, result, **asked):
        return self._noted("n_minus_2", asked, supplied.pairs())

    def disruptions(self, result, **asked):
        return self._noted("disruptions", asked, supplied.disruptions())

    def frontier(self, result, country, **asked):
        return self._noted("frontier", asked | {"country": country}, supplied.frontier().points)

    def sweep(self, study, scenario, parameter, values, **asked):
        asked |= {"parameter": parameter, "values": list(values)}
        found = self.points.clear()
        rows = [self.points.row(0, named=True) | {"value": value} for value in values]
        return self._noted("sweep", asked, pl.DataFrame(rows, schema=found.schema))

    def cheapest_expansion(self, study, scenario, **asked):
        return self._noted("expansion", asked, supplied.expansion(self.left_kt))

    def _noted(self, engine, asked, answer):
        self.asked.append({"engine": engine} | asked)
        return answer


HOMES = {
    "resilience": ("n_minus_1", "n_minus_1_index", "n_minus_2"),
    "disruptions": ("disruptions",),
    "frontier": ("frontier",),
    "sweep": ("sweep",),
    "expansion": ("cheapest_expansion",),
}


@pytest.fixture
def engines(monkeypatch):
    engines = Engines()
    monkeypatch.setattr(importlib.import_module("sogdia.balance"), "supply", engines.supply)
    for name, functions in HOMES.items():
        home = importlib.import_module(f"sogdia.balance.{name}")
        for function in functions:
            monkeypatch.setattr(home, function, getattr(engines, function))
    return engines


@pytest.fixture
def supply(sogdia, small_folder):
    """Balance the small study."""

    def run(*arguments):
        return sogdia("supply", small_folder, "--quiet", *arguments)

    return run


@pytest.fixture
def barrels(small_copy):
    """The small study, in which copper is traded by the barrel of 125 kg."""
    file = small_copy / "commodity.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    kept = [f"{row},{'0.125' if row.startswith('copper') else ''}" for row in rows]
    file.write_text("\n".join([f"{head},t_per_barrel", *kept, ""]), encoding="utf-8")
    return small_copy


def test_help_teaches(sogdia):
    done = sogdia("supply", "--help")
    assert done.code == 0
    assert "Usage: sogdia supply [OPTIONS] {STUDY}" in done.out
    lines = [line.strip() for line in done.out.splitlines()]
    assert "sogdia supply eurasia --commodity crude-oil" in lines[lines.index("Examples") :]


def test_a_balance_is_printed(supply, engines):
    done = supply()
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("small · cpc-stopped · 2025 · crude-oil, uranium\n")
    for title in ("Deliveries of crude-oil", "Unserved need", "What binds", "N-1 index"):
        assert title in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert "change" not in done.out


def test_unless_told_the_engine_balances_all_as_it_is(supply, engines):
    supply()
    (asked,) = engines.asked
    assert (asked["study"], asked["scenario"]) == ("small", "as-is")
    assert (asked["commodities"], asked["year"], asked["progress"]) == (None, None, None)
    options = asked["options"]
    assert (options.embargo, options.buyers, options.contracts) == ((), None, True)
    assert (options.carbon_price_usd_t, dict(options.price_usd_t)) == (0.0, {})


def test_what_is_asked_reaches_the_engine(supply, engines, here):
    (here / "dry.toml").write_text('[[rule]]\nname = "x"\ncountries = ["DE"]\n')
    done = supply(
        *("-c", "copper", "--commodity", "uranium,copper", "--scenario", "dry.toml"),
        *("--year", "2030", "--embargo", "RU,by", "--embargo", "KZ", "--buyers", "DE,FR"),
        *("--no-contracts", "--carbon-price", "85.5"),
    )
    (asked,) = engines.asked
    assert (asked["scenario"], asked["year"]) == ("dry", 2030)
    assert asked["commodities"] == ("copper", "uranium")
    options = asked["options"]
    assert (options.embargo, options.buyers) == (("RU", "BY", "KZ"), ("DE", "FR"))
    assert (options.contracts, options.carbon_price_usd_t) == (False, 85.5)
    assert "Asked: embargo of RU, BY, KZ by DE, FR; no contracts; 85.5 USD per t" in done.out


@pytest.mark.parametrize(
    ("text", "usd_t"), [("600", 600.0), ("80/bbl", 640.0), (" 80 USD/barrel ", 640.0), ("7/t", 7.0)]
)
def test_a_price_is_by_the_tonne_or_the_barrel(sogdia, engines, barrels, text, usd_t):
    assert sogdia("supply", barrels, "-q", "-c", "copper", "--price", text).code == 0
    assert dict(engines.asked[0]["options"].price_usd_t) == {"copper": usd_t}


@pytest.mark.parametrize("text", ["", "x", "-1", "nan", "inf", "80/", "80/kg", "80/bbl/t", "1e999"])
def test_anything_else_is_no_price(text):
    with pytest.raises(DataError, match=r"^--price: .* is not a price such as 590"):
        parse_price(text, {"commodity_id": "crude-oil", "t_per_barrel": 0.125})


def test_json_has_the_keys_that_stay(supply, engines):
    done = supply("--json")
    assert (done.code, done.err) == (0, "")
    content = json.loads(done.out)
    assert set(content) == KEYS
    assert [row["element"] for row in content["binding"]] == ["druzhba", "tengiz-2030", "KZTEN"]
    assert content["n_minus_1"][2]["deficits_kt"] == {"crude-oil": 36_500.0, "uranium": 0.0}
    assert content["n_minus_1_index"]["crude-oil"]["percent"] == 62.5


def test_a_baseline_is_its_scenario_as_it_is(supply, engines):
    engines.balances["baseline-2024"] = supplied.base_balance()
    done = supply("--embargo", "RU", "--carbon-price", "9", "--baseline", "baseline-2024")
    assert done.code == 0
    own, base = engines.asked
    assert (base["scenario"], base["year"]) == ("baseline-2024", 2025)
    assert (own["options"].embargo, own["options"].carbon_price_usd_t) == (("RU",), 9.0)
    assert (base["options"].embargo, base["options"].carbon_price_usd_t) == ((), 0.0)
    assert engines.stopped == ["cpc-stopped", "baseline-2024"]
    assert "Cost 12,346 million USD a year (+2,346)" in done.out
    assert "Changes are against the balance under baseline-2024." in done.out


def test_the_change_is_the_difference_of_the_two_balances(supply, engines):
    engines.balances["baseline-2024"] = supplied.base_balance()
    content = json.loads(supply("--baseline", "baseline-2024", "--json").out)
    assert set(content) == {*KEYS, "baseline", "change"}
    change = content["change"]
    assert change["cost_musd"] == content["cost_musd"] - content["baseline"]["cost_musd"]
    kt = {
        name: sum(row["kt"] for row in one["deliveries"])
        for name, one in (("now", content), ("before", content["baseline"]))
    }
    moved = sum(row["kt_change"] for row in change["deliveries"])
    assert moved == kt["now"] - kt["before"] == -1_825.0


def test_against_itself_nothing_changes(supply, engines):
    done = supply("--baseline", "baseline-2024", "--json")
    change = json.loads(done.out)["change"]
    assert change == {"cost_musd": 0.0, "deliveries": [], "unserved": []}


def test_curves_and_stops_are_asked_for(supply, engines):
    done = supply(
        *("--sweep", "carbon-price", "0:100:50", "--frontier", "cost,avoid-RU", "--n-minus-2"),
        *("--disruptions", "500", "--seed", "7", "--expand", "all"),
    )
    assert (done.code, done.err) == (0, "")
    asked = {one["engine"]: one for one in engines.asked if "engine" in one}
    assert set(asked) == {"sweep", "frontier", "n_minus_2", "disruptions", "expansion"}
    assert asked["sweep"]["parameter"] == "carbon-price"
    assert asked["sweep"]["values"] == [0.0, 50.0, 100.0]
    assert (asked["sweep"]["year"], asked["sweep"]["options"].embargo) == (2025, ())
    assert asked["frontier"]["country"] == "RU"
    assert (asked["disruptions"]["draws"], asked["disruptions"]["seed"]) == (500, 7)
    assert asked["expansion"]["deficit_kt"] is None
    for title in ("Sweep of carbon-price", "Frontier:", "N-2:", "Disruptions by", "The cheapest"):
        assert title in done.out


def test_a_frontier_of_the_largest_share_names_no_country(supply, engines):
    supply("--frontier", "cost,largest-share", "--expand", "2500")
    asked = {one["engine"]: one for one in engines.asked if "engine" in one}
    assert asked["frontier"]["country"] is None
    assert asked["expansion"]["deficit_kt"] == 2500.0


def test_prices_are_swept_as_they_are_said(sogdia, engines, barrels):
    asked = ("-c", "copper", "--sweep", "price", "50:60:5", "--json")
    content = json.loads(sogdia("supply", barrels, "-q", *asked).out)
    assert engines.asked[-1]["parameter"] == "price"
    assert engines.asked[-1]["values"] == [50.0, 55.0, 60.0]
    assert [point["value"] for point in content["sweep"]["points"]] == [50.0, 55.0, 60.0]


def test_years_are_swept_downwards_too(supply, engines):
    supply("--sweep", "year", "2060:2025:-5")
    assert engines.asked[-1]["values"][::7] == [2060.0, 2025.0]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0:1:0.1", tuple(round(0.1 * tenth, 1) for tenth in range(11))),
        ("5:5:1", (5.0,)),
        ("0:10:4", (0.0, 4.0, 8.0)),
        ("2:0:-1", (2.0, 1.0, 0.0)),
    ],
)
def test_steps_are_exact(text, values):
    assert parse_sweep("price", text) == values


@pytest.mark.parametrize(
    "text",
    ["", "5", "1:2", "1:2:0", "2:1:1", "1:2:-1", "a:b:c", "nan:1:1", "0:inf:1", "0:1:1e-999"],
)
def test_anything_else_is_no_range(text):
    with pytest.raises(DataError, match=r"^--sweep price: "):
        parse_sweep("price", text)


@pytest.mark.parametrize(
    ("text", "kt"), [("2500", 2_500.0), ("1.2 Mt/y", 1_200.0), ("40kb/d", 1_825.0), ("ALL", None)]
)
def test_a_deficit_is_a_quantity(sogdia, engines, barrels, text, kt):
    assert sogdia("supply", barrels, "-q", "-c", "copper", "--expand", text).code == 0
    assert engines.asked[-1]["deficit_kt"] == kt


@pytest.mark.parametrize(
    ("text", "country"),
    [("cost,avoid-RU", "RU"), ("cost, avoid-ru", "RU"), ("largest-share,cost", None)],
)
def test_a_frontier_weighs_cost(text, country):
    assert parse_frontier(text) == country


def test_a_deficit_that_cannot_be_closed_ends_with_3(supply, engines):
    engines.left_kt = 25.0
    done = supply("--expand", "all")
    assert done.code == 3
    assert done.err == (
        "the deficit cannot be closed: 25 kt a year are left with the projects of the study\n"
    )
    assert "25.0 kt of what was asked for are left" in done.out


def test_unserved_need_is_an_answer(supply, engines):
    assert supply().code == 0


def test_long_lists_are_cut(supply, engines):
    assert "2 more; --top 0 shows all." in supply("--top", "1").out
    assert "more; --top" not in supply("--top", "0").out


def test_progress_is_shown_unless_quiet(sogdia, engines, small_folder):
    sogdia("supply", small_folder, "--baseline", "baseline-2024")
    assert all(asked["progress"] is not None for asked in engines.asked)


def test_files_are_written_and_named(sogdia, engines, here, small_folder):
    done = sogdia(
        *("supply", small_folder, "--frontier", "cost,avoid-RU"),
        *("--out", "kept", "--charts", "curves.svg"),
    )
    assert done.code == 0
    assert done.err.splitlines()[-2:] == ["Written to kept", "Written to curves.svg"]
    assert "</svg>" in (here / "curves.svg").read_text(encoding="utf-8")
    summary = json.loads((here / "kept" / "summary.json").read_text(encoding="utf-8"))
    assert summary["made_from"]["scenario"]["name"] == "as-is"
    assert summary["frontier"]["country"] == "RU"
    kept = pl.read_parquet(here / "kept" / "deliveries.parquet")
    assert kept["kt"].sum() == supplied.result().deliveries["kt"].sum()
    assert pl.read_parquet(here / "kept" / "frontier.parquet").height == 3


def test_a_file_that_cannot_be_written_is_the_machine_refusing(supply, engines, here):
    (here / "curves.svg").mkdir()
    done = supply("--frontier", "cost,avoid-RU", "--charts", "curves.svg")
    assert done.code == 4
    assert done.err.startswith("cannot write curves.svg: ")
    assert done.out.startswith("small")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-c", "coper"], "there is no commodity 'coper'; did you mean 'copper'?"),
        (["--year", "1066"], "--year 1066 is not a number from 1900 to 2200"),
        (["--embargo", "RUS"], "--embargo: 'RUS' is not an ISO 3166-1 alpha-2 country code"),
        (["--embargo", "RU", "--buyers", "EUR"], "--buyers: 'EUR' is not an ISO 3166-1 alpha-2"),
        (["--buyers", "DE"], "--buyers names who keeps to an embargo; name the embargo"),
        (["--carbon-price", "-1"], "--carbon-price -1 is not a price of 0 or more"),
        (["--carbon-price", "nan"], "--carbon-price nan is not a price of 0 or more"),
        (["--carbon-price", "inf"], "--carbon-price inf is not a price of 0 or more"),
        (["--price", "600"], "--price is of one commodity; name it with --commodity"),
        (["-c", "copper,uranium", "--price", "6"], "--price is of one commodity; name it with"),
        (["-c", "copper", "--price", "cheap"], "--price: 'cheap' is not a price such as 590"),
        (["-c", "copper", "--price", "80/bbl"], "copper is not traded by the barrel, because"),
        (["--sweep", "prize", "1:2:1"], "--sweep 'prize' is none of price, carbon-price, year"),
        (["--sweep", "price", "1:2:1"], "--sweep price is of one commodity; name it with"),
        (["--sweep", "year", "2060:2025:5"], "--sweep year: '2060:2025:5' never gets from"),
        (["--sweep", "year", "2025:2030:0.5"], "has values that are no whole years"),
        (["--sweep", "year", "1800:2030:10"], "--sweep year 1800:2030:10 is not within 1900 to"),
        (["--sweep", "carbon-price", "-5:5:1"], "goes below 0; a price is not negative"),
        (["--sweep", "carbon-price", "0:1e300:1"], "has more than 1,000 values; take larger"),
        (["--frontier", "cost"], "--frontier 'cost' is neither cost,avoid-RU (with a country)"),
        (["--frontier", "avoid-RU"], "--frontier 'avoid-RU' is neither cost,avoid-RU"),
        (["--frontier", "cost,avoid-"], "--frontier 'cost,avoid-' names no country"),
        (["--frontier", "cost,avoid-RUS"], "--frontier: 'RUS' is not an ISO 3166-1 alpha-2"),
        (["--frontier", "cost,avoid-RU,avoid-BY"], "is neither cost,avoid-RU"),
        (["--disruptions", "0"], "--disruptions 0 is not a number from 1 to 10000000"),
        (["--seed", "-1"], "--seed -1 is not a number from 0 to"),
        (["--top", "-1"], "--top -1 is not a number from 0 to 1000000"),
        (["--expand", "some"], "--expand: 'some' is not a quantity such as 350 kt"),
        (["--expand", "0"], "--expand '0' closes nothing; give a quantity above 0, or all"),
        (["--expand", "9 kb/d"], "--expand: '9 kb/d' is in barrels of nothing named; name one"),
        (["-c", "copper", "--expand", "9 kb/d"], "copper is not traded by the barrel, because"),
        (["--expand", "inf"], "--expand: 'inf' is not a quantity such as 350 kt"),
        (["--charts", "c.svg"], "--charts draws the curves of --sweep, --frontier and"),
        (["--n-minus-2", "--charts", "c.svg"], "--charts draws the curves of --sweep"),
        (["--disruptions", "9", "--charts", "c.png"], "--charts c.png does not end with .svg"),
        (["--disruptions", "9", "--charts", "no/c.svg"], "does not exist; make no"),
        (["--scenario", "no-such"], "no-such"),
        (["--baseline", "no-such"], "no-such"),
    ],
)
def test_wrong_input_is_one_line_before_anything_is_balanced(
    supply, engines, here, arguments, message
):
    done = supply(*arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert message in done.err
    assert engines.asked == []
    assert list(here.iterdir()) == []


def test_a_folder_that_is_there_is_refused_before_the_work(supply, engines, here):
    (here / "kept").mkdir()
    (here / "kept" / "mine.txt").write_text("mine")
    done = supply("--out", "kept")
    assert (done.code, engines.asked) == (2, [])
    assert done.err == "--out kept is there already; name a folder that is not\n"


@pytest.mark.parametrize(
    "arguments", [["--year", "soon"], ["--carbon-price", "dear"], ["--disruptions", "x"]]
)
def test_wrong_usage_ends_with_2(supply, engines, arguments):
    done = supply(*arguments)
    assert done.code == 2
    assert "Usage: sogdia supply" in done.err
    assert engines.asked == []


def test_a_sweep_is_a_name_and_a_range(supply, engines):
    done = supply("--sweep", "price")
    assert (done.code, done.out) == (2, "")
    assert "requires 2 arg" in done.err
    assert engines.asked == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("consumption has no row for copper before 2020; it has 2024, 2030"), 2),
        (ConvergenceError("the solver gives up"), 3),
    ],
)
def test_what_the_engine_refuses_is_said(supply, engines, monkeypatch, error, code):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(importlib.import_module("sogdia.balance"), "supply", refuse)
    done = supply("--year", "2019")
    assert (done.code, done.out, done.err) == (code, "", f"{error}\n")


def test_interrupted_it_ends_with_130(supply, engines, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("sogdia.balance"), "supply", interrupt)
    done = supply()
    assert (done.code, done.out) == (130, "")
