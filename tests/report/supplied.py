"""A supply balance made by hand, over four places and two goods, in round figures."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from tests.builders import line, study_of

from sogdia.report.supply_report import Balance, Frontier, SupplyReport, Sweep
from sogdia.scenario import Scenario
from sogdia.study import Study

MONTHS = range(1, 13)


@dataclass(frozen=True)
class Made:
    """What `sogdia.SupplyResult` has and reports see."""

    study: Study
    scenario: Scenario
    year: int
    commodities: tuple[str, ...]
    cost_musd: float
    seconds: dict[str, float]
    notices: tuple[str, ...]
    deliveries: pl.DataFrame
    unserved: pl.DataFrame
    months_table: pl.DataFrame
    suppliers: pl.DataFrame
    elements: pl.DataFrame
    binding: pl.DataFrame
    contracts: pl.DataFrame
    blends: pl.DataFrame
    stocks: pl.DataFrame
    links: pl.DataFrame
    paths: pl.DataFrame
    concentration: pl.DataFrame
    avoiding: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that a folder keeps."""
        tables = {"months": self.months_table}
        for field in fields(self):
            if isinstance(frame := getattr(self, field.name), pl.DataFrame):
                tables.setdefault(field.name.removesuffix("_table"), frame)
        return tables


@dataclass(frozen=True)
class MadeDisruptions:
    """What `sogdia.balance.disruptions.DisruptionResult` has and reports see."""

    by_commodity: pl.DataFrame
    by_disruption: pl.DataFrame
    draws: int
    seed: int
    unserved_kt: NDArray[np.float64]


@dataclass(frozen=True)
class MadeExpansion:
    """What `sogdia.balance.expansion.ExpansionResult` has and reports see."""

    projects: pl.DataFrame
    built: tuple[str, ...]
    unserved_kt: float
    closed_kt: float
    left_kt: float
    cost_musd_y: float
    tried: int
    complete: bool
    notices: tuple[str, ...]


def study() -> Study:
    """A study with a field, a mine, a port and two plants."""
    return study_of(
        node=[
            {"node_id": "KZTEN", "name": "Tengiz (field)", "country": "KZ"},
            {"node_id": "KZKSG", "name": "Kashagan (field)", "country": "KZ"},
            {"node_id": "KZINK", "name": "Inkai (mine)", "country": "KZ"},
            {"node_id": "RUNVS", "name": "Novorossiysk (CPC terminal)", "country": "RU"},
            {"node_id": "DESWE", "name": "Schwedt (refinery)", "country": "DE"},
            {"node_id": "ITTRS", "name": "Trieste (oil port)", "country": "IT"},
            {"node_id": "FRMAL", "name": "Malvési (conversion)", "country": "FR"},
        ],
        link=[
            line("KZTEN", "RUNVS", link_id="cpc", mode="pipeline"),
            line("KZTEN", "DESWE", link_id="druzhba", mode="pipeline"),
        ],
        commodity=[
            {"commodity_id": "crude-oil", "name": "Crude oil", "t_per_barrel": 0.125},
            {"commodity_id": "uranium", "name": "Uranium concentrate"},
        ],
        corridor=[{"corridor_id": "cpc", "name": "CPC", "priority": 1, "any_of": "cpc"}],
    )


def delivery(supplier: str, consumer: str, corridor: str, kt: float, **row: Any) -> dict[str, Any]:
    """One delivery of crude oil through Russia."""
    return {
        "commodity": "crude-oil",
        "supplier": supplier,
        "supplier_country": "KZ",
        "owner_country": "KZ",
        "consumer": consumer,
        "consumer_country": consumer[:2],
        "corridor": corridor,
        "transit": ["RU"],
        "kt": kt,
        "cost_usd_t": 40.0,
        "days": 21.0,
        "co2_kg_t": 30.0,
    } | row


def deliveries(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table of deliveries."""
    schema = pl.DataFrame([delivery("KZTEN", "ITTRS", "cpc", 1.0)]).schema
    return pl.DataFrame(list(rows), schema=schema)


def unserved(*rows: tuple[str, str, float, float]) -> pl.DataFrame:
    """Table of unserved need: commodity, consumer, need and what is missing."""
    made = [
        {
            "commodity": commodity,
            "consumer": consumer,
            "consumer_country": consumer[:2],
            "need_kt": need,
            "kt": kt,
            "share": kt / need,
            "value_musd": 0.6 * kt,
        }
        for commodity, consumer, need, kt in rows
    ]
    schema: dict[str, Any] = dict.fromkeys(("commodity", "consumer", "consumer_country"), pl.String)
    schema |= dict.fromkeys(("need_kt", "kt", "share", "value_musd"), pl.Float64)
    return pl.DataFrame(made, schema=schema)


def months(*rows: tuple[str, str, float, float]) -> pl.DataFrame:
    """Table by month: commodity, consumer, need of a year and what is missing of it."""
    return pl.DataFrame(
        [
            {
                "commodity": commodity,
                "consumer": consumer,
                "consumer_country": consumer[:2],
                "month": month,
                "need_kt": need / 12,
                "delivered_kt": (need - kt) / 12,
                "unserved_kt": kt / 12,
                "price_usd_t": 600.0,
            }
            for commodity, consumer, need, kt in rows
            for month in MONTHS
        ]
    )


def limit(kind: str, element: str, shadow: float, why: str, **row: Any) -> dict[str, Any]:
    """One limit that binds all year."""
    return {
        "kind": kind,
        "element": element,
        "shadow_usd_t": shadow,
        "value_musd_unit": shadow / 1000,
        "unit": "kt",
        "months_binding": 12,
        "why": why,
    } | row


def contracts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table of contracts."""
    schema: dict[str, Any] = dict.fromkeys(("contract", "name", "commodity"), pl.String)
    schema |= dict.fromkeys(("least_kt", "most_kt", "kt", "short_kt", "shadow_usd_t"), pl.Float64)
    return pl.DataFrame(list(rows), schema=schema | {"conflict": pl.String})


def stocks(*levels: float, node: str = "DESWE") -> pl.DataFrame:
    """Table of one stock of crude oil, with a level at the end of each month."""
    schema: dict[str, Any] = {"node": pl.String, "commodity": pl.String, "month": pl.Int64}
    figures = ("level_kt", "filled_kt", "drawn_kt", "lost_kt", "worth_usd_t")
    schema |= dict.fromkeys(figures, pl.Float64)
    rows = [
        {
            "node": node,
            "commodity": "crude-oil",
            "month": month,
            "level_kt": level,
            "filled_kt": 0.0,
            "drawn_kt": 10.0,
            "lost_kt": 1.0,
            "worth_usd_t": 600.0,
        }
        for month, level in enumerate(levels, start=1)
    ]
    return pl.DataFrame(rows, schema=schema)


def concentration(**hhi: float) -> pl.DataFrame:
    """Table of concentration of crude oil: index of suppliers by buyers; routes are one."""
    return pl.DataFrame(
        [
            {
                "commodity": "crude-oil",
                "buyers": buyers,
                "hhi_suppliers": value,
                "hhi_routes": 10_000.0,
                "largest_supplier": "KZ",
                "share_of_largest_supplier": 0.7,
                "largest_route": "cpc",
                "share_of_largest_route": 1.0,
            }
            for buyers, value in hhi.items()
        ]
    )


def avoiding(*rows: tuple[str, str, float, float]) -> pl.DataFrame:
    """Table of transit: commodity, country, tonnes through it and share that avoids it."""
    schema: dict[str, Any] = {"commodity": pl.String, "country": pl.String}
    schema |= {"kt_through": pl.Float64, "share_avoiding": pl.Float64}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def stops(*rows: dict[str, Any]) -> pl.DataFrame:
    """Table of N-1."""
    schema: dict[str, Any] = dict.fromkeys(("kind", "element", "name"), pl.String)
    schema |= {"deficit_kt": pl.Float64, "extra_cost_musd": pl.Float64}
    lacking = {"commodity": pl.String, "deficit_kt": pl.Float64, "unserved_kt": pl.Float64}
    return pl.DataFrame(list(rows), schema=schema | {"by_commodity": pl.List(pl.Struct(lacking))})


def stop(kind: str, element: str, name: str | None, deficit: float, cost: float) -> dict[str, Any]:
    """What the stop of one element costs, all of it crude oil."""
    return {
        "kind": kind,
        "element": element,
        "name": name,
        "deficit_kt": deficit,
        "extra_cost_musd": cost,
        "by_commodity": [
            {"commodity": "crude-oil", "deficit_kt": deficit, "unserved_kt": deficit + 500.0},
            {"commodity": "uranium", "deficit_kt": 0.0, "unserved_kt": 0.0},
        ],
    }


def index(percent: float | None = 62.5) -> pl.DataFrame:
    """Table of the N-1 index."""
    return pl.DataFrame(
        {
            "commodity": ["crude-oil"],
            "percent": [percent],
            "largest": ["RUNVS"],
            "capacity_kt": [80_000.0],
            "without_largest_kt": [25_000.0],
            "need_kt": [40_000.0],
        },
        schema_overrides={"percent": pl.Float64},
    )


NEED = (
    ("crude-oil", "ITTRS", 36_500.0),
    ("crude-oil", "DESWE", 3_650.0),
    ("uranium", "FRMAL", 8.0),
)


def result(**changed: Any) -> Any:
    """A year in which Schwedt lacks half of what it needs, with other fields where given."""
    missing = {"DESWE": 1_825.0}
    needs = [(goods, place, need, missing.get(place, 0.0)) for goods, place, need in NEED]
    made = Made(
        study=study(),
        scenario=Scenario(name="cpc-stopped"),
        year=2025,
        commodities=("crude-oil", "uranium"),
        cost_musd=12_345.6,
        seconds={"build": 1.2, "solve": 0.8},
        notices=("uranium has no row in table supply: its demand by origin is taken",),
        deliveries=deliveries(
            delivery("KZTEN", "ITTRS", "cpc", 30_000.0),
            # two owners, one line
            delivery("KZKSG", "ITTRS", "cpc", 5_000.0, owner_country="IT", cost_usd_t=50.0),
            delivery("KZKSG", "ITTRS", "cpc", 1_500.0, cost_usd_t=37.0),
            delivery("KZTEN", "DESWE", "other", 1_700.0, transit=["RU", "BY", "PL"]),
            delivery("stock of DESWE", "DESWE", "other", 125.0, transit=[]),
            delivery("KZINK", "FRMAL", "titr", 8.0, commodity="uranium", transit=["AZ", "GE"]),
        ),
        unserved=unserved(*needs),
        months_table=months(*needs),
        suppliers=pl.DataFrame({"supplier": ["KZTEN"]}),
        elements=pl.DataFrame({"element": ["cpc"]}),
        binding=pl.DataFrame(
            [
                limit(
                    "link",
                    "druzhba",
                    560.0,
                    "Every tonne that Druzhba has room for is used in all months, and Schwedt "
                    "lacks what it cannot carry.",
                ),
                limit("contract", "tengiz-2030", 12.5, "It holds Tengiz to ship 30 Mt by CPC."),
                limit("supplier", "KZTEN", 4.0, "Tengiz ships all that it can."),
            ]
        ),
        contracts=contracts(
            {
                "contract": "tengiz-2030",
                "name": "Tengiz by CPC until 2030",
                "commodity": "crude-oil",
                "least_kt": 32_000.0,
                "most_kt": None,
                "kt": 30_000.0,
                "short_kt": 2_000.0,
                "shadow_usd_t": 12.5,
                "conflict": "the capacity of cpc, the limit embargo",
            },
            {
                "contract": "inkai",
                "name": None,
                "commodity": "uranium",
                "least_kt": 5.0,
                "most_kt": None,
                "kt": 8.0,
                "short_kt": 0.0,
                "shadow_usd_t": 0.0,
                "conflict": None,
            },
        ),
        blends=pl.DataFrame({"link": ["cpc"]}),
        stocks=stocks(100.0, 50.0, 80.0),
        links=pl.DataFrame({"link": ["cpc"]}),
        paths=pl.DataFrame({"path": [1], "legs": [["cpc"]]}),
        concentration=concentration(all=5_200.0, DE=10_000.0, EU=5_100.0),
        avoiding=avoiding(
            ("crude-oil", "BY", 1_700.0, 0.956),
            ("crude-oil", "RU", 38_200.0, 0.003),
            ("uranium", "AZ", 8.0, 0.0),
        ),
    )
    return replace(made, **changed)


def balance(**fields: Any) -> Balance:
    """A balance with what it withstands."""
    return Balance(
        result=result(**fields),
        n_minus_1=stops(
            stop("supplier", "KZKSG", None, 0.0, 0.0),
            stop("chokepoint", "RUNVS", "Novorossiysk", 36_500.0, 21_900.0),
            stop("corridor", "cpc", "cpc", 36_500.0, 22_000.0),
            stop("supplier", "KZTEN", "Tengiz", 0.0, 130.5),
        ),
        index=index(),
    )


def base_balance() -> Balance:
    """The year before anything stopped: nothing is missing, and more comes by Druzhba."""
    needs = [(goods, place, need, 0.0) for goods, place, need in NEED]
    return Balance(
        result=result(
            scenario=Scenario(name="baseline-2024"),
            cost_musd=10_000.0,
            deliveries=deliveries(
                delivery("KZTEN", "ITTRS", "cpc", 36_500.0),
                delivery("KZTEN", "DESWE", "other", 3_525.0, transit=["RU", "BY", "PL"]),
                delivery("KZTEN", "DESWE", "btc", 125.0, transit=["AZ", "GE", "TR"]),
                delivery("KZINK", "FRMAL", "titr", 8.0, commodity="uranium", transit=["AZ"]),
            ),
            unserved=unserved(*needs),
            months_table=months(*needs),
            binding=pl.DataFrame([limit("link", "druzhba", 60.0, "It is full.")]),
            concentration=concentration(all=9_000.0),
            avoiding=avoiding(("crude-oil", "RU", 30_000.0, 0.25), ("crude-oil", "TR", 125.0, 0.9)),
            contracts=contracts(),
        ),
        n_minus_1=stops(stop("corridor", "cpc", "cpc", 36_000.0, 22_500.0)),
        index=index(60.0),
    )


def disruptions() -> Any:
    """A hundred years of disruptions."""
    return MadeDisruptions(
        by_commodity=pl.DataFrame(
            {
                "commodity": ["crude-oil", "uranium"],
                "expected_unserved_kt": [410.0, 0.0],
                "low": [395.0, 0.0],
                "high": [425.0, 0.0],
                "p50": [0.0, 0.0],
                "p90": [1_500.0, 0.0],
                "p95": [2_900.0, 0.0],
                "p99": [6_000.0, 0.0],
                "cover_stock_kt": [2_900.0, 0.0],
                "cover_days": [26.4, 0.0],
            }
        ),
        by_disruption=pl.DataFrame(
            {
                "disruption": ["cpc-storm", "cpc-drone"],
                "name": ["Storms at the single-point moorings of Novorossiysk", "Drones"],
                "element": ["RUNVS", "cpc"],
                "rate_y": [0.8, 0.3],
                "rate_low": [0.4, 0.1],
                "rate_high": [1.4, 0.9],
                "duration_days": [9.0, 20.0],
                "alone_unserved_kt": [110.0, 300.0],
            }
        ),
        draws=100,
        seed=7,
        # half of the years lack nothing, the others up to 4,950 kt
        unserved_kt=np.array([[max(0.0, 100.0 * year - 5_000.0), 0.0] for year in range(100)]),
    )


def frontier(country: str | None = "RU") -> Frontier:
    """A curve that rises where less may go through."""
    points = {
        "share": [0.5, 0.25, 0.0],
        "limit": [0.5, 0.25, 0.0],
        "cost_musd": [12_000.0, 12_500.0, 14_000.0],
        "served_kt": [40_150.0, 40_050.0, 31_150.0],
        "unserved_kt": [0.0, 100.0, 9_000.0],
        "largest": ["transit RU"] * 3,
    }
    return Frontier(country, pl.DataFrame(points))


def sweep(*commodities: str) -> Sweep:
    """A curve over the price of a barrel."""
    names = commodities or ("crude-oil",)
    rows = [
        {
            "value": value,
            "unit": "USD per barrel",
            "commodity": name,
            "delivered_kt": 30_000.0 + 100.0 * value,
            "unserved_kt": 10_150.0 - 100.0 * value,
            "cost_musd": 12_000.0,
            "price_usd_t": 8.0 * value,
        }
        for value in (50.0, 55.0, 60.0)
        for name in names
    ]
    return Sweep("price", pl.DataFrame(rows))


def expansion(left: float = 0.0, **changed: Any) -> Any:
    """Two pumping stations."""
    made = MadeExpansion(
        projects=pl.DataFrame(
            {
                "project": ["btc-pumps", "aktau-berth", "kuryk-berth"],
                "name": ["Pumps for BTC", None, "A berth at Kuryk"],
                "cost_musd": [1_000.0, 220.0, 300.0],
                "cost_musd_y": [80.0, 17.6, 24.0],
                "alone_kt": [1_500.0, 325.0, 0.0],
                "built": [True, True, False],
            }
        ),
        built=("btc-pumps", "aktau-berth"),
        unserved_kt=1_825.0,
        closed_kt=1_825.0 - left,
        left_kt=left,
        cost_musd_y=97.6,
        tried=14,
        complete=True,
        notices=(),
    )
    return replace(made, **changed)


def report(**fields: Any) -> SupplyReport:
    """A balance and nothing beside it, with other fields where given."""
    return replace(SupplyReport(study=study(), asked=(), balance=balance()), **fields)


def whole_report() -> SupplyReport:
    """Everything that can be asked at once."""
    return report(
        asked=("embargo of RU by DE", "no contracts"),
        baseline=base_balance(),
        n_minus_2=pairs(),
        disruptions=disruptions(),
        frontier=frontier(),
        sweep=sweep(),
        expansion=expansion(),
    )


def pairs() -> pl.DataFrame:
    """Table of N-2."""
    return pl.DataFrame(
        {
            "first": ["cpc", "KZTEN", "cpc"],
            "second": ["btc", "KZKSG", "titr"],
            "kind_first": ["corridor", "supplier", "corridor"],
            "kind_second": ["corridor", "supplier", "corridor"],
            "deficit_kt": [39_000.0, 35_000.0, 0.0],
            "beyond_singles_kt": [2_500.0, 35_000.0, 0.0],
            "solved": [True, True, False],
        }
    )
