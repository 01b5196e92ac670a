"""The terminal shows a supply balance within its width, and every change beside its figure."""

import io

import polars as pl
import pytest
from rich.console import Console
from tests.report import supplied
from tests.report.supplied import delivery

from sogdia.report import supply_analysis_tables as analyses
from sogdia.report import supply_tables as sheets
from sogdia.report.sheets import Tone
from sogdia.report.simulation_tables import Names
from sogdia.report.supply_tables import show_supply, stock_cover

NAMES = Names.of(supplied.study())
TITLES = (
    "The balance of the year",
    "Deliveries of crude-oil",
    "Deliveries of uranium",
    "Totals by corridor",
    "Unserved need",
    "What binds",
    "Concentration",
    "Transit countries, and what avoids them",
    "N-1: each supplier, corridor and chokepoint stopped for the year",
    "N-1 index, after Regulation (EU) 2017/1938",
    "Contracts that are not kept",
    "Stocks",
    "Notices",
)
ANALYSES = ("N-2", "Disruptions by chance", "Disruptions of", "Frontier", "Sweep", "The cheapest")


def printed(report=None, width=100, **options):
    stream = io.StringIO()
    show_supply(report or supplied.report(), Console(file=stream, width=width), **options)
    text = stream.getvalue()
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    return text


def begins(text):
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_every_width_has_room_for_all(width):
    text = printed(supplied.whole_report(), width=width)
    # words may fold, figures never do
    for figure in ("12,346", "30,000", "-6,500", "36,500", "1,825", "22,000", "39,000"):
        assert figure in text


def test_a_hundred_columns_fold_no_word_of_the_head_lines():
    lines = begins(printed(supplied.whole_report()))
    assert all(title in lines for title in TITLES)
    for start in ANALYSES:
        assert sum(line.startswith(start) for line in lines) == 1


def test_what_was_not_asked_is_not_shown():
    lines = begins(printed())
    assert all(title in lines for title in TITLES)
    for start in ANALYSES:
        assert not any(line.startswith(start) for line in lines)
    assert "change" not in printed()


def test_the_head():
    lines = begins(printed(supplied.whole_report()))[:4]
    assert lines == [
        "test · cpc-stopped · 2025 · crude-oil, uranium",
        "Cost 12,346 million USD a year (+2,346) · 2.0 s",
        "Asked: embargo of RU by DE; no contracts.",
        "Changes are against the balance under baseline-2024.",
    ]
    assert begins(printed())[1] == "Cost 12,346 million USD a year · 2.0 s"
    assert begins(printed())[2] == ""


def cells(sheet, column=0):
    return [row[column] for row in sheet.cells]


def headers(sheet):
    return [column.header for column in sheet.columns]


def column(sheet, header):
    return cells(sheet, headers(sheet).index(header))


def oil(*rows):
    return supplied.deliveries(*rows)


def test_owners_and_consumers_of_a_country_are_one_line_by_weight():
    frame = oil(
        delivery("KZTEN", "ITTRS", "cpc", 30.0, cost_usd_t=10.0, transit=["RU"]),
        delivery("KZTEN", "ITAUG", "cpc", 10.0, cost_usd_t=30.0, transit=["RU", "TR"]),
        delivery("KZTEN", "ITAUG", "cpc", 60.0, cost_usd_t=None, owner_country="US", transit=[]),
    )
    sheet = sheets.deliveries(frame, None, NAMES, "crude-oil", None)
    (row,) = sheet.cells
    # unknown costs of the US part do not pull the mean
    assert row == ["Tengiz", "cpc", "IT", "RU, TR", "100", "15.0", "21.0", "30.0"]
    assert sheet.note == "100 kt in all."


def test_the_largest_come_first_and_the_rest_is_summed():
    tonnes = {"A": 1, "B": 5, "C": 3, "D": 2, "E": 4}
    frame = oil(
        *(
            delivery("KZTEN", "XXPLA", "cpc", kt, consumer_country=code)
            for code, kt in tonnes.items()
        )
    )
    sheet = sheets.deliveries(frame, None, NAMES, "crude-oil", 2)
    assert column(sheet, "to") == ["B", "E", "–"]
    assert column(sheet, "kt") == ["5.00", "4.00", "6.00"]
    assert column(sheet, "from")[-1] == "3 others"
    assert sheet.note == "15.0 kt in all. --top 0 shows all."
    # one row is not worth a sum
    assert len(sheets.deliveries(frame, None, NAMES, "crude-oil", 4).cells) == 5
    assert len(sheets.deliveries(frame, None, NAMES, "crude-oil", None).cells) == 5


def test_rounding_of_the_solver_is_no_delivery():
    frame = oil(delivery("KZTEN", "ITTRS", "cpc", 3e-8))
    sheet = sheets.deliveries(frame, None, NAMES, "crude-oil", None)
    assert (sheet.cells, sheet.note) == ([], "None.")
    assert sheets.deliveries(oil(), None, NAMES, "crude-oil", 3).note == "None."


def test_changes_of_deliveries_come_to_the_change_of_all():
    now, before = (one.result for one in (supplied.balance(), supplied.base_balance()))
    frames = [one.deliveries.filter(pl.col("commodity") == "crude-oil") for one in (now, before)]
    sheet = sheets.deliveries(frames[0], frames[1], NAMES, "crude-oil", None)
    kt = [float(cell.replace(",", "")) for cell in column(sheet, "kt")]
    change = [float(cell.replace(",", "")) for cell in column(sheet, "change")]
    assert sum(kt) == frames[0]["kt"].sum()
    assert sum(change) == float(frames[0]["kt"].sum()) - float(frames[1]["kt"].sum())
    # what was delivered before and is not now stands with nothing
    gone = column(sheet, "by corridor").index("btc")
    assert (kt[gone], change[gone]) == (0, -125)
    assert column(sheet, "crossing")[gone] == "AZ, GE, TR"


def test_the_rest_sums_its_changes_too():
    now = oil(*(delivery(name, "ITTRS", "cpc", kt) for name, kt in (("A", 50), ("B", 2), ("C", 1))))
    before = oil(*(delivery(name, "ITTRS", "cpc", kt) for name, kt in (("A", 40), ("D", 5))))
    sheet = sheets.deliveries(now, before, NAMES, "crude-oil", 1)
    assert column(sheet, "from") == ["A", "3 others"]
    assert column(sheet, "kt") == ["50.0", "3.00"]
    assert column(sheet, "change") == ["+10.0", "-2.00"]


def test_a_stock_that_is_drawn_is_a_supplier_with_a_name():
    assert sheets.supplier_name("stock of DESWE", NAMES) == "stock of Schwedt"
    assert sheets.supplier_name("KZTEN", NAMES) == "Tengiz"
    assert sheets.supplier_name("nowhere", NAMES) == "nowhere"


def test_shares_of_corridors_are_of_their_commodity():
    sheet = sheets.routes(supplied.result().deliveries)
    assert column(sheet, "commodity") == ["crude-oil", "crude-oil", "uranium"]
    assert column(sheet, "share") == ["95.2%", "4.8%", "100.0%"]


def test_the_balance_sums_consumers_and_months():
    months = supplied.result().months_table
    sheet = sheets.served(months)
    assert sheet.cells[0] == ["crude-oil", "40,150", "38,325", "1,825", "4.5%", "600"]
    assert [*sheet.tones] == [Tone.BAD, Tone.PLAIN]
    nobody = months.with_columns(need_kt=0.0, delivered_kt=0.0, unserved_kt=0.0)
    assert sheets.served(nobody).cells[0][1:] == ["0", "0", "0", "–", "–"]


def test_where_all_comes_nothing_is_unserved():
    none = supplied.unserved(("crude-oil", "DESWE", 3_650.0, 1e-9))
    sheet = sheets.unserved(none, None, NAMES, 5)
    assert (sheet.cells, sheet.note) == ([], "Nothing: all that is needed comes.")


def test_what_is_served_again_is_shown_by_its_change():
    before = supplied.unserved(("crude-oil", "DESWE", 3_650.0, 730.0))
    sheet = sheets.unserved(supplied.unserved(), before, NAMES, 5)
    (row,) = sheet.cells
    assert row == ["crude-oil", "Schwedt", "DE", "3,650", "0", "-730", "0.0%", "0"]


def test_each_limit_is_named_and_explained():
    named = {"tengiz-2030": "Tengiz by CPC until 2030"}
    sheet = sheets.binding(supplied.result().binding, None, NAMES, named, None)
    link, contract, supplier = (cell.split("\n  ") for cell in cells(sheet))
    assert link[:2] == ["pipeline, Tengiz → Schwedt", "druzhba"]
    assert link[2].startswith("Every tonne that Druzhba has room for")
    assert contract[:2] == ["Tengiz by CPC until 2030", "tengiz-2030"]
    assert supplier[:2] == ["Tengiz", "KZTEN"]
    assert column(sheet, "USD/t") == ["560", "12.5", "4.00"]
    assert column(sheet, "M USD/y\nper kt/y") == ["0.560", "0.0125", "0.00400"]


def test_limits_stay_in_their_order_and_two_of_one_element_apart():
    rows = [
        supplied.limit("link", "druzhba", 60.0, "full outward", forward=True),
        supplied.limit("contract", "tengiz-2030", 30.0, "is a floor", forward=None),
        supplied.limit("link", "druzhba", 20.0, "full back", forward=False),
    ]
    before = [
        supplied.limit("link", "druzhba", 5.0, "full back", forward=False),
        supplied.limit("link", "druzhba", 4.0, "full back", forward=False),
        supplied.limit("link", "cpc", 3.0, "full", forward=True),
    ]
    sheet = sheets.binding(pl.DataFrame(rows), pl.DataFrame(before), NAMES, {}, None)
    assert column(sheet, "USD/t") == ["60.0", "30.0", "20.0"]
    assert column(sheet, "change") == ["+60.0", "+30.0", "+15.0"]
    assert cells(sheet)[2].startswith("pipeline, Schwedt → Tengiz")


def test_a_blend_has_no_worth_of_capacity():
    row = supplied.limit("blend", "cpc", 2.0, "at its limit", value_musd_unit=None)
    frame = pl.DataFrame([row], schema_overrides={"value_musd_unit": pl.Float64})
    sheet = sheets.binding(frame, None, NAMES, {}, None)
    assert sheet.cells == [
        ["pipeline, Tengiz → Novorossiysk\n  cpc\n  at its limit", "blend", "2.00", "–", "12"]
    ]


def test_where_nothing_binds_it_is_said():
    none = supplied.result().binding.clear()
    assert sheets.binding(none, None, NAMES, {}, 3).note == "Nothing binds."


def test_all_buyers_and_the_union_come_before_countries():
    sheet = sheets.concentration(supplied.result().concentration, None, 0)
    assert column(sheet, "buyers") == ["all", "EU"]
    assert sheet.note.endswith("1 more; --top 0 shows all.")
    sheet = sheets.concentration(supplied.result().concentration, None, None)
    assert column(sheet, "buyers") == ["all", "EU", "DE"]
    assert cells(sheet, 3)[0] == "KZ 70.0%"


def test_an_index_that_the_baseline_lacks_has_no_change():
    frames = [one.result.concentration for one in (supplied.balance(), supplied.base_balance())]
    sheet = sheets.concentration(frames[0], frames[1], None)
    assert cells(sheet, 3) == ["-3,800", "–", "–"]


def test_what_no_longer_crosses_a_country_avoids_it():
    frames = [one.result.avoiding for one in (supplied.balance(), supplied.base_balance())]
    sheet = sheets.avoiding(frames[0], frames[1], None)
    assert sheet.cells == [
        ["crude-oil", "RU", "38,200", "+8,200", "0.3%", "-24.7"],
        ["crude-oil", "BY", "1,700", "+1,700", "95.6%", "-4.4"],
        ["crude-oil", "TR", "0", "-125", "100.0%", "+10.0"],
        ["uranium", "AZ", "8.00", "+8.00", "0.0%", "-100.0"],
    ]
    assert column(sheets.avoiding(frames[0], None, 1), "country") == ["RU", "AZ"]


def test_the_worst_stop_comes_first_and_harmless_ones_are_counted():
    balance = supplied.balance()
    sheet = analyses.n_minus_1(balance.n_minus_1, None, NAMES, None)
    assert cells(sheet) == ["cpc", "Novorossiysk (RUNVS)", "Tengiz (KZTEN)"]
    assert cells(sheet, 4) == ["crude-oil 36,500", "crude-oil 36,500", "–"]
    assert sheet.note == "1 other costs nothing."
    cut = analyses.n_minus_1(balance.n_minus_1, None, NAMES, 1)
    assert cut.note == "2 more; --top 0 shows all. 1 other costs nothing."


def test_where_no_stop_is_felt_it_is_said():
    harmless = supplied.stops(supplied.stop("corridor", "cpc", None, 1e-9, -1e-9))
    assert analyses.n_minus_1(harmless, None, NAMES, 3).note == "None of 1 costs anything."
    assert analyses.n_minus_1(harmless.clear(), None, NAMES, 3).note == "There is nothing to stop."


def test_what_lacks_most_is_named():
    lacking = [
        {"commodity": f"goods-{number}", "deficit_kt": float(number), "unserved_kt": 0.0}
        for number in range(1, 6)
    ]
    row = supplied.stop("corridor", "cpc", None, 15.0, 1.0) | {"by_commodity": lacking}
    sheet = analyses.n_minus_1(supplied.stops(row), None, NAMES, None)
    assert cells(sheet, 4) == ["goods-5 5.00, goods-4 4.00, goods-3 3.00 and 2 more"]


def test_the_index_of_the_union():
    sheet = analyses.index(supplied.index(), supplied.index(60.0), NAMES)
    assert sheet.cells == [
        ["crude-oil", "62.5%", "+2.50", "80,000", "Novorossiysk", "25,000", "40,000"]
    ]
    assert [*sheet.tones] == [Tone.BAD]
    assert [*analyses.index(supplied.index(100.0), None, NAMES).tones] == [Tone.GOOD]
    nothing = analyses.index(supplied.index(None), None, NAMES)
    assert (nothing.cells[0][1], [*nothing.tones]) == ("–", [Tone.PLAIN])


def test_contracts_that_are_kept_are_only_counted():
    sheet = sheets.contracts(supplied.result().contracts, None)
    (row,) = sheet.cells
    assert row[0] == "Tengiz by CPC until 2030"
    assert row[-1] == "the capacity of cpc, the limit embargo"
    assert sheet.note == "1 of 2 kept."


def test_a_stock_covers_days_of_what_its_country_needs():
    months = supplied.months(("crude-oil", "DESWE", 3_650.0, 0.0), ("crude-oil", "ITTRS", 365, 0.0))
    # out of order: the last month is the last, wherever it stands
    stocks = supplied.stocks(100.0, 50.0, 80.0).sort("month", descending=True)
    (row,) = stock_cover(stocks, months, {"DESWE": "DE"}).to_dicts()
    assert (row["end_kt"], row["least_kt"]) == (80.0, 50.0)
    assert (row["end_days"], row["least_days"]) == pytest.approx((8.0, 5.0))
    assert (row["drawn_kt"], row["lost_kt"]) == (30.0, 3.0)


@pytest.mark.parametrize("country", [None, "KZ"])
def test_where_its_country_needs_nothing_a_stock_covers_all_consumers(country):
    months = supplied.months(("crude-oil", "DESWE", 3_650.0, 0.0), ("crude-oil", "ITTRS", 365, 0.0))
    (row,) = stock_cover(supplied.stocks(22.0), months, {"DESWE": country}).to_dicts()
    assert row["end_days"] == pytest.approx(22.0 / (4_015 / 365))


def test_where_nobody_needs_anything_days_are_not_known():
    months = supplied.months(("uranium", "FRMAL", 8.0, 0.0))
    cover = stock_cover(supplied.stocks(22.0), months, {"DESWE": "DE"})
    assert cover["end_days"].to_list() == [None]
    assert sheets.stocks(cover, NAMES, None).cells[0][3] == "–"


def test_pairs_that_cost_what_one_does_are_counted():
    sheet = analyses.n_minus_2(supplied.pairs(), NAMES, None)
    assert cells(sheet, 2) == ["btc", "Kashagan"]
    assert sheet.note == "1 of 3 pairs cost what one of them does alone."
    harmless = analyses.n_minus_2(supplied.pairs().tail(1), NAMES, None)
    assert harmless.note.startswith("No two of them leave anybody short.")


def test_disruptions_by_chance():
    chance, record = analyses.disruption_sheets(supplied.disruptions(), 1)
    assert chance.cells[0] == [
        *("crude-oil", "410", "395–425", "0", "1,500", "2,900", "6,000", "2,900", "26.4")
    ]
    assert cells(record) == ["Drones"]
    assert record.note.endswith("were it the only one. 1 more; --top 0 shows all.")


def test_a_frontier_names_the_country_or_any():
    assert analyses.frontier(supplied.frontier()).title == "Frontier: cost by the share through RU"
    anyone = analyses.frontier(supplied.frontier(None))
    assert anyone.title.endswith("the share in the hands of any one country")
    assert cells(anyone) == ["50.0%", "25.0%", "0.0%"]
    assert column(anyone, "largest") == ["transit RU"] * 3


def test_a_sweep_of_several_goods_names_them():
    assert headers(analyses.sweep(supplied.sweep()))[:2] == [
        "price, USD per barrel",
        "delivered, kt",
    ]
    several = analyses.sweep(supplied.sweep("copper", "zinc"))
    assert cells(several, 1)[:3] == ["copper", "zinc", "copper"]


def test_projects_and_what_they_leave_open():
    closed = analyses.expansion(supplied.expansion(), 0)
    assert cells(closed) == ["Pumps for BTC", "aktau-berth"]
    assert [*closed.tones] == [Tone.GOOD, Tone.GOOD]
    assert closed.note == (
        "1,825 of 1,825 kt a year that are missing are served then, for 97.6 million USD a year. "
        "1 more; --top 0 shows all."
    )
    left = analyses.expansion(supplied.expansion(25.0), None)
    assert column(left, "built") == ["yes", "yes", "–"]
    assert "25.0 kt of what was asked for are left" in left.note


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unserved_kt": 0.0, "closed_kt": 0.0}, "Nothing is missing, so no project is needed."),
        ({"complete": False}, "It is not proved that no other set is cheaper."),
    ],
)
def test_what_a_reader_of_projects_should_know(changed, said):
    assert said in analyses.expansion(supplied.expansion(**changed), None).note


def test_notices_of_the_projects_stand_with_those_of_the_balance():
    expansion = supplied.expansion(notices=("kuryk-berth has no cost",))
    lines = begins(printed(supplied.report(expansion=expansion)))
    assert lines[-3:] == [
        "Notices",
        "- uranium has no row in table supply: its demand by origin is taken",
        "- kuryk-berth has no cost",
    ]
