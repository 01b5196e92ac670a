"""The same small corridor in Sogdia and in PyPSA: one cost, the same prices.

Two producers, two consumers, a pipeline that is usable both ways, a ferry between two
terminals, a stock, and two goods that share every capacity; the trunk line is shut in March
and April.
"""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import pytest
import xarray
from tests.builders import line, places, study_of

from sogdia.balance import supply

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import pypsa

YEAR = 2023
DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
SHARE = DAYS / 365
SHUT = (2, 3)
WEEKS = 365 / 7
GOODS = {"oil": 500.0, "condensate": 640.0}
SUPPLY = [
    ("A", "oil", 611.0, 21.0),
    ("B", "oil", 187.0, 63.5),
    ("A", "condensate", 173.0, 34.0),
    ("B", "condensate", 118.0, 47.25),
]
CONSUMPTION = [
    ("D", "oil", 433.0, 455.0),
    ("E", "oil", 391.0, None),
    ("D", "condensate", 149.0, 702.0),
    ("E", "condensate", 131.0, None),
]
# From, to, cost, capacity of both directions and goods together, whether usable both ways.
PIPES = [
    ("A", "C", 8.0, 737.0, False),
    ("B", "F", 6.5, None, False),
    ("C", "D", 10.25, 502.0, True),
    ("D", "E", 23.0, 83.0, True),
    ("F", "E", 5.0, None, True),
]
SAILINGS_WEEK, SHIP_T, SAILING = 3.0, 1490.0, 12.75
HANDLING = {"C": (3.25, 297.0), "F": (2.0, None)}
MUCH_KT = 1e4
STOCK = {"capacity": 93.0, "opening": 52.0, "closing": 20.0, "loss": 0.015, "cost": 1.75}


def corridor():
    """The corridor as a study."""
    pipes = [
        line(a, b, mode="pipeline", cost_usd_t=cost, capacity_kt_y=most, directed=not both)
        for a, b, cost, most, both in PIPES
    ]
    crossing = line("C", "F", mode="ferry", cost_usd_t=SAILING, directed=False)
    ports = [
        {
            "terminal_id": f"port-{node}",
            "node_id": node,
            "from_mode": "pipeline",
            "to_mode": "ferry",
            "cost_usd_t": cost,
            "capacity_kt_y": most,
        }
        for node, (cost, most) in HANDLING.items()
    ]
    return study_of(
        node=places("A", "B", "C", "F", "D", "E", country="KZ"),
        link=[*pipes, crossing],
        terminal=ports,
        service=[
            {
                "service_id": "boat",
                "link_id": "C-F",
                "departures_week": SAILINGS_WEEK,
                "batch_capacity_t": SHIP_T,
            }
        ],
        commodity=[
            {"commodity_id": name, "name": name, "value_usd_t": value}
            for name, value in GOODS.items()
        ],
        supply=[
            {
                "node_id": node,
                "commodity_id": goods,
                "year": YEAR,
                "capacity_kt_y": most,
                "cost_usd_t": cost,
            }
            for node, goods, most, cost in SUPPLY
        ],
        consumption=[
            {
                "node_id": node,
                "commodity_id": goods,
                "year": YEAR,
                "quantity_kt": need,
                "value_usd_t": value,
            }
            for node, goods, need, value in CONSUMPTION
        ],
        stock=[
            {
                "node_id": "D",
                "commodity_id": "oil",
                "capacity_kt": STOCK["capacity"],
                "opening_kt": STOCK["opening"],
                "closing_kt": STOCK["closing"],
                "loss_share_month": STOCK["loss"],
                "cost_usd_t_month": STOCK["cost"],
            }
        ],
        event=[
            {
                "from_date": date(YEAR, 3, 1),
                "until_date": date(YEAR, 4, 30),
                "element_kind": "link",
                "element_id": "A-C",
            }
        ],
    )


def capacities():
    """Names of the capacities, with yearly kt, and the arcs that share each."""
    found = {}
    for a, b, _, most, both in PIPES:
        if most is not None:
            found[f"{a}-{b}"] = (most, [f"{a}>{b}"] + [f"{b}>{a}"] * both)
    for node, (_, most) in HANDLING.items():
        if most is not None:
            found[f"port-{node}"] = (most, [f"{node}>{node} quay", f"{node} quay>{node}"])
    sailed = WEEKS * SAILINGS_WEEK * SHIP_T / 1000
    found["boat out"] = (sailed, ["C quay>F quay"])
    found["boat back"] = (sailed, ["F quay>C quay"])
    return found


def arcs():
    """Arcs with their costs."""
    found = {}
    for a, b, cost, _, both in PIPES:
        found[f"{a}>{b}"] = cost
        if both:
            found[f"{b}>{a}"] = cost
    for node, (cost, _) in HANDLING.items():
        found[f"{node}>{node} quay"] = found[f"{node} quay>{node}"] = cost
    found["C quay>F quay"] = found["F quay>C quay"] = SAILING
    return found


def in_pypsa():
    """The corridor as a PyPSA network, solved; kt in a month, and USD per t."""
    network = pypsa.Network()
    network.set_snapshots(range(1, 13))
    open_ = np.ones(12)
    open_[list(SHUT)] = 0.0
    network.add("Carrier", "goods")
    for goods, value in GOODS.items():
        for place in ("A", "B", "C", "C quay", "F", "F quay", "D", "E"):
            network.add("Bus", f"{goods} {place}", carrier="goods")
        for arc, cost in arcs().items():
            start, end = arc.split(">")
            network.add(
                "Link",
                f"{goods} {arc}",
                bus0=f"{goods} {start}",
                bus1=f"{goods} {end}",
                p_nom=MUCH_KT,
                p_max_pu=open_ if arc == "A>C" else 1.0,
                marginal_cost=cost,
                carrier="goods",
            )
        for node, of, most, cost in SUPPLY:
            if of == goods:
                network.add(
                    "Generator",
                    f"{goods} from {node}",
                    bus=f"{goods} {node}",
                    p_nom=most,
                    p_max_pu=SHARE,
                    marginal_cost=cost,
                    carrier="goods",
                )
        for node, of, need, own_value in CONSUMPTION:
            if of == goods:
                # What is lost to a consumer is not there to be sent on.
                network.add("Bus", f"{goods} for {node}", carrier="goods")
                network.add(
                    "Link",
                    f"{goods} handed over at {node}",
                    bus0=f"{goods} {node}",
                    bus1=f"{goods} for {node}",
                    p_nom=MUCH_KT,
                    carrier="goods",
                )
                network.add(
                    "Load",
                    f"{goods} needed at {node}",
                    bus=f"{goods} for {node}",
                    p_set=need * SHARE,
                )
                network.add(
                    "Generator",
                    f"{goods} missing at {node}",
                    bus=f"{goods} for {node}",
                    p_nom=need,
                    p_max_pu=SHARE,
                    marginal_cost=own_value or value,
                    carrier="goods",
                )
    least = np.zeros(12)
    least[-1] = STOCK["closing"] / STOCK["capacity"]
    network.add(
        "Store",
        "stock",
        bus="oil for D",
        e_nom=STOCK["capacity"],
        # In PyPSA nothing is lost in the first period.
        e_initial=STOCK["opening"] * (1 - STOCK["loss"]),
        e_min_pu=least,
        standing_loss=STOCK["loss"],
        marginal_cost_storage=STOCK["cost"],
        carrier="goods",
    )

    def share_capacities(network, snapshots):
        flow = network.model.variables["Link-p"]
        for name, (most, along) in capacities().items():
            links = [f"{goods} {arc}" for goods in GOODS for arc in along]
            used = sum(flow.sel(name=link) for link in links)
            room = xarray.DataArray(most * SHARE, coords={"snapshot": snapshots})
            network.model.add_constraints(used <= room, name=f"room {name}")

    status = network.optimize(
        solver_name="highs",
        extra_functionality=share_capacities,
        log_to_console=False,
        progress=False,
    )
    assert status == ("ok", "optimal")
    return network


@pytest.fixture(scope="module")
def theirs():
    with warnings.catch_warnings():
        # What PyPSA will change for its own users.
        warnings.simplefilter("ignore", FutureWarning)
        return in_pypsa()


@pytest.fixture(scope="module")
def ours():
    return supply(corridor(), year=YEAR)


def test_both_cost_the_same(ours, theirs):
    assert ours.cost_musd == pytest.approx(theirs.objective / 1000, rel=1e-6)
    assert ours.solution.gap < 1e-9
    ours.check()


def test_both_pay_the_same_prices_every_month(ours, theirs):
    assert ours.months_table.height == len(CONSUMPTION) * 12
    for row in ours.months_table.iter_rows(named=True):
        name = f"{row['commodity']} for {row['consumer']}"
        price = theirs.buses_t.marginal_price.loc[row["month"], name]
        assert row["price_usd_t"] == pytest.approx(price, rel=1e-6)


def test_both_leave_the_same_unserved(ours, theirs):
    assert ours.months_table["unserved_kt"].sum() > 1
    for row in ours.months_table.iter_rows(named=True):
        name = f"{row['commodity']} missing at {row['consumer']}"
        missing = theirs.generators_t.p.loc[row["month"], name]
        assert row["unserved_kt"] == pytest.approx(missing, rel=1e-6, abs=1e-6)


def test_both_keep_the_same_in_stock(ours, theirs):
    levels = ours.stocks.sort("month")["level_kt"].to_numpy()
    np.testing.assert_allclose(levels, theirs.stores_t.e["stock"].to_numpy(), atol=1e-6)


def test_one_more_kt_of_capacity_is_worth_the_same(ours, theirs):
    values = {
        (element, forward): value
        for element, forward, value in ours.elements.select(
            "element", "forward", "value_musd_unit"
        ).iter_rows()
    }
    binding = 0
    for name in capacities():
        scarcity = -theirs.model.constraints[f"room {name}"].dual.to_numpy()
        element, _, way = name.partition(" ")
        key = (element, {"out": True, "back": False, "": None}[way])
        assert values[key] == pytest.approx(scarcity @ SHARE / 1000, rel=1e-6, abs=1e-9)
        binding += values[key] > 1e-6
    assert binding >= 3


def test_producers_earn_the_same_rent(ours, theirs):
    prices = theirs.buses_t.marginal_price
    for row in ours.suppliers.filter(tranche="ordinary").iter_rows(named=True):
        here = prices[f"{row['commodity']} {row['supplier']}"].to_numpy()
        rent = np.maximum(here - row["cost_usd_t"], 0.0)
        assert row["rent_usd_t"] == pytest.approx(rent @ SHARE, rel=1e-6, abs=1e-6)
