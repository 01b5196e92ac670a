"""The declaration of emissions, against activity times factor computed by hand."""

from dataclasses import replace
from math import isnan

import polars as pl
import pytest
from tests.builders import study_of
from tests.routing.itineraries import border, caspian, element

from sogdia.analysis.emissions import declaration, total
from sogdia.errors import CheckError


def factor(name, country="*", year=2019, **fields):
    return {"emission_class": name, "country": country, "year": year, **fields}


def study(*extra):
    return study_of(
        node=[{"node_id": "A"}, {"node_id": "B"}],
        link=[{"from_node_id": "A", "to_node_id": "B"}],
        source=[{"source_id": "grid", "kind": "statistics", "title": "Power mixes"}],
        emission_factor=[
            factor("rail-electric", "CN", wtt_g_tkm=99.0, ttw_g_tkm=0.0),
            factor(
                "rail-electric",
                "CN",
                2024,
                wtt_g_tkm=10.0,
                ttw_g_tkm=0.0,
                tier="modelled",
                distance_basis="SFD",
                source_id="grid",
            ),
            factor("rail-electric", "KZ", wtt_g_tkm=16.0, ttw_g_tkm=0.0),
            factor("rail-electric", "AZ", wtt_g_tkm=16.0),
            factor("rail-electric", wtt_g_tkm=2.5, ttw_g_tkm=0.0),
            factor("ferry", wtt_g_tkm=14.0, ttw_g_tkm=72.0),
            factor("road", wtt_g_tkm=14.0, ttw_g_tkm=60.0),
            factor("hub", wtt_kg_t=0.1, ttw_kg_t=0.5),
            *extra,
        ],
    )


def test_line_haul_is_activity_times_factor():
    row = declaration(caspian(), study(), tonnes=20.0).row(0, named=True)
    assert (row["category"], row["mode"], row["operation"]) == ("TOC", "rail", None)
    assert (row["distance_km"], row["activity_tkm"], row["throughput_t"]) == (1500.0, 30000.0, None)
    assert (row["factor_country"], row["factor_year"], row["factor_wtt_g_tkm"]) == ("CN", 2024, 10)
    assert row["wtt_kg"] == pytest.approx(30000 * 10 / 1000)
    assert (row["tier"], row["distance_basis"], row["source"]) == ("modelled", "SFD", "Power mixes")


def test_a_hub_is_throughput_times_factor():
    rows = declaration(caspian(), study(), tonnes=20.0).filter(category="HOC")
    gauge = rows.row(by_predicate=pl.col("operation") == "gauge_change", named=True)
    assert (gauge["activity_tkm"], gauge["throughput_t"], gauge["factor_ttw_kg_t"]) == (
        None,
        20,
        0.5,
    )
    assert (gauge["wtt_kg"], gauge["ttw_kg"]) == (pytest.approx(2.0), pytest.approx(10.0))
    assert gauge["wtw_kg"] == pytest.approx(12.0)


def test_operations_without_a_factor_are_listed_and_emit_nothing():
    rows = declaration(caspian(), study(), tonnes=20.0)
    assert rows.height == len(caspian().elements)
    post = rows.row(1, named=True)
    assert (post["operation"], post["emission_class"], post["wtw_kg"]) == ("border", None, 0.0)


def test_what_a_country_does_not_give_is_that_of_any():
    rows = declaration(caspian(), study(), tonnes=1.0).filter(factor_country="AZ")
    assert rows["factor_ttw_g_tkm"].to_list() == [0.0]


def test_drayage_counts_as_line_haul_by_road():
    row = declaration(caspian(), study(), tonnes=20.0).row(-1, named=True)
    assert (row["category"], row["mode"], row["activity_tkm"]) == ("TOC", "road", 2000.0)
    assert row["wtw_kg"] == pytest.approx(2000 * 74 / 1000)


def test_the_total_is_the_itinerary():
    sums = total(declaration(caspian(), study(), tonnes=20.0))
    assert sums["activity_tkm"] == pytest.approx(100_000.0)
    assert sums["wtt_kg"] == pytest.approx(64.5 * 20)
    assert sums["ttw_kg"] == pytest.approx(42.5 * 20)
    assert sums["wtw_kg"] == pytest.approx(caspian().co2_kg_t * 20)
    assert sums["intensity_g_tkm"] == pytest.approx(21.4)


def test_a_chain_of_hubs_has_no_intensity():
    sums = total(declaration(replace(caspian(), elements=(border("KZDOS"),)), study(), tonnes=1.0))
    assert sums["wtw_kg"] == 0.0
    assert isnan(sums["intensity_g_tkm"])


def test_emissions_that_are_not_activity_times_factor_are_a_defect():
    newer = factor("ferry", year=2030, wtt_g_tkm=14.0, ttw_g_tkm=73.0)
    with pytest.raises(CheckError, match=r"ferry KZSCO-feeder.*730 kg CO2e \(TTW\).*states 720"):
        declaration(caspian(), study(newer), tonnes=20.0)


def test_emissions_without_a_factor_are_a_defect():
    way = replace(caspian(), elements=(element("A", "B", length_km=10.0, wtt_kg_t=1.0),))
    with pytest.raises(CheckError, match="gives 0 kg"):
        declaration(way, study(), tonnes=1.0)


def test_the_factors_of_the_year_count():
    newer = factor("ferry", year=2030, wtt_g_tkm=14.0, ttw_g_tkm=73.0)
    rows = declaration(caspian(), study(newer), tonnes=20.0, year=2029)
    assert rows.filter(mode="ferry")["factor_year"].to_list() == [2019]


def test_a_factor_that_is_not_in_the_study_is_a_defect():
    way = replace(caspian(), elements=(element("A", "B", emission_class="mule"),))
    with pytest.raises(CheckError, match="'mule'"):
        declaration(way, study(), tonnes=1.0)


@pytest.mark.parametrize("tonnes", [0.0, -1.0, float("nan")])
def test_a_shipment_weighs_something(tonnes):
    with pytest.raises(ValueError, match="more than nothing"):
        declaration(caspian(), study(), tonnes=tonnes)


def test_the_declaration_is_a_plain_table():
    text = declaration(caspian(), study(), tonnes=20.0).write_csv()
    assert text.startswith("element,category,mode,operation,from,to,distance_km,activity_tkm")
