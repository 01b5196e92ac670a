"""The JSON of a supply balance: its keys stay, and every parser reads it."""

import json

import polars as pl
from tests.report import supplied

from sogdia.report.supply_json import report_json, supply_json

KEYS = [
    *("study", "scenario", "year", "commodities", "cost_musd", "deliveries", "unserved"),
    *("binding", "hhi", "n_minus_1", "n_minus_1_index", "contracts", "stocks", "notices"),
    "seconds",
]


def balance_of(**fields):
    one = supplied.balance(**fields)
    return supply_json(one.result, one.n_minus_1, one.index)


def strict(content):
    """Read back what a strict writer writes."""
    return json.loads(json.dumps(content, allow_nan=False))


def test_the_keys_stay():
    content = strict(balance_of())
    assert list(content) == KEYS
    assert content["study"] == "test"
    assert (content["scenario"], content["year"]) == ("cpc-stopped", 2025)
    assert content["commodities"] == ["crude-oil", "uranium"]
    assert content["seconds"] == {"build": 1.2, "solve": 0.8}
    assert list(content["binding"][0]) == [
        *("element", "kind", "shadow_usd_t", "value_musd_unit", "months_binding", "why")
    ]
    assert set(content["deliveries"][0]) == set(supplied.result().deliveries.columns)


def test_concentration_is_that_of_all_buyers():
    assert strict(balance_of())["hhi"] == {
        "crude-oil": {
            "suppliers": 5_200.0,
            "routes": 10_000.0,
            "avoiding": {"BY": 0.956, "RU": 0.003},
        }
    }


def test_stops_say_what_lacks_of_each_commodity():
    stop = next(row for row in strict(balance_of())["n_minus_1"] if row["element"] == "cpc")
    assert stop == {
        "element": "cpc",
        "kind": "corridor",
        "name": "cpc",
        "deficit_kt": 36_500.0,
        "extra_cost_musd": 22_000.0,
        "deficits_kt": {"crude-oil": 36_500.0, "uranium": 0.0},
    }


def test_the_index_is_by_commodity():
    assert strict(balance_of())["n_minus_1_index"] == {
        "crude-oil": {
            "percent": 62.5,
            "largest": "RUNVS",
            "capacity_kt": 80_000.0,
            "without_largest_kt": 25_000.0,
            "need_kt": 40_000.0,
        }
    }


def test_what_is_not_finite_is_null():
    contracts = supplied.result().contracts.with_columns(most_kt=pl.lit(float("inf")))
    binding = supplied.result().binding.with_columns(shadow_usd_t=pl.lit(float("nan")))
    content = strict(balance_of(contracts=contracts, binding=binding, cost_musd=float("nan")))
    assert content["cost_musd"] is None
    assert content["contracts"][0]["most_kt"] is None
    assert content["binding"][0]["shadow_usd_t"] is None


def test_what_was_not_asked_has_no_key():
    assert list(strict(report_json(supplied.report()))) == [*KEYS, "asked"]


def test_all_that_can_be_asked():
    content = strict(report_json(supplied.whole_report()))
    assert list(content) == [
        *KEYS,
        *("asked", "baseline", "change", "n_minus_2", "disruptions"),
        *("frontier", "sweep", "expansion"),
    ]
    assert list(content["baseline"]) == KEYS
    assert content["baseline"]["scenario"] == "baseline-2024"
    assert content["asked"] == ["embargo of RU by DE", "no contracts"]
    assert set(content["disruptions"]) == {"by_commodity", "by_disruption", "draws", "seed"}
    assert content["frontier"]["country"] == "RU"
    assert [point["share"] for point in content["frontier"]["points"]] == [0.5, 0.25, 0.0]
    assert content["sweep"]["parameter"] == "price"
    assert content["sweep"]["points"][0]["unit"] == "USD per barrel"
    expansion = content["expansion"]
    assert [row["built"] for row in expansion.pop("projects")] == [True, True, False]
    assert expansion == {
        "built": ["btc-pumps", "aktau-berth"],
        "unserved_kt": 1_825.0,
        "closed_kt": 1_825.0,
        "left_kt": 0.0,
        "cost_musd_y": 97.6,
        "tried": 14,
        "complete": True,
        "notices": [],
    }


def test_the_change_against_the_baseline_is_the_difference():
    content = strict(report_json(supplied.whole_report()))
    change = content["change"]
    assert change["cost_musd"] == content["cost_musd"] - content["baseline"]["cost_musd"]
    for key in ("deliveries", "unserved"):
        now, before = (sum(row["kt"] for row in one[key]) for one in (content, content["baseline"]))
        assert sum(row["kt_change"] for row in change[key]) == now - before
        assert all(row["kt_change"] for row in change[key])
    assert change["unserved"] == [
        {
            "commodity": "crude-oil",
            "consumer": "DESWE",
            "consumer_country": "DE",
            "kt": 1_825.0,
            "kt_change": 1_825.0,
        }
    ]


def test_two_owners_of_one_way_are_one_change():
    change = report_json(supplied.whole_report())["change"]["deliveries"]
    ways = [(row["supplier"], row["corridor"], row["consumer_country"]) for row in change]
    assert len(ways) == len(set(ways))
    # the uranium of both goes alike
    assert not any(row["commodity"] == "uranium" for row in change)


def test_an_empty_balance_is_json_too():
    result = supplied.result()
    empty = {
        name: getattr(result, name).clear()
        for name in ("deliveries", "unserved", "binding", "contracts", "stocks")
    }
    content = strict(balance_of(**empty, concentration=supplied.concentration(all=0.0).clear()))
    assert content["hhi"] == {}
    assert content["deliveries"] == content["binding"] == []
