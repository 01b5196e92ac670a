"""A stress test on the terminal and in Markdown: what is ranked, told apart, and fits."""

import io
from copy import deepcopy
from typing import Any

import pytest
from rich.console import Console

from sogdia.report.stress_tables import SORTS, ranked, show_stress, stress_markdown, stress_sheets


def element(name, **figures):
    row = {"element": name, "kind": "link", "name": f"rail, {name}", "converged": True}
    zero = dict.fromkeys(SORTS.values(), 0.0) | {"through_kt": 10.0, "outages_per_year": None}
    return row | zero | {"expected_lost_kt_y": None, "unserved": []} | figures


def lost(kt, reason, origin="A"):
    return {"origin": origin, "destination": "B", "commodity": "goods", "kt": kt, "reason": reason}


CONTENT: dict[str, Any] = {
    "study": "small",
    "scenario": "as-is",
    "year": 2024,
    "on": "2024-12-31",
    "period": ["2024-10-15", "2024-12-31"],
    "days": 60.0,
    "capacity_left": 0.0,
    "n": 1,
    "base": {"shipped_kt": 1234.0},
    "elements": [
        element(
            "worst",
            lost_kt=80.0,
            welfare_loss_usd=5e6,
            unserved=[lost(50.0, "capacity"), lost(20.0, "no path"), lost(7.0, "no path", "C")]
            + [lost(3.0, "policy")] * 4,
        ),
        element("second", lost_kt=20.0, extra_cost_usd=9e6, unserved=[lost(20.0, "no path")]),
        element("gain", lost_kt=0.0, welfare_loss_usd=-2e6),
        element("calm", lost_kt=1e-9),
        element("idle", through_kt=0.0),
    ],
    "pairs": [],
    "pairs_bounded": None,
    "places": {"A": "Aktau", "B": "Baku", "C": "Poti"},
    "seconds": 1.25,
}
PAIR = {
    "elements": ["worst", "second"],
    "kinds": ["link", "link"],
    "names": ["rail, worst", "rail, second"],
    "lost_kt": 130.0,
    "beyond_kt": 30.0,
    "extra_cost_usd": 1e6,
    "welfare_loss_usd": 2e6,
}
SEARCH = {"pairs": 10, "no_worse": 4, "solved": 3, "bound_kt": 55.0, "factor": 1.0, "exceeded": 0}


def shown(content, **options):
    out = io.StringIO()
    show_stress(content, Console(file=out, width=100), **options)
    return out.getvalue()


def column(sheet, header):
    place = [c.header.replace("\n", " ") for c in sheet.columns].index(header)
    return [cells[place] for cells in sheet.cells]


def test_the_worst_comes_first_and_harmless_ones_are_only_counted():
    sheet = ranked(CONTENT, None)
    assert column(sheet, "without") == ["rail, worst", "rail, second", "rail, gain"]
    assert column(sheet, "lost, kt") == ["80.0", "20.0", "0"]
    assert column(sheet, "welfare, M USD") == ["5.00", "0", "-2.00"]
    assert "2 can go without harm; nothing passes 1 of all 5." in sheet.note


def test_another_figure_may_rank():
    assert column(ranked(CONTENT, None, "cost"), "without")[0] == "rail, second"
    assert column(ranked(CONTENT, None, "welfare"), "without")[0] == "rail, worst"


def test_bars_are_as_long_as_the_figure_that_ranks():
    assert column(ranked(CONTENT, None), "") == ["█" * 8, "██", " "]
    assert column(ranked(CONTENT, None, "cost"), "")[0] == "█" * 8


def test_the_reason_of_most_tonnes_is_told():
    assert column(ranked(CONTENT, None), "why lost") == ["others full", "no other way", "–"]


def test_expectations_are_shown_where_there_is_a_record():
    assert all("record" not in c.header for c in ranked(CONTENT, None).columns)
    content = deepcopy(CONTENT)
    content["elements"][1]["expected_lost_kt_y"] = 1.5
    content["elements"][0]["expected_lost_kt_y"] = -1e-13
    sheet = ranked(content, None, "risk")
    assert column(sheet, "by record, kt a year") == ["1.50", "0", "–"]


def test_a_long_list_says_what_it_leaves_out():
    sheet = ranked(CONTENT, 1)
    assert len(sheet.cells) == 1
    assert sheet.note.startswith("2 more; --top 0 shows all.")


def test_who_is_not_served_is_named_by_place_and_the_rest_counted():
    sheet = stress_sheets(CONTENT)[1]
    assert column(sheet, "without") == ["rail, worst", "", "", "", "rail, second"]
    assert column(sheet, "from") == ["Aktau", "Aktau", "Poti", "and 4 more", "Aktau"]
    assert column(sheet, "kt") == ["50.0", "20.0", "7.00", "12.0", "20.0"]
    assert column(sheet, "why")[2:4] == ["no other way", ""]


def test_two_of_one_name_are_told_apart():
    content = deepcopy(CONTENT)
    content["elements"][1]["name"] = content["elements"][0]["name"]
    assert column(ranked(content, None), "without")[:2] == [
        "rail, worst, worst",
        "rail, worst, second",
    ]


@pytest.mark.parametrize(
    ("search", "words"),
    [
        (SEARCH, "none of the others can lose more than 55.0 kt."),
        (SEARCH | {"bound_kt": None}, "3 were tried: all that were left."),
        (SEARCH | {"exceeded": 1}, "1 lost more than their bound, so this is not quite sure."),
    ],
)
def test_pairs_say_how_they_were_searched(search, words):
    content = CONTENT | {"pairs": [PAIR], "pairs_bounded": search, "n": 2}
    text = " ".join(shown(content).split())
    assert "Of 10 pairs 4 are no worse than one of the two alone" in text
    assert words in text
    assert "+30.0" in text


def test_simulated_figures_stand_beside_the_formulas():
    both = {"lost_kt": 80.0, "extra_days": 1.0, "extra_cost_usd": 1e6, "welfare_loss_usd": 2e6}
    row = {"element": "worst", "kind": "link", "name": "rail, worst", "agreed": False} | both
    row |= {f"{name}_simulated": None for name in both} | {"lost_kt_simulated": 70.0}
    text = " ".join(shown(CONTENT | {"simulated": [row]}).split())
    assert "80.0 70.0" in text
    assert "did not come to agree without worst" in text


def test_nothing_hurts():
    content = CONTENT | {"elements": [element("calm"), element("idle", through_kt=0.0)]}
    assert "None of 2 hurts; nothing passes 1 of all 2." in shown(content)
    assert "What can no longer be served" not in shown(content)


def test_a_hundred_columns_have_room_for_all():
    content = deepcopy(CONTENT) | {"pairs": [PAIR], "pairs_bounded": SEARCH}
    content["elements"][0] |= {
        "name": "chemical tanker, Port of a long name – Another port",
        "lost_kt": 123456.0,
        "extra_cost_usd": 98765e6,
        "extra_days": -12.34,
        "extra_co2_kt": 45678.0,
        "welfare_loss_usd": 123456e6,
        "expected_lost_kt_y": 12345.0,
    }
    lines = shown(content).splitlines()
    assert max(map(len, lines)) <= 100
    assert any("123,456" in line and "98,765" in line and "12,345" in line for line in lines)


def test_markdown_has_no_bars():
    lines = stress_markdown(CONTENT, 2).splitlines()
    assert lines[0].startswith("| without | lost, kt | dearer, M USD |")
    assert len(lines) == 4
    assert "█" not in "".join(lines)
