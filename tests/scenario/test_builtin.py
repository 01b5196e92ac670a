"""The built-in scenarios say what their titles promise about the built-in study."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from sogdia.scenario import Scenario, apply, builtin_scenarios, periods, study_at
from sogdia.study import Study
from sogdia.study.load import load


@pytest.fixture(scope="module")
def eurasia() -> Study:
    return load("eurasia")


def in_the_middle(eurasia: Study, name: str, year: int | None = None) -> Study:
    """Return the study as a scenario finds it in the period of the year's middle."""
    scenario = Scenario.load(name)
    year = year or scenario.year or 0
    study = apply(eurasia, scenario)
    parts = periods(study, scenario, year)
    return study_at(study, parts[len(parts) // 2], year)


def links(study: Study) -> set[str]:
    return set(study.link["link_id"])


@pytest.mark.parametrize("name", builtin_scenarios())
def test_they_apply_to_the_builtin_study(eurasia: Study, name: str):
    scenario = Scenario.load(name)
    assert scenario.year is not None
    study = apply(eurasia, scenario)
    for period in periods(study, scenario, scenario.year):
        now = study_at(study, period, scenario.year)
        assert now.link.height > 250
        assert set(now.service["link_id"]) <= links(now)
        assert set(now.terminal["node_id"]) <= set(now.node["node_id"])


def test_nothing_else_is_closed_by_them(eurasia: Study):
    base = in_the_middle(eurasia, "baseline-2024")
    assert links(in_the_middle(eurasia, "avoid-russia")) == links(base)
    assert links(in_the_middle(eurasia, "suez-open")) == links(base)
    assert links(base) - links(in_the_middle(eurasia, "cpc-stopped")) == {"RUKRO-RUNVS-pipe"}
    assert links(base) - links(in_the_middle(eurasia, "poland-belarus-closed")) == {
        "BYBRE-PLMAL",
        "BYSVI-PLSIE",
        "BYGNA-PLKUZ",
        "BYBRE-PLWAW-road",
    }


def red_sea(study: Study) -> list[float]:
    """Return what the container links of the Red Sea can carry."""
    box = pl.col("link_id").is_in(["YEBAM-EGSUZ-box", "EGSUZ-YEBAM-box"])
    return study.link.filter(box)["capacity_teu_y"].to_list()


def test_the_diversion_is_made_and_unmade(eurasia: Study):
    free = red_sea(eurasia)
    diverted = pytest.approx([0.05 * capacity for capacity in free])
    assert red_sea(in_the_middle(eurasia, "baseline-2024")) == diverted
    assert red_sea(in_the_middle(eurasia, "suez-open")) == free
    assert red_sea(in_the_middle(eurasia, "baseline-2024", 2023)) == free
    assert red_sea(in_the_middle(eurasia, "red-sea-diversion")) == diverted


def test_war_risk_is_paid_in_the_red_sea_that_is_dangerous(eurasia: Study):
    def from_dates(study: Study) -> list[date]:
        war = study.premium.filter(pl.col("kind") == "war_risk")
        assert set(war["element_id"]) <= {"YEBAM"}
        return sorted(war["from_date"])

    assert from_dates(eurasia)[0] == date(2023, 12, 15)
    assert from_dates(in_the_middle(eurasia, "red-sea-diversion"))[0] == date(2023, 1, 1)
    safe = in_the_middle(eurasia, "suez-open")
    assert from_dates(safe) == []
    assert safe.premium["kind"].to_list() == ["insurance"]


def test_kazakh_electricity_falls_to_nothing_in_a_straight_line(eurasia: Study):
    kazakh = (pl.col("emission_class") == "rail-electric") & (pl.col("country") == "KZ")
    base = eurasia.emission_factor.filter(kazakh).sort("year").row(-1, named=True)
    changed = apply(eurasia, Scenario.load("kazakhstan-neutral-2060"))
    path = changed.emission_factor.filter(kazakh & (pl.col("year") > base["year"]))
    assert path["year"].to_list() == list(range(2030, 2061, 5))
    for year, factor in path.select("year", "wtt_g_tkm").iter_rows():
        line = base["wtt_g_tkm"] * (2060 - year) / (2060 - base["year"])
        assert factor == pytest.approx(line, abs=0.005)
    assert path["ttw_g_tkm"].to_list() == [0.0] * 7
    in_2060 = in_the_middle(eurasia, "kazakhstan-neutral-2060", 2060).emission_factor
    assert in_2060.filter(kazakh)["wtt_g_tkm"].to_list() == [0.0]
    assert in_2060.filter(~kazakh).equals(
        in_the_middle(eurasia, "baseline-2024", 2060).emission_factor.filter(~kazakh)
    )


def test_a_lower_caspian_carries_less(eurasia: Study):
    base = in_the_middle(eurasia, "baseline-2024")
    lower = in_the_middle(eurasia, "caspian-minus-1m")
    sailed = dict(base.service.select("service_id", "availability").iter_rows())
    less = {
        service
        for service, availability in lower.service.select("service_id", "availability").iter_rows()
        if availability == pytest.approx(0.86 * sailed[service])
    }
    assert less == {"kmtf-feeder-2024", "asco-feeder-2024", "kuryk-alat-ferry", "aktau-alat-ferry"}


def test_the_caspian_of_2030_takes_its_share_of_every_load(eurasia: Study):
    base = in_the_middle(eurasia, "baseline-2024", 2025)
    lower = in_the_middle(eurasia, "caspian-2030")
    # 13.5 % of a full load per metre below -28.3 m, at -29.9 m instead of -29.5 m
    factor = (1 - 0.135 * 1.6) / (1 - 0.135 * 1.2)
    assert factor == pytest.approx(0.9356, abs=1e-4)

    def ratios(table: str, column: str) -> dict[str, float]:
        frames = [getattr(study, table).select(f"{table}_id", column) for study in (base, lower)]
        both = frames[0].join(frames[1], on=f"{table}_id", validate="1:1").drop_nulls()
        assert both.height == frames[0].drop_nulls().height
        return {row[0]: row[2] / row[1] for row in both.iter_rows() if row[2] != row[1]}

    feeders = ratios("service", "batch_capacity_teu")
    assert feeders == {
        name: pytest.approx(factor)
        for name in (
            "kmtf-feeder",
            "asco-feeder",
            "turkmenbashi-alat-feeder",
            "turkmenbashi-alat-ferry",
        )
    }
    ferries = ratios("service", "batch_capacity_t")
    assert ferries == {
        f"{port}-alat-ferry": pytest.approx(factor) for port in ("kuryk", "aktau", "turkmenbashi")
    }
    ports = ratios("terminal", "capacity_kt_y") | ratios("terminal", "capacity_teu_y")
    assert list(ports.values()) == pytest.approx([factor] * len(ports))
    assert {"KZSCO-dry", "KZSCO-crude-pipe", "KZKUR-ferry", "AZALA-box-2", "KZSCO-box-2"} <= set(
        ports
    )
    assert {name[:5] for name in ports} == {"KZSCO", "KZKUR", "AZALA"}
    assert ratios("terminal", "batch_t")["KZSCO-crude-rail"] == pytest.approx(factor)
    assert lower.link.equals(base.link)


def test_the_water_level_of_the_builtin_study_has_its_source(eurasia: Study):
    (caspian,) = eurasia.settings.water_level.values()
    source = eurasia.source.filter(source_id=caspian.source_id).row(0, named=True)
    assert source["kind"] == "assumption"
    # the two points that the rule was fitted on: 10 of 12 kt and 5.5 of 6.5 kt
    assert caspian.load_share(caspian.current_m) == pytest.approx(10 / 12, abs=0.01)
    assert caspian.load_share(caspian.current_m) == pytest.approx(5.5 / 6.5, abs=0.01)
    # and one that it was not: 80 % at -29.66 m
    assert caspian.load_share(-29.66) == pytest.approx(0.80, abs=0.02)


def test_the_corridor_of_2030_has_what_is_planned(eurasia: Study):
    planned = in_the_middle(eurasia, "middle-corridor-2030")
    base = in_the_middle(eurasia, "baseline-2024", 2030)
    assert links(base) <= links(planned)
    capacity = {
        name: dict(study.link.select("link_id", "capacity_kt_y").iter_rows())
        for name, study in (("base", base), ("planned", planned))
    }
    assert capacity["planned"]["TRKAR-TRERZ"] > capacity["base"]["TRKAR-TRERZ"]
    assert {"adports-feeder", "kmtf-feeder-six"} <= set(planned.service["service_id"])
