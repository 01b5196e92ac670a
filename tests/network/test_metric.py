"""What goods pay and may use, against the rows of the tables."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import GOODS, line, places, study_of

from sogdia.assignment import assign
from sogdia.network.compile import compile_network
from sogdia.network.metric import commodity_metric, rates, tariffs_in_force
from sogdia.network.resource import pool_services
from sogdia.scenario import Scenario

TARIFF = {"tariff_id": "rail"}


def metric_of(study, direction="westbound", year=2024):
    """Metric of the first commodity on the arcs of the study."""
    network = compile_network(study)
    charged = rates(study, network, direction=direction, year=year)
    row = study.commodity.row(0, named=True)
    return network, commodity_metric(network, charged, row)


def cost_of(study, row_id, **kwargs):
    """What the first commodity pays on a link."""
    network, metric = metric_of(study, **kwargs)
    chosen = network.arc.with_row_index().filter(row_id=row_id)["index"]
    return metric.cost_usd_t[chosen.to_numpy()]


def with_tariffs(*rows, **goods):
    """One link of 100 km under a tariff."""
    return study_of(
        node=places("A", "B"),
        link=[line("A", "B", cost_usd_t=None, tariff_id="rail")],
        tariff=[TARIFF | row for row in rows],
        commodity=[GOODS | goods],
    )


@pytest.mark.parametrize(
    ("goods", "expected"),
    [({}, 2.0 + 100 * 0.05), ({"t_per_teu": 10.0}, (30.0 + 100 * 0.4) / 10.0)],
)
def test_containers_pay_by_the_teu_and_other_goods_by_weight(goods, expected):
    rates_row = {"usd_t": 2.0, "usd_t_km": 0.05, "usd_teu": 30.0, "usd_teu_km": 0.4}
    assert cost_of(with_tariffs(rates_row, **goods), "A-B") == pytest.approx([expected])


def test_containers_pay_by_weight_where_there_is_no_rate_by_the_teu():
    assert cost_of(with_tariffs({"usd_t_km": 0.05}, t_per_teu=10.0), "A-B") == pytest.approx([5.0])


def test_goods_without_a_rate_may_not_use_the_link():
    network, metric = metric_of(with_tariffs({"usd_teu_km": 0.4}))
    assert not metric.allowed[network.arc["row_id"].to_numpy() == "A-B"].any()


def test_the_newest_rate_of_the_own_direction_is_in_force():
    study = with_tariffs(
        {"year": 2019, "usd_t": 1.0},
        {"year": 2023, "usd_t": 2.0},
        {"year": 2030, "usd_t": 9.0},
        {"year": 2020, "direction": "eastbound", "usd_t": 5.0},
    )
    assert cost_of(study, "A-B") == pytest.approx([2.0])
    assert cost_of(study, "A-B", year=2022) == pytest.approx([1.0])
    assert cost_of(study, "A-B", direction="eastbound") == pytest.approx([5.0])
    assert tariffs_in_force(study.tariff, "westbound", 2018).is_empty()


@pytest.mark.parametrize(
    ("hazard", "listed", "open_"),
    [
        (None, None, True),
        ("7", None, False),
        ("7", "3", False),
        ("7", "3,7", True),
        (None, "3", True),
    ],
)
def test_dangerous_goods_pass_only_where_their_class_is_listed(hazard, listed, open_):
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B")],
        terminal=[
            {"terminal_id": "gate", "node_id": "B", "hazard_classes": listed}
            | {"to_gauge_mm": 1435}
        ],
        commodity=[GOODS | {"hazard_class": hazard}],
    )
    network, metric = metric_of(study)
    assert metric.allowed[network.arc["row_id"].to_numpy() == "gate"].tolist() == [open_] * 2
    assert metric.allowed[network.arc["row_id"].to_numpy() == "A-B"].all()


def test_pooled_services_add_their_departures_and_average_their_ships():
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", mode="sea")],
        service=[
            {"service_id": "big", "link_id": "A-B", "departures_week": 1.0, "crossing_time_h": 20.0}
            | {"batch_capacity_teu": 300.0},
            {"service_id": "small", "link_id": "A-B", "departures_week": 3.0, "availability": 1.0}
            | {"batch_capacity_teu": 100.0, "crossing_time_h": 40.0},
        ],
    )
    pool = pool_services(study.service).row(0, named=True)
    weeks = 8760 / 168
    assert pool["row_id"] == "big|small"
    assert pool["departures"] == pytest.approx(4 * weeks)
    assert pool["batch_teu"] == pytest.approx(150.0)
    assert pool["crossing_time_h"] == pytest.approx(35.0)
    assert pool["minimum_wait_h"] == pytest.approx(168 / 4 / 2)
    capacity = compile_network(study).resource.filter(unit="kteu")["capacity"]
    assert capacity.to_list() == pytest.approx([4 * weeks * 0.15] * 2)


def test_flows_of_a_pool_are_told_by_service():
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", mode="sea")],
        service=[
            {"service_id": name, "link_id": "A-B", "departures_week": made}
            | {"batch_capacity_t": 1e6}
            for name, made in (("often", 3.0), ("seldom", 1.0))
        ],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 8.0}],
    )
    services = assign(study, Scenario(name="as-is")).services
    assert dict(services.select("service_id", "kt").iter_rows()) == pytest.approx(
        {"often": 6.0, "seldom": 2.0}
    )


def test_emissions_are_activity_times_factor_with_the_country_before_any():
    study = study_of(
        node=places("A", "B"),
        link=[
            line("A", "B", country="KZ", emission_class="train", length_km=1000),
            line("B", "A", country="FR", emission_class="train", length_km=1000),
        ],
        emission_factor=[
            {"emission_class": "train", "wtt_g_tkm": 7.0, "ttw_g_tkm": 28.0},
            {"emission_class": "train", "country": "KZ", "wtt_g_tkm": 99.0, "ttw_g_tkm": 9.0},
            # compiled as it is, not as it stands in a year, a study has its newest factors
            {"emission_class": "train", "country": "KZ", "wtt_g_tkm": 17.0, "ttw_g_tkm": 0.0}
            | {"year": 2024},
        ],
    )
    network = compile_network(study)
    row_id = network.arc["row_id"].to_numpy()
    assert network.wtt_kg_t[row_id == "A-B"] == pytest.approx([17.0])
    assert network.ttw_kg_t[row_id == "A-B"] == pytest.approx([0.0])
    assert network.wtt_kg_t[row_id == "B-A"] == pytest.approx([7.0])
    assert network.ttw_kg_t[row_id == "B-A"] == pytest.approx([28.0])


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_results_do_not_depend_on_the_order_of_rows(small_study, random):
    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        order = list(range(frame.height))
        random.shuffle(order)
        return frame[order]

    tables = ("node", "link", "terminal", "service", "tariff", "commodity", "demand", "corridor")
    moved = small_study.with_tables(**{t: shuffled(getattr(small_study, t)) for t in tables})
    plain = compile_network(small_study)
    other = compile_network(moved)
    assert plain.state.equals(other.state)
    assert plain.arc["row_id"].equals(other.arc["row_id"])
    assert plain.resource.select("row_id", "capacity").equals(
        other.resource.select("row_id", "capacity")
    )


def test_a_queue_depends_on_its_servers_and_a_capacity_on_what_is_stated():
    """Two berths that could do twice what the yard can: utilisation of the berths is a half."""
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B")],
        terminal=[
            {"terminal_id": "port", "node_id": "B", "servers": 2, "service_time_h": 10.0}
            | {"batch_t": 1000.0, "capacity_kt_y": 876.0, "to_gauge_mm": 1435}
        ],
    )
    resource = compile_network(study).resource.row(0, named=True)
    assert resource["capacity"] == 876.0
    assert resource["queue_capacity"] == pytest.approx(2 * 8760 / 10.0 * 1.0)
