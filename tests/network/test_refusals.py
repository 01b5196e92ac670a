"""Where carriers do not take goods, and for which of the reasons."""

import pytest
from tests.builders import GOODS, line, places, study_of

from sogdia.network.compile import compile_network
from sogdia.network.metric import rates, refusals

NO_RATE = "no rate is known for these goods"
SHALLOW = "the water is too shallow for the vessels"


def reasons(study, row_id):
    """For which reasons the first commodity is refused on an arc."""
    network = compile_network(study)
    charged = rates(study, network, direction="westbound", year=2024)
    found = refusals(network, charged, study.commodity.row(0, named=True))
    here = network.arc["row_id"].to_numpy() == row_id
    assert here.any()
    assert all(mask[here].all() == mask[here].any() for mask in found.values())
    return {why for why, mask in found.items() if mask[here].all()}


def one_link(goods=None, depth=None, tariff=(), **link):
    return study_of(
        node=[row | {"depth_m": depth} for row in places("A", "B")],
        link=[line("A", "B", **link)],
        tariff=list(tariff),
        commodity=[GOODS | (goods or {})],
    )


def one_service(goods=None, depth=None, **service):
    """A link whose own uses and draught do not count, since services run on it."""
    return study_of(
        node=places("A", "B", depth_m=depth),
        link=[line("A", "B", mode="sea", allowed_uses="other", draught_m=99.0)],
        service=[{"service_id": "boat", "link_id": "A-B", "batch_capacity_t": 1e3} | service],
        commodity=[GOODS | (goods or {}), {"commodity_id": "rest", "use": "other"}],
    )


def test_what_everyone_takes_is_refused_for_no_reason():
    assert reasons(one_link(), "A-B") == set()
    assert reasons(one_service(), "boat") == set()


@pytest.mark.parametrize(
    ("uses", "taken"),
    [(None, True), ("bulk", True), ("other,bulk", True), ("other", False), ("bulker", False)],
)
def test_goods_of_another_kind_are_not_taken(uses, taken):
    expected = set() if taken else {"cargo of kind bulk is not taken"}
    assert reasons(one_link(allowed_uses=uses), "A-B") == expected
    assert reasons(one_service(allowed_uses=uses), "boat") == expected


@pytest.mark.parametrize(
    ("hazard", "listed", "taken"),
    [
        (None, None, True),
        ("7", None, False),
        ("7", "3,7", True),
        ("7", "3", False),
        ("3", "3.1", False),
    ],
)
def test_dangerous_goods_go_where_their_class_is_listed_and_by_any_line(hazard, listed, taken):
    goods = {"hazard_class": hazard}
    expected = set() if taken else {f"dangerous goods of class {hazard} are not accepted"}
    assert reasons(one_service(goods, hazard_classes=listed), "boat") == expected
    assert reasons(one_link(goods), "A-B") == set()


@pytest.mark.parametrize(
    ("amounts", "goods", "known"),
    [
        ({"usd_t": 0.0}, {}, True),
        ({"usd_t_km": 0.1}, {"t_per_teu": 10.0}, True),
        ({"usd_teu": 30.0}, {"t_per_teu": 10.0}, True),
        ({"usd_teu": 30.0}, {}, False),
        ({"usd_t": 1.0, "direction": "eastbound"}, {}, False),
        ({"usd_t": 1.0, "year": 2025}, {}, False),
        ({}, {}, False),
    ],
)
def test_goods_without_a_rate_are_refused_for_want_of_it(amounts, goods, known):
    tariff = [{"tariff_id": "rail"} | amounts]
    study = one_link(goods, tariff=tariff, cost_usd_t=None, tariff_id="rail")
    assert reasons(study, "A-B") == (set() if known else {NO_RATE})


@pytest.mark.parametrize(
    ("draught", "depth", "floats"),
    [
        (5.0, 5.0, True),
        (5.01, 5.0, False),
        (4.99, 5.0, True),
        (None, 5.0, True),
        (12.0, None, True),
        (None, None, True),
    ],
)
def test_vessels_need_as_much_water_as_they_draw(draught, depth, floats):
    expected = set() if floats else {SHALLOW}
    assert reasons(one_link(depth=depth, draught_m=draught), "A-B") == expected
    assert reasons(one_service(depth=depth, draught_m=draught), "boat") == expected


@pytest.mark.parametrize("shallow", ["A", "B"])
def test_the_shallower_end_counts(shallow):
    study = study_of(
        node=[
            row | {"depth_m": 4.0 if row["node_id"] == shallow else 9.0} for row in places("A", "B")
        ],
        link=[line("A", "B", draught_m=5.0, directed=False)],
    )
    assert reasons(study, "A-B") == {SHALLOW}


def test_every_reason_that_holds_is_told():
    goods = {"hazard_class": "7"}
    study = one_service(goods, 3.0, allowed_uses="other", hazard_classes="3", draught_m=4.0)
    assert reasons(study, "boat") == {
        "cargo of kind bulk is not taken",
        "dangerous goods of class 7 are not accepted",
        SHALLOW,
    }
