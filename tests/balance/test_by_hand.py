"""Balances that a page of arithmetic solves: the arithmetic stands in the comments.

Quantities are kt in the year, costs USD per t; a year is 2024, or 2023 where days count.
"""

from datetime import date

import pytest
from tests.builders import line, places, study_of

from sogdia.balance import SupplyOptions, supply
from sogdia.balance.resilience import n_minus_1, n_minus_1_index, n_minus_2
from sogdia.balance.sweep import sweep
from sogdia.errors import DataError
from sogdia.scenario import Rule, Scenario

YEAR = 2024
GOODS = {"commodity_id": "goods", "name": "goods"}


def makes(node, most, cost=0.0, **more):
    row = {"node_id": node, "commodity_id": "goods", "year": YEAR}
    return row | {"capacity_kt_y": most, "cost_usd_t": cost} | more


def needs(node, quantity, value=200.0, **more):
    row = {"node_id": node, "commodity_id": "goods", "year": YEAR}
    return row | {"quantity_kt": quantity, "value_usd_t": value} | more


def one(frame, **where):
    """The only row of a frame with some values."""
    rows = frame.filter(**where)
    assert rows.height == 1, rows
    return rows.row(0, named=True)


def checked(study, scenario=None, **more):
    result = supply(study, scenario or Scenario(), **more)
    result.check()
    return result


def near(value):
    return pytest.approx(value, rel=1e-7, abs=1e-7)


def fork(**more):
    """Two producers, A and B, whose ways meet in J on the way to C."""
    tables = {
        "node": places("A", "B", "J", "C", country="KZ"),
        "link": [
            line("A", "J", cost_usd_t=5.0, capacity_kt_y=60.0),
            line("B", "J", cost_usd_t=5.0),
            line("J", "C", cost_usd_t=2.0),
        ],
        "supply": [makes("A", 100.0, 10.0), makes("B", 100.0, 30.0)],
        "consumption": [needs("C", 100.0)],
    }
    return study_of(**(tables | more))


def test_a_bottleneck_is_worth_the_difference_of_the_costs_around_it():
    result = checked(fork())
    # All of A's 100 kt would be cheaper (10 + 5 + 2 = 17 USD) than B's (30 + 5 + 2 = 37 USD),
    # but 60 kt are all that gets through. 60 * 17 + 40 * 37 = 2,500 thousand USD.
    assert result.cost_musd == near(2.5)
    assert one(result.suppliers, supplier="A")["shipped_kt"] == near(60.0)
    assert one(result.suppliers, supplier="B")["shipped_kt"] == near(40.0)
    # One more tonne through the neck spares 37 - 17 = 20 USD; one more kt a year 0.02 MUSD.
    neck = one(result.elements, element="A-J")
    assert neck["shadow_usd_t"] == near(20.0)
    assert neck["value_musd_unit"] == near(0.02)
    assert neck["months_binding"] == 12
    assert neck["utilisation"] == near(1.0)
    assert one(result.binding, kind="link")["element"] == "A-J"
    # One more tonne of need comes from B; neither producer is at the end of what it can do.
    assert result.months_table["price_usd_t"].to_list() == near([37.0] * 12)
    assert result.suppliers["rent_usd_t"].to_list() == near([0.0, 0.0])


def test_goods_that_share_a_link_get_its_room_by_what_they_are_worth():
    study = fork(
        commodity=[GOODS, {"commodity_id": "dear", "name": "dear"}],
        supply=[makes("A", 40.0), makes("A", 35.0) | {"commodity_id": "dear"}],
        consumption=[needs("C", 45.0, 100.0), needs("C", 45.0, 300.0) | {"commodity_id": "dear"}],
    )
    result = checked(study)
    # The neck takes 60 kt: the 35 kt that there are of dear goods, and 25 of the others.
    assert one(result.deliveries, commodity="dear")["kt"] == near(35.0)
    assert one(result.deliveries, commodity="goods")["kt"] == near(25.0)
    # Way costs are 5 + 2, so a tonne of room is worth 100 - 7, and of dear goods 300 - 7 - 93.
    assert one(result.elements, element="A-J")["shadow_usd_t"] == near(93.0)
    assert one(result.suppliers, commodity="dear")["rent_usd_t"] == near(200.0)


def test_a_pipeline_that_runs_both_ways_has_one_room_for_both():
    study = study_of(
        node=places("A", "B", country="KZ"),
        link=[line("A", "B", mode="pipeline", directed=False, capacity_kt_y=60.0)],
        commodity=[GOODS, {"commodity_id": "other", "name": "other"}],
        supply=[makes("A", 40.0), makes("B", 40.0) | {"commodity_id": "other"}],
        consumption=[needs("B", 40.0, 90.0), needs("A", 40.0, 70.0) | {"commodity_id": "other"}],
    )
    result = checked(study)
    assert one(result.deliveries, commodity="goods")["kt"] == near(40.0)
    assert one(result.deliveries, commodity="other")["kt"] == near(20.0)
    assert one(result.elements, element="A-B")["shadow_usd_t"] == near(69.0)
    flows = {row[0]: row[1] for row in result.links.select("forward", "kt").iter_rows()}
    assert flows == {True: near(40.0), False: near(20.0)}


def test_a_floor_costs_what_the_dearer_producer_costs_more():
    agreed = {"contract_id": "from-b", "commodity_id": "goods", "supplier": "B", "from_year": 2020}
    study = fork(
        link=[line("A", "J"), line("B", "J"), line("J", "C")],
        contract=[agreed | {"least_kt_y": 35.0}],
    )
    result = checked(study)
    contract = one(result.contracts, contract="from-b")
    assert contract["kt"] == near(35.0)
    assert contract["short_kt"] == near(0.0)
    # B's tonne costs 30 at the gate, A's 10.
    assert contract["shadow_usd_t"] == near(20.0)
    free = checked(study, options=SupplyOptions(contracts=False))
    assert result.cost_musd - free.cost_musd == near(35.0 * 20.0 / 1000.0)
    assert one(free.suppliers, supplier="B")["shipped_kt"] == near(0.0)


def test_a_right_keeps_goods_back():
    agreed = {"contract_id": "at-most", "commodity_id": "goods", "element_kind": "link"}
    study = fork(
        link=[line("A", "J"), line("B", "J"), line("J", "C")],
        contract=[agreed | {"element_id": "A-J", "most_kt_y": 70.0, "from_year": 2020}],
    )
    result = checked(study)
    assert one(result.suppliers, supplier="A")["shipped_kt"] == near(70.0)
    assert one(result.contracts)["shadow_usd_t"] == near(-20.0)
    later = checked(study, Scenario(year=2024), options=SupplyOptions(contracts=False))
    assert one(later.suppliers, supplier="A")["shipped_kt"] == near(100.0)


def test_a_floor_that_a_link_is_too_narrow_for_names_the_link():
    agreed = {"contract_id": "from-a", "commodity_id": "goods", "supplier": "A", "from_year": 2020}
    result = checked(fork(contract=[agreed | {"least_kt_y": 75.0}]))
    contract = one(result.contracts, contract="from-a")
    # 60 kt get through the neck.
    assert contract["kt"] == near(60.0)
    assert contract["short_kt"] == near(15.0)
    assert "A-J" in contract["conflict"]
    assert "J-C" not in contract["conflict"]
    # What cannot be had has no price.
    assert contract["shadow_usd_t"] is None
    assert result.binding.filter(kind="contract").is_empty()


def test_a_floor_above_what_the_producer_has_names_the_producer():
    agreed = {"contract_id": "from-b", "commodity_id": "goods", "supplier": "B", "from_year": 2020}
    study = fork(
        supply=[makes("A", 100.0, 10.0), makes("B", 20.0, 30.0)],
        contract=[agreed | {"least_kt_y": 50.0}],
    )
    contract = one(checked(study).contracts, contract="from-b")
    assert contract["short_kt"] == near(30.0)
    assert "B" in contract["conflict"]
    assert "A-J" not in contract["conflict"]


def test_two_floors_that_share_a_link_name_each_other_or_the_link():
    agreed = {"commodity_id": "goods", "from_year": 2020}
    study = fork(
        link=[line("A", "J"), line("B", "J"), line("J", "C", capacity_kt_y=80.0)],
        contract=[
            agreed | {"contract_id": "from-a", "supplier": "A", "least_kt_y": 50.0},
            agreed | {"contract_id": "from-b", "supplier": "B", "least_kt_y": 45.0},
        ],
    )
    contracts = checked(study).contracts
    # 95 kt are promised, 80 fit; which of the two is short is a matter of their costs.
    assert contracts["short_kt"].sum() == near(15.0)
    short = contracts.filter(contracts["short_kt"] > 1.0).row(0, named=True)
    assert "J-C" in short["conflict"]


def test_sour_oil_goes_as_far_as_sweet_oil_is_there_to_blend_it():
    study = fork(
        link=[line("A", "J"), line("B", "J"), line("J", "C", cost_usd_t=5.0)],
        supply=[makes("A", 100.0, 10.0), makes("B", 30.0, 20.0)],
        consumption=[needs("C", 100.0, 100.0)],
        quality=[
            {
                "node_id": node,
                "commodity_id": "goods",
                "property": "sulphur_percent",
                "value": value,
            }
            for node, value in (("A", 2.0), ("B", 0.5))
        ],
        blend=[
            {
                "link_id": "J-C",
                "commodity_id": "goods",
                "property": "sulphur_percent",
                "most": 1.4,
            }
        ],
    )
    result = checked(study)
    # Sour 2.0 and sweet 0.5 make 1.4 at 3 : 2, so 30 kt of sweet oil take 45 kt of sour.
    assert one(result.suppliers, supplier="A")["shipped_kt"] == near(45.0)
    assert one(result.suppliers, supplier="B")["shipped_kt"] == near(30.0)
    assert one(result.unserved)["kt"] == near(25.0)
    # A tonne of sour oil costs 10 + 1 + 5 and is worth 100 there, so the 0.6 by which it is
    # beyond the limit cost 84, or 140 a unit; a tonne of sweet oil takes in 0.9 * 140 = 126,
    # besides the 100 - 20 - 1 - 5 = 74 that itself brings.
    blend = one(result.blends)
    assert blend["value"] == near(1.4)
    assert blend["shadow_usd_t"] == near(140.0)
    assert one(result.suppliers, supplier="B")["rent_usd_t"] == near(200.0)
    assert one(result.suppliers, supplier="A")["rent_usd_t"] == near(0.0)
    assert one(result.binding, kind="blend")["element"] == "J-C"


def test_what_an_embargoed_owner_has_goes_only_to_who_buys_it():
    study = study_of(
        node=[
            {"node_id": "mine", "country": "KZ"},
            {"node_id": "plant", "country": "FR", "x_coord": -1.0},
            {"node_id": "reactor", "country": "CN", "x_coord": 1.0},
        ],
        link=[line("mine", "plant"), line("mine", "reactor", cost_usd_t=3.0)],
        supply=[makes("mine", 100.0, 10.0)],
        ownership=[
            {
                "node_id": "mine",
                "commodity_id": "goods",
                "owner": "Rosatom",
                "country": "RU",
                "share": 0.4,
            }
        ],
        consumption=[needs("plant", 90.0), needs("reactor", 15.0)],
    )
    # A lost tonne costs 200 with either; the nearer one, at 1 USD, gets all it needs.
    free = checked(study)
    assert one(free.unserved)["consumer"] == "reactor"
    assert one(free.unserved)["kt"] == near(5.0)
    # France does not buy the 40 kt that are Rosatom's; China does.
    result = checked(study, options=SupplyOptions(embargo=("RU",), buyers=("FR",)))
    assert one(result.unserved)["consumer"] == "plant"
    assert one(result.unserved)["kt"] == near(30.0)
    owners = dict(result.deliveries.select("owner_country", "kt").iter_rows())
    assert owners == {"KZ": near(60.0), "RU": near(15.0)}
    # If all keep to the embargo, Kazakhstan's own 60 kt are all there is.
    both = checked(study, options=SupplyOptions(embargo=("RU",)))
    assert both.unserved["kt"].sum() == near(45.0)


def test_an_embargo_closes_the_way_through_the_country_as_well():
    study = study_of(
        node=[
            {"node_id": "A", "country": "KZ"},
            {"node_id": "R", "country": "RU"},
            {"node_id": "C", "country": "FR"},
        ],
        link=[line("A", "R"), line("R", "C"), line("A", "C", cost_usd_t=50.0, capacity_kt_y=25.0)],
        supply=[makes("A", 100.0)],
        consumption=[needs("C", 40.0)],
    )
    free, result = checked(study), checked(study, options=SupplyOptions(embargo=("RU",)))
    assert one(free.avoiding, country="RU")["share_avoiding"] == near(0.0)
    assert result.avoiding.is_empty()
    assert one(result.unserved)["kt"] == near(15.0)
    rule = Scenario(rule=(Rule(countries=("RU",)),))
    assert one(checked(study, rule).unserved)["kt"] == near(15.0)


def test_a_stock_carries_a_consumer_through_a_month_without_his_pipeline():
    study = study_of(
        node=places("A", "C", country="KZ"),
        link=[line("A", "C")],
        supply=[makes("A", 438.0, 10.0, year=2023)],
        consumption=[needs("C", 365.0, year=2023)],
        stock=[
            {
                "node_id": "C",
                "commodity_id": "goods",
                "capacity_kt": 20.0,
                "opening_kt": 10.0,
            }
        ],
        event=[
            {
                "from_date": date(2023, 3, 1),
                "until_date": date(2023, 3, 31),
                "element_kind": "link",
                "element_id": "A-C",
            }
        ],
    )
    result = checked(study, year=2023)
    level = result.stocks.sort("month")["level_kt"].to_list()
    # 1 kt a day is needed and 1.2 can come, so in the 59 days before March there would be time
    # for 11.8 kt; the 10 kt that are there leave room for 10.
    assert level[1] == near(20.0)
    assert level[2] == near(0.0)
    # 31 kt are needed in March.
    assert one(result.unserved)["kt"] == near(11.0)
    march = one(result.months_table, month=3)
    assert march["unserved_kt"] == near(11.0)
    assert march["price_usd_t"] == near(200.0)
    # In the end there is as much as at first.
    assert level[-1] == near(10.0)
    # Of 365 kt 354 come, for 11 USD each: what is drawn is bought again.
    assert result.cost_musd == near((354.0 * 11.0 + 11.0 * 200.0) / 1000.0)


def test_what_is_kept_is_lost_little_by_little():
    study = study_of(
        node=places("A", "C", country="KZ"),
        link=[line("A", "C")],
        supply=[makes("A", 0.0)],
        consumption=[needs("C", 366.0, 100.0)],
        stock=[
            {
                "node_id": "C",
                "commodity_id": "goods",
                "capacity_kt": 100.0,
                "opening_kt": 100.0,
                "closing_kt": 0.0,
                "loss_share_month": 0.1,
                "cost_usd_t_month": 3.0,
            }
        ],
    )
    result = checked(study)
    # Of 100 kt 90 are left when January is over; 31 are drawn at once, so 59 are kept for
    # 3 USD each; 53.1 of them are left in February, when 29 are drawn; then 24.1 are kept,
    # and the 21.69 that are left go in March.
    assert result.stocks.sort("month")["level_kt"].to_list()[:3] == near([59.0, 24.1, 0.0])
    assert result.stocks["lost_kt"].sum() == near(10.0 + 5.9 + 2.41)
    served = 31.0 + 29.0 + 21.69
    cost = (366.0 - served) * 100.0 + 3.0 * (59.0 + 24.1)
    assert result.cost_musd == near(cost / 1000.0)


def test_spare_supply_comes_at_its_price():
    study = fork(
        link=[line("A", "J"), line("B", "J"), line("J", "C")],
        supply=[makes("A", 60.0, 10.0, spare_kt_y=20.0, spare_cost_usd_t=50.0)],
        consumption=[needs("C", 100.0)],
    )
    result = checked(study)
    assert one(result.suppliers, tranche="ordinary")["shipped_kt"] == near(60.0)
    assert one(result.suppliers, tranche="spare")["shipped_kt"] == near(20.0)
    # A tonne more is worth 200 at C, 198 at the gate.
    assert one(result.suppliers, tranche="ordinary")["rent_usd_t"] == near(188.0)
    assert one(result.suppliers, tranche="spare")["rent_usd_t"] == near(148.0)
    assert one(result.unserved)["kt"] == near(20.0)
    plain = checked(study, options=SupplyOptions(spare=False))
    assert one(plain.unserved)["kt"] == near(40.0)


def test_spare_supply_is_left_where_a_lost_tonne_costs_less():
    study = fork(
        supply=[makes("A", 20.0, 10.0, spare_kt_y=20.0, spare_cost_usd_t=300.0)],
        consumption=[needs("C", 50.0)],
    )
    result = checked(study)
    assert one(result.suppliers, tranche="spare")["shipped_kt"] == near(0.0)
    assert one(result.unserved)["kt"] == near(30.0)


def test_need_above_all_supply_is_told_and_not_refused():
    study = fork(
        supply=[makes("A", 30.0, 10.0), makes("B", 30.0, 30.0)],
        consumption=[needs("C", 100.0, 200.0), needs("J", 20.0, 500.0)],
    )
    result = checked(study)
    # J, who would lose more, gets its 20 kt; 40 are left for C.
    row = one(result.unserved)
    assert row["consumer"] == "C"
    assert row["need_kt"] == near(100.0)
    assert row["kt"] == near(60.0)
    assert row["share"] == near(0.6)
    assert row["value_musd"] == near(12.0)
    assert set(result.binding["kind"]) == {"supplier"}


def test_a_carbon_price_turns_goods_to_the_cleaner_way():
    emissions = [
        {"emission_class": "dirty", "ttw_kg_t": 100.0},
        {"emission_class": "clean", "ttw_kg_t": 20.0},
    ]
    study = study_of(
        node=places("A", "D", "E", "C", country="KZ"),
        link=[
            line("A", "D", cost_usd_t=10.0, emission_class="dirty"),
            line("D", "C", cost_usd_t=0.0),
            line("A", "E", cost_usd_t=12.0, emission_class="clean"),
            line("E", "C", cost_usd_t=0.0),
        ],
        emission_factor=emissions,
        supply=[makes("A", 100.0)],
        consumption=[needs("C", 100.0)],
    )
    # 2 USD for 80 kg: the ways cost the same at 25 USD per t of CO2e.
    for price, link, co2_kg_t in ((24.0, "A-D", 100.0), (26.0, "A-E", 20.0)):
        result = checked(study, options=SupplyOptions(carbon_price_usd_t=price))
        assert link in set(result.links["link"])
        delivery = one(result.deliveries)
        assert delivery["co2_kg_t"] == near(co2_kg_t)
        way = {"A-D": 10.0, "A-E": 12.0}[link]
        assert result.cost_musd == near((way + price * co2_kg_t / 1000.0) / 10.0)


def test_concentration_is_the_sum_of_squared_shares():
    study = study_of(
        node=[
            {"node_id": "A", "country": "KZ"},
            {"node_id": "B", "country": "AZ"},
            {"node_id": "T", "country": "GE"},
            {"node_id": "C", "country": "FR"},
        ],
        link=[line("A", "C"), line("A", "T"), line("T", "C"), line("B", "T")],
        supply=[makes("A", 60.0), makes("B", 40.0)],
        consumption=[needs("C", 100.0)],
        corridor=[
            {"corridor_id": "through", "name": "through", "priority": 1, "all_of": "GE"},
            {"corridor_id": "direct", "name": "direct", "priority": 2},
        ],
    )
    result = checked(study)
    # Kazakhstan's 60 of 100 go directly (1 USD against 2), Azerbaijan's 40 through Georgia:
    # 60 * 60 + 40 * 40 = 5,200.
    row = one(result.concentration, buyers="all")
    assert row["hhi_suppliers"] == near(5200.0)
    assert row["hhi_routes"] == near(5200.0)
    assert row["largest_supplier"] == "KZ"
    assert row["largest_route"] == "direct"
    avoiding = one(result.avoiding, country="GE")
    assert avoiding["kt_through"] == near(40.0)
    assert avoiding["share_avoiding"] == near(0.6)


def test_a_year_before_all_data_is_refused_and_the_first_year_named():
    with pytest.raises(DataError, match="2024") as told:
        supply(fork(), Scenario(), year=2021)
    assert "2021" in str(told.value)
    tables = {problem.file for problem in told.value.problems}
    assert len(tables) == 2, "both supply and consumption are said to be missing"


def test_the_newest_rows_that_are_not_of_a_later_year_hold():
    study = fork(
        supply=[
            makes("A", 10.0, year=2020),
            makes("A", 20.0, year=2022),
            makes("A", 50.0, year=2030),
        ]
    )
    result = checked(study, year=2024)
    assert one(result.suppliers)["capacity_kt"] == near(20.0)
    assert any("2022" in notice for notice in result.notices)


def test_demand_stands_in_where_nobody_says_who_needs_what():
    study = fork(
        consumption=[],
        commodity=[GOODS | {"value_usd_t": 150.0}],
        demand=[
            {"origin": "A", "destination": "C", "quantity_kt": 45.0},
            {"origin": "B", "destination": "C", "quantity_kt": 25.0},
        ],
    )
    result = checked(study)
    consumer = one(result.consumers)
    assert consumer["need_kt"] == near(70.0)
    assert consumer["value_usd_t"] == near(150.0)
    # A is cheaper, and 60 kt fit through the neck.
    assert one(result.suppliers, supplier="A")["shipped_kt"] == near(60.0)
    assert any("demand" in notice for notice in result.notices)


def test_a_price_stands_in_for_the_value_of_a_lost_tonne():
    study = fork(consumption=[needs("C", 100.0)])
    # B's goods cost 37 USD at C; below that nobody buys them.
    cheap = checked(study, options=SupplyOptions(price_usd_t={"goods": 36.0}))
    assert one(cheap.unserved)["kt"] == near(40.0)
    dear = checked(study, options=SupplyOptions(price_usd_t={"goods": 38.0}))
    assert dear.unserved.is_empty()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (SupplyOptions(embargo=("Russia",)), "Russia"),
        (SupplyOptions(buyers=("FR",)), "embargo"),
        (SupplyOptions(carbon_price_usd_t=-1.0), "-1"),
        (SupplyOptions(price_usd_t={"goods": -1.0}), "-1"),
        (SupplyOptions(price_usd_t={"gold": 1.0}), "gold"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, word):
    with pytest.raises(DataError, match=word):
        supply(fork(), Scenario(), options=options)


def test_goods_that_are_not_known_are_refused_with_those_that_are():
    with pytest.raises(DataError, match="good"):
        supply(fork(), Scenario(), commodities=["godds"])


def test_a_price_by_the_barrel_is_turned_into_one_by_the_tonne():
    # 8 barrels weigh a tonne. B's goods cost 37 USD per t at C, which is 4.625 a barrel.
    study = fork(commodity=[GOODS | {"t_per_barrel": 0.125}])
    curve = sweep(study, Scenario(), "price", [4.6, 4.7], commodities=["goods"])
    assert curve["delivered_kt"].to_list() == near([60.0, 100.0])
    # The next tonne is worth what it would cost: as much as is lost without it, then B's.
    assert curve["price_usd_t"].to_list() == near([4.6 * 8.0, 37.0])
    assert "barrel" in curve["unit"][0]


def two_ways():
    """Two ways of 60 and 50 kt from A to C, who needs 80 kt; A has 100."""
    return study_of(
        node=places("A", "D", "E", "C", country="KZ"),
        link=[
            line("A", "D", cost_usd_t=10.0, capacity_kt_y=60.0),
            line("D", "C", cost_usd_t=1.0),
            line("A", "E", cost_usd_t=30.0, capacity_kt_y=50.0),
            line("E", "C", cost_usd_t=1.0),
        ],
        supply=[makes("A", 100.0)],
        consumption=[needs("C", 80.0)],
        corridor=[
            {"corridor_id": "north", "name": "north", "priority": 1, "all_of": "D"},
            {"corridor_id": "south", "name": "south", "priority": 2, "all_of": "E"},
        ],
    )


def test_a_stop_costs_what_the_other_way_cannot_take():
    stops = n_minus_1(checked(two_ways()), kinds=("link", "corridor", "supplier"))
    # All open, 60 kt go north for 11 USD and 20 south for 31: 1,280 thousand USD. Without the
    # north 50 go south and 30 are lost at 200: 7,550. Without the south 20 are lost: 4,660.
    for element, deficit, extra in (
        ("A-D", 30.0, 6.27),
        ("D-C", 30.0, 6.27),
        ("north", 30.0, 6.27),
        ("A-E", 20.0, 3.38),
        ("south", 20.0, 3.38),
    ):
        row = one(stops, element=element)
        assert row["deficit_kt"] == near(deficit)
        assert row["extra_cost_musd"] == near(extra)
        (told,) = row["by_commodity"]
        assert (told["commodity"], told["unserved_kt"]) == ("goods", near(deficit))
    # Without the producer all 80 kt are lost: 16,000 thousand USD.
    producer = one(stops, kind="supplier", element="A")
    assert producer["deficit_kt"] == near(80.0)
    assert producer["extra_cost_musd"] == near(14.72)


def test_two_stops_leave_what_neither_of_them_touches():
    pairs = n_minus_2(checked(two_ways()), kinds=("corridor",))
    row = one(pairs)
    assert {row["first"], row["second"]} == {"north", "south"}
    assert row["deficit_kt"] == near(80.0)
    # 80 - 30 - 20.
    assert row["beyond_singles_kt"] == near(30.0)


def test_the_n_minus_1_index_is_capacity_without_the_largest_route_over_need():
    row = one(n_minus_1_index(checked(two_ways())))
    # 110 kt would pass, but A has 100; 50 of them without the north, 60 without the south.
    assert row["capacity_kt"] == near(100.0)
    assert row["largest"] == "north"
    assert row["without_largest_kt"] == near(50.0)
    # C needs 80: 50 / 80.
    assert row["need_kt"] == near(80.0)
    assert row["percent"] == near(62.5)
