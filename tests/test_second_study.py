"""Nothing is wired to one study: a corridor and a city that others wrote go all the way."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from tools.tutorial import run

import sogdia
from sogdia.study.load import load

ROOT = Path(__file__).parents[1]
SOURCE = Path(sogdia.__file__).parent
LOBITO = str(ROOT / "examples" / "lobito")
CITY_NET = """\
<NUMBER OF ZONES> 3
<NUMBER OF NODES> 5
<FIRST THRU NODE> 4
<NUMBER OF LINKS> 12
<ORIGINAL HEADER>~ length (km) fftt (min)
<END OF METADATA>
~ init term capacity length fft b power speed toll type ;
1 4 1000 2 3 0.15 4 0 0 1 ;
4 1 1000 2 3 0.15 4 0 0 1 ;
2 4 1000 2 3 0.15 4 0 0 1 ;
4 2 1000 2 3 0.15 4 0 0 1 ;
3 5 1000 2 3 0.15 4 0 0 1 ;
5 3 1000 2 3 0.15 4 0 0 1 ;
1 5 400 6 6 0.15 4 0 0 1 ;
5 1 400 6 6 0.15 4 0 0 1 ;
2 5 600 8 8 0.15 4 0 0 1 ;
5 2 600 8 8 0.15 4 0 0 1 ;
4 5 500 3 2 0.15 4 0 0 1 ;
5 4 500 3 2 0.15 4 0 0 1 ;
"""
CITY_TRIPS = """\
<NUMBER OF ZONES> 3
<TOTAL OD FLOW> 2100
<END OF METADATA>

Origin 1
2 : 300; 3 : 600;
Origin 2
1 : 200; 3 : 500;
Origin 3
1 : 400; 2 : 100;
"""
CITY_NODES = "Node X Y ;\n" + "".join(
    f"{node} {x} {y} ;\n"
    for node, (x, y) in enumerate(
        [(10.0, 50.0), (10.0, 50.06), (10.1, 50.03), (10.02, 50.03), (10.08, 50.03)], start=1
    )
)
GOODS = """\
commodity_id,name,unit,use,value_usd_t,value_of_time_usd_t_day,value_of_time_sigma
parcels,Parcels,t,parcels,5000,24,0.5
"""
DEMAND = """\
demand_id,origin,destination,commodity_id,year,quantity_kt,projection
one,1,3,parcels,2024,10,false
two,2,3,parcels,2024,5,false
"""


def answer(command: str):
    """Run a command that succeeds; return what it prints for scripts."""
    code, printed = run(f"{command} --json --quiet")
    assert code == 0, printed
    return json.loads(printed)


@pytest.fixture
def city(tmp_path, monkeypatch):
    """A network of streets in TNTP files, imported."""
    monkeypatch.chdir(tmp_path)
    theirs = tmp_path / "Ring"
    theirs.mkdir()
    (theirs / "Ring_net.tntp").write_text(CITY_NET)
    (theirs / "Ring_trips.tntp").write_text(CITY_TRIPS)
    (theirs / "Ring_node.tntp").write_text(CITY_NODES)
    assert run("sogdia import tntp Ring --to city")[0] == 0
    return tmp_path / "city"


def test_the_corridor_is_routed_with_every_rival():
    ways = answer(f"sogdia route {LOBITO} Kolwezi Shanghai --commodity copper")["itineraries"]
    assert {way["corridor"] for way in ways} == {"lobito", "tazara", "dar"}
    cheapest = min(ways, key=lambda way: way["cost_usd_t"])
    rail = 0.06 * (438 + 12 + 1289)
    assert cheapest["cost_usd_t"] == pytest.approx(rail + 2 + 12 + 10 + 0.004 * 19500)


def test_the_corridor_is_run_simulated_and_on_the_map(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer(f"sogdia run {LOBITO} --out run")
    corridors = pl.read_parquet("run/corridors.parquet")
    demand = load(LOBITO).demand.filter(pl.col("year") == 2024)["quantity_kt"].sum()
    assert corridors["kt"].sum() == pytest.approx(demand)
    trains = 2 * 2 * 960 * 365.25 / 7 / 1000
    of_lobito = corridors.filter(pl.col("corridor") == "lobito")["kt"].sum()
    assert of_lobito == pytest.approx(trains, rel=0.01)
    assert "Lobito" in Path("run/report.html").read_text()
    answer(f"sogdia simulate {LOBITO} --replications 1 --days 90 --from 2024-01-01 --out simulated")
    assert not pl.read_parquet("simulated/elements.parquet").is_empty()


def test_every_study_has_a_main_corridor():
    assert load(LOBITO).main_corridor == "lobito"
    assert load("eurasia").main_corridor == "titr"


def test_a_study_without_scenarios_is_compared_with_itself_as_it_is():
    assert sogdia.Scenario.load("as-is") == sogdia.Scenario()


def test_the_main_corridor_has_to_be_one_of_the_study(tmp_path):
    copied = shutil.copytree(LOBITO, tmp_path / "lobito")
    with (copied / "study.toml").open("a") as settings:
        settings.write('main_corridor = "lobitto"\n')
    code, printed = run(f"sogdia check {copied}")
    assert code == 2
    assert printed.startswith("study.toml: main_corridor: 'lobitto' is not in corridor.csv")
    assert "nearest: 'lobito'" in printed


def test_the_city_is_assigned_and_every_trip_arrives(city):
    found = sogdia.assign(load(city), method="ue", gap=1e-8)
    found.check()
    arriving = found.links.filter(pl.col("to_node_id") == "3")["flow"].sum()
    assert arriving == pytest.approx(600 + 500)
    assert run("sogdia assign city --quiet")[0] == 0


def test_the_city_as_it_came_says_what_it_lacks(city):
    for command in ("run", "stress"):
        code, printed = run(f"sogdia {command} city")
        assert code == 2
        assert "has trips and no demand for freight" in printed


def test_freight_of_the_city_goes_all_the_way(city):
    settings = (city / "study.toml").read_text().replace('crs = "unknown"', "base_year = 2024")
    (city / "study.toml").write_text(settings)
    (city / "commodity.csv").write_text(GOODS)
    (city / "demand.csv").write_text(DEMAND)
    assert run("sogdia check city") == (0, "city: 8 tables, 41 rows, nothing wrong\n")
    ways = sogdia.route(load("city"), "1", "3", commodity="parcels").itineraries
    assert min(way.days_mean for way in ways) * 24 * 60 == pytest.approx(3 + 2 + 3)
    answer("sogdia run city --out run")
    links = pl.read_parquet("run/links.parquet")
    assert links.filter(pl.col("to_node_id") == "3")["kt"].sum() == pytest.approx(15)
    assert run("sogdia route city 1 3 --commodity parcels --map way.html")[0] == 0
    answer("sogdia simulate city --replications 1 --days 30 --from 2024-01-01")
    worst = answer("sogdia stress city")["elements"][0]
    assert worst["element"] == "5-3"
    assert worst["lost_kt"] == pytest.approx(15)


HARD_WIRED = re.compile(r"^(titr|caspian|KZ[A-Z]{3}\b.*|KZ|RU|CN|AZ|GE)$", re.IGNORECASE)
MAY_NAME = {"study/countries.py", "study/country_names.py"}
"""Lists of all countries."""
EXAMPLE_KEYS = {"example", "examples", "json_schema_extra"}


def constants(path: Path):
    """Yield the texts of a module's code, but not of its docstrings and examples."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = [
        node.value
        for node in ast.walk(tree)
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.keyword) and node.arg in EXAMPLE_KEYS)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            left_out += [
                value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and key.value in EXAMPLE_KEYS
            ]
    skipped = {id(part) for node in left_out for part in ast.walk(node)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield node.lineno, node.value


def test_no_code_names_a_place_or_corridor_of_the_built_in_study():
    named = [
        (str(path.relative_to(SOURCE)), line, text)
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).as_posix() not in MAY_NAME
        for line, text in constants(path)
        if HARD_WIRED.match(text)
    ]
    assert named == []
