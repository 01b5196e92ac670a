"""N-1 and N-2: the same as balancing anew without the element; the index; what is left unsolved."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from tests.builders import line, places, study_of

import sogdia
from sogdia.balance import supply
from sogdia.balance.outages import KINDS, Outages, stopping_marks
from sogdia.balance.problem import Stress
from sogdia.balance.program import Program
from sogdia.balance.resilience import n_minus_1, n_minus_1_index, n_minus_2

YEAR = 2023
COUNTRY = {"A": "KZ", "B": "NO", "P": "RU", "Q": "TR", "R": "RU", "D": "DE", "E": "DE", "F": "FR"}


def closing(kind, element):
    """An event that closes an element all year."""
    return {
        "event_id": f"no-{element}",
        "name": "closed",
        "from_date": date(YEAR, 1, 1),
        "until_date": date(YEAR, 12, 31),
        "element_kind": kind,
        "element_id": element,
        "effect": "closes",
    }


def corridor_study(**tables):
    """Two producers and three consumers; a pipe, a ferry that two services share, and the sea."""
    kind = {"P": "border_crossing", "Q": "port", "R": "port", "B": "field"}
    nodes = [
        place | {"country": COUNTRY[place["node_id"]], "kind": kind.get(place["node_id"])}
        for place in places("A", "B", "P", "Q", "R", "D", "E", "F")
    ]
    pipe = {"mode": "pipeline", "directed": False}
    links = [
        line("A", "P", cost_usd_t=5.0, capacity_kt_y=300.0, **pipe),
        line("P", "D", cost_usd_t=4.0, **pipe),
        line("A", "R", cost_usd_t=3.0, **pipe),
        line("R", "Q", cost_usd_t=6.0, mode="ferry", directed=False),
        line("Q", "D", cost_usd_t=9.0, **pipe),
        line("B", "E", cost_usd_t=20.0, capacity_kt_y=180.0, **pipe),
        line("D", "E", cost_usd_t=2.0, capacity_kt_y=90.0, **pipe),
        line("E", "F", cost_usd_t=2.0, **pipe),
        line("B", "A", cost_usd_t=70.0, **pipe),
    ]
    rows = {
        "node": nodes,
        "link": links,
        "terminal": [
            {
                "terminal_id": f"port-{node}",
                "node_id": node,
                "from_mode": "pipeline",
                "to_mode": "ferry",
                "capacity_kt_y": 130.0,
            }
            for node in ("R", "Q")
        ],
        "service": [
            {"service_id": name, "link_id": "R-Q", "batch_capacity_t": 300.0, "departures_week": 4}
            for name in ("boat", "ship")
        ],
        "commodity": [
            {"commodity_id": "oil", "name": "oil", "value_usd_t": 500.0},
            {"commodity_id": "tar", "name": "tar", "value_usd_t": 300.0},
        ],
        "supply": [
            {"node_id": node, "commodity_id": name, "year": YEAR, "capacity_kt_y": most}
            for node, name, most in (("A", "oil", 400.0), ("B", "oil", 200.0), ("A", "tar", 90.0))
        ],
        "consumption": [
            {"node_id": node, "commodity_id": name, "year": YEAR, "quantity_kt": need}
            for node, name, need in (
                ("D", "oil", 250.0),
                ("E", "oil", 100.0),
                ("F", "oil", 70.0),
                ("D", "tar", 80.0),
            )
        ],
        "corridor": [
            {"corridor_id": "north", "priority": 1, "all_of": "RU", "any_of": "A-P"},
            {"corridor_id": "south", "priority": 2, "all_of": "Q", "any_of": "mode:ferry"},
            {"corridor_id": "west", "priority": 3, "all_of": "mode:pipeline,NO"},
            {"corridor_id": "rest", "priority": 9},
        ],
    }
    return study_of(**(rows | tables))


def balance(**tables):
    """The small balance."""
    return supply(corridor_study(**tables), year=YEAR)


@pytest.fixture(scope="module")
def small():
    """The small balance as it is."""
    return balance()


@pytest.fixture(scope="module")
def eurasia():
    """Crude oil on the built-in study in 2025."""
    return supply(sogdia.load("eurasia"), commodities=["crude-oil"], year=2025)


def total(result):
    """Unserved tonnes of a balance."""
    return float(result.solution.unserved_kt.sum())


def row_of(table, kind, element):
    """One row of N-1."""
    return table.row(
        by_predicate=(pl.col("kind") == kind) & (pl.col("element") == element), named=True
    )


@pytest.mark.parametrize("kind", ["link", "terminal", "node", "country"])
def test_stopping_an_element_is_a_balance_of_the_study_without_it(small, kind):
    for row in n_minus_1(small, [kind]).iter_rows(named=True):
        anew = balance(event=[closing(kind, row["element"])])
        assert row["deficit_kt"] == pytest.approx(total(anew) - total(small), abs=1e-6), row
        assert row["extra_cost_musd"] == pytest.approx(
            anew.cost_musd - small.cost_musd, rel=1e-9, abs=1e-9
        ), row


def test_services_from_one_berth_stop_together(small):
    table = n_minus_1(small, ["service"])
    assert table["element"].to_list() == ["boat|ship"]
    anew = balance(event=[closing("service", "boat"), closing("service", "ship")])
    assert table["extra_cost_musd"][0] == pytest.approx(anew.cost_musd - small.cost_musd)
    assert table["deficit_kt"][0] == pytest.approx(total(anew) - total(small))
    assert table["deficit_kt"][0] > 1.0


def test_a_supplier_is_stopped_by_node_and_by_country(small):
    table = n_minus_1(small, ["supplier"])
    assert set(table["element"]) == {"A", "B", "KZ", "NO"}
    for node, country in COUNTRY.items():
        if node in {"A", "B"}:
            row = row_of(table, "supplier", node)
            rows = small.study.supply.with_columns(
                capacity_kt_y=pl.when(pl.col("node_id") == node)
                .then(0.0)
                .otherwise("capacity_kt_y")
            )
            anew = supply(small.study.with_tables(supply=rows), year=YEAR)
            assert row["deficit_kt"] == pytest.approx(total(anew) - total(small))
            assert row["extra_cost_musd"] == pytest.approx(anew.cost_musd - small.cost_musd)
            same = row_of(table, "supplier", country)
            assert same["deficit_kt"] == pytest.approx(row["deficit_kt"])


def test_deficits_are_told_by_commodity(small):
    row = row_of(n_minus_1(small, ["supplier"]), "supplier", "A")
    by_commodity = {one["commodity"]: one for one in row["by_commodity"]}
    assert by_commodity["tar"]["unserved_kt"] == pytest.approx(80.0)
    assert sum(one["deficit_kt"] for one in row["by_commodity"]) == pytest.approx(row["deficit_kt"])


def test_a_corridor_stops_where_its_marks_are(small):
    table = n_minus_1(small, ["corridor"])
    assert set(table["element"]) == {"north", "south", "west"}  # one for all that is left has none
    north = balance(event=[closing("link", "A-P")])
    assert row_of(table, "corridor", "north")["deficit_kt"] == pytest.approx(
        total(north) - total(small)
    )
    south = balance(event=[closing("node", "Q")])
    assert row_of(table, "corridor", "south")["extra_cost_musd"] == pytest.approx(
        south.cost_musd - small.cost_musd
    )


@pytest.mark.parametrize(
    ("all_of", "any_of", "marks"),
    [
        ("RU", "link-1,link-2", ["link-1", "link-2"]),
        ("EGSUZ", None, ["EGSUZ"]),
        ("mode:sea", "link-1", ["link-1"]),
        ("Q,RU", "mode:ferry", ["Q"]),
        ("link-1", "link-2,mode:air", ["link-1"]),
        (None, "mode:air", ["mode:air"]),
        ("mode:rail,RU,BY", None, ["RU"]),
        ("RU", "BY,PL", ["BY", "PL"]),
        (None, None, []),
    ],
)
def test_what_a_corridor_is_stopped_by(all_of, any_of, marks):
    assert stopping_marks(all_of, any_of) == marks


def test_chokepoints_are_what_goods_pass_on_their_way(small):
    # Fields are none, nor are consumers where everything ends.
    assert set(n_minus_1(small, ["chokepoint"])["element"]) == {"P", "Q", "R"}


def test_what_nothing_passes_costs_nothing_and_is_not_solved(small, monkeypatch):
    solved = []
    solve = Program.solve

    def counted(program, stress=None):
        solved.append(stress)
        return solve(program, stress)

    monkeypatch.setattr(Program, "solve", counted)
    table = n_minus_1(small, ["link"])
    assert row_of(table, "link", "B-A")["deficit_kt"] == 0.0
    assert row_of(table, "link", "B-A")["extra_cost_musd"] == 0.0
    assert table.height == len(small.study.link)
    used = set(small.links["link"])
    assert len(solved) == len(used) + 1  # the base once more at the end
    assert solved[-1] is None


def test_the_largest_comes_first_and_the_program_is_left_as_it_was(small):
    table = n_minus_1(small, KINDS)
    assert table["deficit_kt"].is_sorted(descending=True)
    again = small.program.solve()
    assert again.objective == pytest.approx(small.solution.objective, rel=1e-12)


def test_progress_counts_to_the_end(small):
    said = []
    n_minus_1(small, progress=lambda stage, done, of: said.append((stage, done, of)))
    assert said[-1][1] == said[-1][2] == len(said) - 1


def test_an_unknown_kind_is_refused(small):
    with pytest.raises(ValueError, match=r"planet: not of the kinds corridor, supplier"):
        n_minus_1(small, ["planet"])


# ---- two at once ----


def test_pairs_by_bounds_are_pairs_solved(small):
    kinds = ("link", "supplier", "chokepoint")
    table = n_minus_2(small, kinds)
    assert 0 < table["solved"].sum() < table.height
    elements = {(one.kind, one.element): one for one in Outages(small).of(kinds)}
    for row in table.iter_rows(named=True):
        pair = [elements[row[f"kind_{which}"], row[which]] for which in ("first", "second")]
        program = Program(small.assembly.problem)
        gates = {}
        factor = None
        for one in pair:
            if one.stopped is not None:
                factor = small.assembly.problem.capacity_kt * 0 + 1.0 if factor is None else factor
                factor[one.stopped] = 0.0
            elif one.marked:
                gates[program.gate(one.marked)] = small.assembly.problem.room[0] * 0
        solution = program.solve(Stress(gates, factor))
        deficit = float(solution.unserved_kt.sum()) - total(small)
        assert row["deficit_kt"] == pytest.approx(deficit, abs=1e-6), row


def test_two_can_cost_more_than_each_alone(small):
    table = n_minus_2(small, ("supplier", "corridor"))
    row = table.row(by_predicate=(pl.col("first") == "A") & (pl.col("second") == "B"), named=True)
    alone = n_minus_1(small, ["supplier"])
    both = sum(row_of(alone, "supplier", one)["deficit_kt"] for one in "AB")
    assert row["deficit_kt"] == pytest.approx(500.0)  # nobody is left to ship
    assert row["beyond_singles_kt"] == pytest.approx(500.0 - both)
    assert row["beyond_singles_kt"] > 1.0


# ---- the index ----


def test_index_by_hand(small):
    ferry = 2 * 4 * 0.3 * 365 / 7
    index = n_minus_1_index(small)
    oil = index.row(by_predicate=pl.col("commodity") == "oil", named=True)
    # All can leave: 300 by the pipe and 100 of 130 by the ferry, and 180 of B's 200 by the west
    # (20 more by B-A). Without the pipe the ferry's eight sailings of 300 t a week and the west
    # are left.
    assert oil["capacity_kt"] == pytest.approx(600.0)
    assert oil["largest"] == "north"
    assert oil["without_largest_kt"] == pytest.approx(ferry + 180.0)
    assert oil["need_kt"] == pytest.approx(420.0)
    assert oil["percent"] == pytest.approx(100 * (ferry + 180.0) / 420.0)


def test_index_of_a_country_without_another(small):
    index = n_minus_1_index(small, origin="KZ", without="RU")
    oil = index.row(by_predicate=pl.col("commodity") == "oil", named=True)
    assert oil["largest"] == "RU"
    # P and R are in Russia; what is left goes over B to the west.
    assert oil["without_largest_kt"] == pytest.approx(180.0)
    assert (
        n_minus_1_index(small, origin="NO").row(
            by_predicate=pl.col("commodity") == "tar", named=True
        )["percent"]
        is None
    )


# ---- the built-in study ----


def test_kazakh_crude_is_where_the_facts_put_it(eurasia):
    """Without CPC 36 % of exports could leave, without any Russian route 14 % (derived, 2025)."""
    north = n_minus_1_index(eurasia, origin="KZ").row(0, named=True)
    assert north["percent"] == pytest.approx(36.0, abs=8.0)
    assert n_minus_1_index(eurasia, "KZ", "RU")["percent"][0] == pytest.approx(14.0, abs=5.0)


@pytest.mark.parametrize(
    ("kind", "element"),
    [("link", "RUKRO-RUNVS-pipe"), ("node", "TRBOS"), ("link", "KZATS-CNALS-pipe")],
)
def test_eurasia_without_an_element(eurasia, kind, element):
    row = row_of(n_minus_1_only(eurasia, kind, element), kind, element)
    event = closing(kind, element) | {
        "from_date": date(2025, 1, 1),
        "until_date": date(2025, 12, 31),
        "happened": True,
    }
    study = sogdia.load("eurasia")
    added = pl.DataFrame([event]).with_columns(
        pl.col(name).cast(study.event.schema[name]) for name in event
    )
    events = pl.concat([study.event, added], how="diagonal")
    anew = supply(study.with_tables(event=events), commodities=["crude-oil"], year=2025)
    assert row["deficit_kt"] == pytest.approx(total(anew) - total(eurasia), rel=1e-6, abs=1e-3)
    assert row["extra_cost_musd"] == pytest.approx(
        anew.cost_musd - eurasia.cost_musd, rel=1e-6, abs=1e-3
    )


def n_minus_1_only(result, kind, element):
    """N-1 of a single element."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Outages, "of", lambda self, kinds: [self.element(kind, element)])
        return n_minus_1(result, [kind])
