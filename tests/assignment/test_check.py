"""The check of a result fails when, and only when, the result is wrong."""

import dataclasses

import numpy as np
import pytest
from tests.builders import line, places, study_of

from sogdia.assignment import AssignmentOptions, AssignmentResult, assign
from sogdia.errors import CheckError, DataError
from sogdia.scenario import Rule, Scenario

YEAR = 2024
NO_RULES = Scenario(name="as-is")
ALONE = Scenario(name="no Russia", rule=(Rule(countries=("RU",)),))


@pytest.fixture(scope="module", params=[NO_RULES, ALONE], ids=["open", "without Russia"])
def result(request, small_study):
    """The small study, with ample capacity and with far too little."""
    return assign(small_study, request.param, year=YEAR)


def tampered(result, **changes):
    """Return the result with the equilibrium of its first period changed."""
    part = result.solution.periods[0]
    broken = dataclasses.replace(part, equilibrium=dataclasses.replace(part.equilibrium, **changes))
    periods = (broken, *result.solution.periods[1:])
    return AssignmentResult(dataclasses.replace(result.solution, periods=periods))


def test_a_true_result_passes(result):
    assert result.converged
    result.check()


def test_flow_on_a_path_that_nobody_would_choose_is_found(result):
    loading = result.solution.periods[0].equilibrium.loading
    flow = loading.flow.copy()
    flow[0] += 5.0
    with pytest.raises(CheckError, match=r"differ from demand|out of balance"):
        tampered(result, loading=dataclasses.replace(loading, flow=flow)).check()


def test_flows_moved_between_the_paths_of_a_demand_are_found(small_study):
    result = assign(small_study, NO_RULES, year=YEAR)
    part = result.solution.periods[0]
    flow = part.equilibrium.loading.flow.copy()
    first, last = part.problem.group_first[:2]
    flow[first:last] = flow[first:last].mean(axis=0)
    loading = dataclasses.replace(part.equilibrium.loading, flow=flow)
    with pytest.raises(CheckError, match=r"would choose|more than its capacity"):
        tampered(result, loading=loading).check()


def test_prices_that_are_not_those_of_the_flows_are_found(result):
    price = result.solution.periods[0].equilibrium.price_usd + 50.0
    with pytest.raises(CheckError, match="would choose"):
        tampered(result, price_usd=price).check()


def test_goods_over_a_full_element_are_found(result):
    part = result.solution.periods[0]
    link = part.study.link.with_columns(capacity_kt_y=1e-3)
    broken = dataclasses.replace(part, study=part.study.with_tables(link=link))
    periods = (broken, *result.solution.periods[1:])
    with pytest.raises(CheckError, match="more than its capacity"):
        AssignmentResult(dataclasses.replace(result.solution, periods=periods)).check()


def test_demand_is_either_shipped_or_reported_unserved(result):
    demand = result.solution.study.demand.filter(year=YEAR)["quantity_kt"].sum()
    assert result.paths["kt"].sum() + result.unserved["kt"].sum() == pytest.approx(demand)


def test_corridors_paths_and_links_tell_the_same_tonnes(result):
    assert result.corridors["kt"].sum() == pytest.approx(result.paths["kt"].sum())
    link = result.links.filter(link_id="CNXIA-CNALS")["kt"].sum()
    uses = result.paths["elements"].str.split(" ").list.contains("CNXIA-CNALS")
    assert link == pytest.approx(result.paths.filter(uses)["kt"].sum())


def test_the_same_bits_with_one_thread_and_with_many(small_study, result):
    scenario = result.solution.scenario
    again = assign(small_study, scenario, year=YEAR, options=AssignmentOptions(threads=1))
    many = assign(small_study, scenario, year=YEAR, options=AssignmentOptions(threads=4))
    assert again.paths.equals(many.paths)
    assert again.elements.equals(many.elements)


def test_a_warm_start_ends_where_a_cold_one_does(small_study, result):
    warm = assign(small_study, result.solution.scenario, year=YEAR, warm_start=result)
    assert warm.corridors["kt"].to_numpy() == pytest.approx(
        result.corridors["kt"].to_numpy(), rel=1e-6
    )
    assert len(warm.history) <= len(result.history)


def test_prices_stand_only_where_capacity_is_full(result):
    for part in result.solution.periods:
        filled = part.equilibrium.loading.resource_flow / part.problem.capacity
        assert (filled <= 1 + 1e-7).all()
        priced = part.equilibrium.price_usd > 1e-3
        assert np.allclose(filled[priced], 1.0, atol=1e-6)


def test_a_year_without_demand_is_an_error_that_names_the_others(small_study):
    with pytest.raises(
        DataError, match=r"no demand in 1999; there is some in \[2023, 2024, 2030\]"
    ):
        assign(small_study, NO_RULES, year=1999)


def test_an_unknown_parameter_of_choice_is_an_error_that_names_the_known(small_study):
    settings = small_study.settings.model_copy(
        update={"choice": {"speed": small_study.settings.choice["scale"]}}
    )
    with pytest.raises(DataError, match=r"choice\.speed.*there are .*scale"):
        assign(small_study.with_settings(settings), NO_RULES, year=YEAR)


def test_a_way_that_costs_nothing_is_refused_by_name():
    study = study_of(
        node=places("A", "P", "B"),
        link=[line("A", "P", cost_usd_t=0.0), line("P", "B", cost_usd_t=0.0)],
        demand=[{"demand_id": "gift", "origin": "A", "destination": "B"}],
    )
    with pytest.raises(DataError, match=r"demand\.csv: demand gift has a way from A to B"):
        assign(study, NO_RULES)


def test_cycles_of_zero_cost_are_harmless():
    study = study_of(
        node=places("A", "P", "Q", "B"),
        link=[
            line("A", "P"),
            line("P", "Q", cost_usd_t=0.0, length_km=0.0),
            line("Q", "P", cost_usd_t=0.0, length_km=0.0),
            line("Q", "B"),
        ],
        demand=[{"origin": "A", "destination": "B"}],
    )
    result = assign(study, NO_RULES)
    assert result.paths["places"].to_list() == ["A P Q B"]
    result.check()
