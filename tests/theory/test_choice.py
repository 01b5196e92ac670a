"""Choice against closed forms: logit shares, distributed value of time, overlap, capacity."""

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import lognorm
from tests.builders import GOODS, line, places, study_of

from sogdia.assignment import AssignmentOptions, ChoiceParameters, assign
from sogdia.assignment.choice import path_sizes, value_of_time_classes

ONE_CLASS = ()


def options(scale: float) -> AssignmentOptions:
    """Options with one class of shippers and the parameters given."""
    return AssignmentOptions(choice=ChoiceParameters(scale=scale), value_of_time_edges=ONE_CLASS)


def two_routes(costs: tuple[float, float], **first_link):
    """A study with two parallel routes from A to B over places of their own."""
    return study_of(
        node=places("A", "P", "Q", "B"),
        link=[
            line("A", "P", cost_usd_t=costs[0] / 2, **first_link),
            line("P", "B", cost_usd_t=costs[0] / 2),
            line("A", "Q", cost_usd_t=costs[1] / 2),
            line("Q", "B", cost_usd_t=costs[1] / 2),
        ],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 100.0}],
    )


def flow(result, link_id):
    """kt per year on a link."""
    return float(result.links.filter(link_id=link_id)["kt"].sum())


@pytest.mark.parametrize("scale", [1.0, 4.0, 12.0])
def test_two_parallel_routes_share_by_the_ratio_of_costs_to_the_scale(scale):
    result = assign(two_routes((10.0, 12.0)), options=options(scale))
    expected = 100.0 / (1.0 + (10.0 / 12.0) ** scale)
    assert flow(result, "A-P") == pytest.approx(expected, rel=1e-9)
    result.check()


def test_overlapping_routes_count_as_one_and_a_half():
    """Two of three equal routes share half their length: path sizes 3/4, 3/4 and 1."""
    study = study_of(
        node=places("A", "M", "P", "Q", "R", "B"),
        link=[
            line("A", "M", length_km=100, cost_usd_t=5),
            line("M", "P", length_km=50, cost_usd_t=2.5),
            line("P", "B", length_km=50, cost_usd_t=2.5),
            line("M", "Q", length_km=50, cost_usd_t=2.5),
            line("Q", "B", length_km=50, cost_usd_t=2.5),
            line("A", "R", length_km=100, cost_usd_t=5),
            line("R", "B", length_km=100, cost_usd_t=5),
        ],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 100.0}],
    )
    result = assign(study, options=options(6.0))
    assert flow(result, "A-R") == pytest.approx(100.0 * 1.0 / 2.5, rel=1e-9)
    assert flow(result, "M-P") == pytest.approx(100.0 * 0.75 / 2.5, rel=1e-9)


def test_path_size_of_paths_that_share_nothing_is_one():
    sizes = path_sizes(
        np.array([0, 2]), np.array([0, 2, 3]), np.array([0, 1, 2]), np.array([1.0, 2.0, 0.0])
    )
    assert sizes.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("sigma", [0.0, 0.5, 1.2])
def test_classes_keep_the_mean_of_the_lognormal_and_rise(sigma):
    edges = (0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.995)
    share, value = value_of_time_classes(np.array([2.0]), np.array([sigma]), edges)
    assert share.sum() == pytest.approx(1.0)
    assert float(value[0] @ share) == pytest.approx(2.0 * np.exp(sigma**2 / 2))
    assert (np.diff(value[0]) >= -1e-12).all()


def test_a_class_has_the_mean_of_its_part_of_the_lognormal():
    _, value = value_of_time_classes(np.array([2.0]), np.array([0.8]), (0.9,))
    density = lognorm(0.8, scale=2.0)
    above, _ = integrate.quad(lambda v: v * density.pdf(v), density.ppf(0.9), np.inf)
    assert value[0, 1] == pytest.approx(above / 0.1, rel=1e-6)


def test_distributed_value_of_time_is_the_mean_of_the_classes_choices():
    """Each class of shippers chooses by its own value of time; shares add up."""
    study = study_of(
        node=places("A", "P", "Q", "B"),
        link=[
            line("A", "P", cost_usd_t=50, time_h=100),
            line("P", "B", cost_usd_t=0.0, time_h=0.5),
            line("A", "Q", cost_usd_t=100, time_h=10),
            line("Q", "B", cost_usd_t=0.0, time_h=0.5),
        ],
        commodity=[GOODS | {"value_of_time_usd_t_day": 12.0, "value_of_time_sigma": 1.0}],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 1.0}],
    )
    edges = (0.5, 0.9)
    result = assign(
        study,
        options=AssignmentOptions(choice=ChoiceParameters(scale=5.0), value_of_time_edges=edges),
    )
    share, value = value_of_time_classes(np.array([12.0]), np.array([1.0]), edges)
    hourly = value[0] / 24
    slow, fast = 50 + hourly * 100.5, 100 + hourly * 10.5
    expected = float(share @ (slow**-5.0 / (slow**-5.0 + fast**-5.0)))
    assert flow(result, "A-P") == pytest.approx(expected, rel=1e-9)


def test_a_full_route_is_priced_until_just_enough_shippers_leave_it():
    """Two routes at 10 and 12; the cheap one holds 30 of 100: its price makes up the odds."""
    result = assign(two_routes((10.0, 12.0), capacity_kt_y=30.0), options=options(4.0))
    price = 12.0 * (70.0 / 30.0) ** (1 / 4.0) - 10.0
    full = result.elements.filter(element="A-P")
    assert flow(result, "A-P") == pytest.approx(30.0, rel=1e-7)
    assert full["scarcity_usd_t"].item() == pytest.approx(price, rel=1e-6)
    assert result.unserved.is_empty()
    result.check()


def test_what_no_route_can_carry_stays_at_home_and_says_why():
    study = study_of(
        node=places("A", "B"),
        link=[line("A", "B", capacity_kt_y=60.0)],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 100.0}],
    )
    result = assign(study, options=options(4.0))
    assert flow(result, "A-B") == pytest.approx(60.0, rel=1e-6)
    assert result.unserved["kt"].item() == pytest.approx(40.0, rel=1e-6)
    assert result.unserved["reason"].item() == "capacity"
    result.check()


def test_captive_goods_keep_to_their_corridor_until_it_is_full():
    study = study_of(
        node=places("A", "P", "Q", "B"),
        link=[
            line("A", "P", cost_usd_t=10),
            line("P", "B", cost_usd_t=0.0, capacity_kt_y=70.0),
            line("A", "Q", cost_usd_t=8),
            line("Q", "B", cost_usd_t=0.0),
        ],
        corridor=[{"corridor_id": "contract", "priority": 1, "any_of": "P"}],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 60.0, "captive_to": "contract"}],
    )
    kept = assign(study, options=options(12.0))
    assert flow(kept, "A-P") == pytest.approx(60.0, rel=1e-3)
    more = study.with_tables(demand=study.demand.with_columns(quantity_kt=100.0))
    assert flow(assign(more, options=options(12.0)), "A-P") == pytest.approx(70.0, rel=1e-6)


def through_two_countries():
    """One way over Russia, one over Kazakhstan, at the same cost."""
    return study_of(
        node=[
            {"node_id": "A", "country": "CN", "x_coord": 9.0},
            {"node_id": "R", "country": "RU", "x_coord": 5.0},
            {"node_id": "K", "country": "KZ", "x_coord": 5.0},
            {"node_id": "B", "country": "DE", "x_coord": 1.0},
        ],
        link=[
            line("A", "R", cost_usd_t=50, country="CN,RU"),
            line("R", "B", cost_usd_t=50, country="RU,DE"),
            line("A", "K", cost_usd_t=50, country="CN,KZ"),
            line("K", "B", cost_usd_t=50, country="KZ,DE"),
        ],
        corridor=[
            {"corridor_id": "north", "priority": 1, "any_of": "R"},
            {"corridor_id": "middle", "priority": 2, "any_of": "K"},
        ],
        demand=[{"origin": "A", "destination": "B", "quantity_kt": 100.0}],
    )


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("risk_RU", 0.2, 100.0 / (1.0 + 1.2**4)),  # 20 of a value of 100 USD per t, on 100
        ("inconvenience_north", 1.5, 100.0 / (1.0 + 1.5**4)),
        ("avoid_RU", 0.6, 100.0 * 0.4 / 2.0),
        ("avoid_RU_bulk", 0.8, 100.0 * 0.2 / 2.0),
    ],
)
def test_risk_inconvenience_and_shippers_own_policies(parameter, value, expected):
    choice = ChoiceParameters(scale=4.0).with_value(parameter, value)
    result = assign(
        through_two_countries(),
        options=AssignmentOptions(choice=choice, value_of_time_edges=ONE_CLASS),
    )
    assert flow(result, "A-R") == pytest.approx(expected, rel=1e-9)
    result.check()


def test_shippers_who_avoid_a_country_go_there_when_there_is_no_way_round():
    study = through_two_countries()
    only = study.with_tables(link=study.link.filter(~study.link["link_id"].str.contains("K")))
    choice = ChoiceParameters(scale=4.0).with_value("avoid_RU", 0.6)
    result = assign(only, options=AssignmentOptions(choice=choice, value_of_time_edges=ONE_CLASS))
    assert flow(result, "A-R") == pytest.approx(100.0)


def test_shippers_avoid_only_from_the_year_on_in_which_they_began_to():
    choice = ChoiceParameters(scale=4.0).with_value("avoid_RU", 0.6).with_value("avoid_since", 2025)
    result = assign(
        through_two_countries(),
        options=AssignmentOptions(choice=choice, value_of_time_edges=ONE_CLASS),
    )
    assert flow(result, "A-R") == pytest.approx(50.0)
