"""The supply balance of the built-in study: complete, linked, and near the published totals."""

from __future__ import annotations

import math

import polars as pl
import pytest

from sogdia.network.compile import compile_network
from sogdia.network.model import Network
from sogdia.scenario import Scenario, apply, periods, study_at
from sogdia.study import Study
from sogdia.study.load import load

EU_GATES = ("AT", "BG", "CZ", "DE", "ES", "FR", "GR", "HU", "IT", "NL", "PL", "RO", "SE")
"""Countries of the EU at whose gates the crude of the whole Union is counted."""
BALANCE = (
    "supply",
    "ownership",
    "consumption",
    "stock",
    "contract",
    "quality",
    "blend",
    "consignment",
    "disruption",
)
KAZAKH_EXPORTS_2025_KT = 78_700
LOST_TO_EVENTS_2025_KT = 66_500 - 63_800 + 1_474 - 1_300
"""What CPC's moorings and BTC's chlorides kept back, as table demand has it."""


@pytest.fixture(scope="module")
def eurasia() -> Study:
    """The built-in study."""
    return load("eurasia")


@pytest.fixture(scope="module")
def network(eurasia: Study) -> Network:
    """The network of July 2025."""
    scenario = Scenario.load("baseline-2024")
    applied = apply(eurasia, scenario)
    parts = periods(applied, scenario, 2025)
    return compile_network(study_at(applied, parts[len(parts) // 2], 2025))


def newest(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    """The rows that hold in a year."""
    held = frame.filter(pl.col("year") <= year)
    return held.filter(pl.col("year") == pl.col("year").max().over("node_id", "commodity_id"))


def with_country(eurasia: Study, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with the country of their node."""
    return frame.join(eurasia.node.select("node_id", "country"), on="node_id", how="left")


def identifiers(eurasia: Study) -> dict[str, set[str]]:
    """What rows may name, by kind of element."""
    return {
        "node": set(eurasia.node["node_id"]),
        "link": set(eurasia.link["link_id"]),
        "terminal": set(eurasia.terminal["terminal_id"]),
        "service": set(eurasia.service["service_id"]),
        "country": set(eurasia.node["country"].drop_nulls()),
    }


@pytest.mark.parametrize("table", BALANCE)
def test_every_table_has_rows_and_every_row_a_source(eurasia: Study, table: str) -> None:
    frame = eurasia.frames()[table]
    assert frame.height > 0
    assert frame["source_id"].null_count() == 0


def test_owners_have_no_more_than_the_whole(eurasia: Study) -> None:
    owned = eurasia.ownership.group_by("node_id", "commodity_id").agg(pl.col("share").sum())
    assert owned.filter(pl.col("share") > 1 + 1e-9).is_empty()
    ships = eurasia.supply.select("node_id", "commodity_id").unique()
    assert owned.join(ships, on=["node_id", "commodity_id"], how="anti").is_empty()


def test_a_fifth_of_kazakh_uranium_is_rosatoms(eurasia: Study) -> None:
    russian = eurasia.ownership.filter(
        (pl.col("commodity_id") == "uranium") & (pl.col("country") == "RU")
    )
    assert russian["share"].to_list() == [0.2]


@pytest.mark.parametrize(("table", "end"), [("supply", "tail"), ("consumption", "head")])
def test_who_ships_and_who_needs_is_linked(
    eurasia: Study, network: Network, table: str, end: str
) -> None:
    """From a producer a link goes out that takes its goods, and one comes in to a consumer."""
    use = dict(eurasia.commodity.select("commodity_id", "use").iter_rows())
    moving = network.arc.filter(pl.col("kind").is_in(["link", "service"]))
    rows = newest(eurasia.frames()[table], 2025).select("node_id", "commodity_id").unique()
    for node, commodity in rows.sort("node_id", "commodity_id").iter_rows():
        uses = moving.filter(pl.col(f"{end}_node_id") == node)["allowed_uses"].to_list()
        accepted = [one is None or use[commodity] in one.split(",") for one in uses]
        assert any(accepted), (node, commodity)


@pytest.mark.parametrize(("year", "total_kt"), [(2024, 454_400), (2025, 429_300)])
def test_the_eu_imports_what_is_published(eurasia: Study, year: int, total_kt: float) -> None:
    crude = newest(eurasia.consumption.filter(pl.col("commodity_id") == "crude-oil"), year)
    eu = with_country(eurasia, crude).filter(pl.col("country").is_in(EU_GATES))
    assert eu["quantity_kt"].sum() == pytest.approx(total_kt, rel=0.02)


def test_germany_imports_what_is_published(eurasia: Study) -> None:
    crude = newest(eurasia.consumption.filter(pl.col("commodity_id") == "crude-oil"), 2025)
    german = with_country(eurasia, crude).filter(pl.col("country") == "DE")
    assert german["quantity_kt"].sum() == pytest.approx(75_700, rel=0.001)


def test_kazakhstan_ships_what_is_published_and_what_events_kept_back(eurasia: Study) -> None:
    crude = newest(eurasia.supply.filter(pl.col("commodity_id") == "crude-oil"), 2025)
    kazakh = with_country(eurasia, crude).filter(pl.col("country") == "KZ")
    needs = newest(eurasia.consumption.filter(pl.col("commodity_id") == "crude-oil"), 2025)
    home = needs.filter(pl.col("node_id") == "KZKUM")
    shipped_kt = sum(kazakh["capacity_kt_y"].to_list())
    home_kt = sum(home["quantity_kt"].to_list())
    exports = shipped_kt - home_kt - LOST_TO_EVENTS_2025_KT
    assert exports == pytest.approx(KAZAKH_EXPORTS_2025_KT, rel=0.02)


@pytest.mark.parametrize("year", [2024, 2025, 2030])
def test_every_commodity_can_be_had_in_an_ordinary_year(eurasia: Study, year: int) -> None:
    """Supply is at least consumption, and at least demand where no consumption stands."""
    supply = (
        newest(eurasia.supply, year).group_by("commodity_id").agg(pl.col("capacity_kt_y").sum())
    )
    needs = (
        newest(eurasia.consumption, year).group_by("commodity_id").agg(pl.col("quantity_kt").sum())
    )
    demand = (
        eurasia.demand.filter(pl.col("year") == year)
        .group_by("commodity_id")
        .agg(pl.col("quantity_kt").sum())
        .join(needs, on="commodity_id", how="anti")
    )
    both = supply.join(pl.concat([needs, demand]), on="commodity_id", how="inner")
    assert both.height == supply.height
    short = both.filter(pl.col("capacity_kt_y") < pl.col("quantity_kt") - 1e-6)
    assert short.is_empty(), short


def test_rows_name_elements_that_exist(eurasia: Study) -> None:
    known = identifiers(eurasia)
    for table in ("contract", "consignment", "disruption"):
        rows = eurasia.frames()[table].filter(pl.col("element_id").is_not_null())
        for kind, element in rows.select(
            pl.col("element_kind").cast(pl.String), "element_id"
        ).iter_rows():
            assert element in known[kind], (table, element)


def test_quality_is_that_of_crude(eurasia: Study) -> None:
    limits = {"density_kg_m3": (700, 1000), "sulphur_percent": (0, 5)}
    for name, (least, most) in limits.items():
        values = eurasia.quality.filter(pl.col("property").cast(pl.String) == name)["value"]
        assert values.len() > 0
        assert values.is_between(least, most).all()


def test_disruptions_are_rare_and_end(eurasia: Study) -> None:
    """No place is out for more than half of its record, in events or in days."""
    rows = eurasia.disruption.with_columns(rate=pl.col("events") / pl.col("years"))
    often = pl.col("rate") >= 1
    long = pl.col("duration_days") >= 365.25 * pl.col("years") / 2
    mostly_out = pl.col("rate") * pl.col("duration_days") >= 365.25 / 2
    assert rows.filter(often | long | mostly_out).is_empty()
    assert rows.filter(pl.col("events") == 0)["disruption_id"].to_list() == ["bosporus"]


def test_stocks_cover_what_they_are_said_to(eurasia: Study) -> None:
    """Crude: 45 % of ninety days of imports; uranium: three years of deliveries."""
    held = dict(eurasia.stock.group_by("commodity_id").agg(pl.col("opening_kt").sum()).iter_rows())
    assert held["crude-oil"] == pytest.approx(0.45 * 90 / 365 * 429_300, rel=0.01)
    assert held["uranium"] / 13.8 == pytest.approx(3, rel=0.05)


def test_crude_has_its_density(eurasia: Study) -> None:
    density = eurasia.commodity.filter(pl.col("commodity_id") == "crude-oil")["t_per_barrel"]
    assert density.to_list() == [pytest.approx(1 / 7.33, rel=1e-3)]


@pytest.mark.parametrize("name", ["cpc-60-days", "aktau-7mt", "kazakh-nuclear-2035"])
def test_scenarios_of_supply_change_one_thing(eurasia: Study, name: str) -> None:
    scenario = Scenario.load(name)
    applied = apply(eurasia, scenario)
    assert scenario.description
    changed = [
        table
        for table, frame in applied.frames().items()
        if not frame.equals(eurasia.frames()[table])
    ]
    expected = {
        "cpc-60-days": "event",
        "aktau-7mt": "terminal",
        "kazakh-nuclear-2035": "consumption",
    }
    assert changed in ([expected[name]], [])


def test_cpc_is_closed_for_sixty_days() -> None:
    event = Scenario.load("cpc-60-days").event[-1]
    assert event.until_date is not None
    assert (event.until_date - event.from_date).days + 1 == 60


def test_the_plant_needs_fuel(eurasia: Study) -> None:
    applied = apply(eurasia, Scenario.load("kazakh-nuclear-2035"))
    fuel = applied.consumption.filter(pl.col("node_id") == "KZSAK")["quantity_kt"].to_list()
    assert len(fuel) == 1
    assert math.isclose(fuel[0] / 1.179 * 1000, 365, rel_tol=0.01)
