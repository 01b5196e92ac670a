"""Any changes of a scenario, in any order, are refused with a reason or leave a valid study."""

from __future__ import annotations

import tempfile
import warnings
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from polars.testing import assert_frame_equal
from tests.examples import examples

from sogdia.errors import DataError
from sogdia.scenario import Scenario, apply
from sogdia.study.load import inspect, load, save

STUDY = load(Path(__file__).parents[1] / "data" / "small")
FIGURES = [
    *(("link", name) for name in ("length_km", "time_h", "cost_usd_t", "capacity_kt_y", "lenght")),
    *(("terminal", name) for name in ("dwell_h", "servers", "service_time_h", "capacity_kteu_y")),
    *(("service", name) for name in ("departures_week", "batch_capacity_teu", "availability")),
    *(("demand", name) for name in ("kt", "year")),
    *(("node", name) for name in ("x_coord", "y_coord")),
]
KEYS = {"link": "link_id", "terminal": "terminal_id", "service": "service_id", "node": "node_id"}
MARKS = {"scope", "all_of", "any_of", "none_of"}
"""Columns that may name what a change has removed."""
NUMBERS = st.sampled_from([0, 1, -1, 0.5, 2, 7.25, 1e6, -1e-3])
DAYS = st.dates(date(2023, 1, 1), date(2031, 12, 31))


def ids(table: str) -> st.SearchStrategy[str]:
    """Identifiers of a table, and one that it does not have."""
    return st.sampled_from([*STUDY.frames()[table][KEYS[table]].to_list(), "nowhere"])


class Scenarios(RuleBasedStateMachine):
    """A scenario that somebody writes, line by line, and applies after each."""

    def __init__(self) -> None:
        super().__init__()
        self.content: dict[str, Any] = {"name": "tried"}

    def put(self, key: str, value: dict[str, Any]) -> None:
        self.content.setdefault(key, []).append(value)

    @rule(
        where=st.sampled_from(FIGURES),
        how=st.sampled_from(["set", "multiply", "add"]),
        number=NUMBERS,
    )
    def changes_a_column(self, where: tuple[str, str], how: str, number: float) -> None:
        table, column = where
        self.put("change", {"table": table, how: {column: number}})

    @rule(table=st.sampled_from(sorted(KEYS)), data=st.data())
    def removes_a_row(self, table: str, data: st.DataObject) -> None:
        chosen = data.draw(ids(table))
        self.put("change", {"table": table, "where": {KEYS[table]: chosen}, "remove": True})

    @rule(table=st.sampled_from(["link", "terminal", "service"]), data=st.data())
    def adds_a_row_like_another(self, table: str, data: st.DataObject) -> None:
        key = KEYS[table]
        row = data.draw(st.sampled_from(STUDY.frames()[table].to_dicts()))
        new = data.draw(st.sampled_from([row[key], f"{row[key]}-more"]))
        kept = {name: value for name, value in row.items() if value is not None} | {key: new}
        self.put("change", {"table": table, "rows": [kept]})

    @rule(
        kind=st.sampled_from(["link", "terminal", "service", "node"]),
        effect=st.sampled_from(["closes", "capacity", "time", "cost"]),
        factor=st.one_of(st.none(), NUMBERS),
        days=st.tuples(DAYS, DAYS),
        data=st.data(),
    )
    def dates_an_event(
        self,
        kind: str,
        effect: str,
        factor: float | None,
        days: tuple[date, date],
        data: st.DataObject,
    ) -> None:
        number = len(self.content.get("event", []))
        event = {
            "event_id": f"event-{data.draw(st.integers(0, number))}",
            "name": "An event",
            "element_kind": kind,
            "element_id": data.draw(ids(kind)),
            "effect": effect,
            "from_date": days[0],
            "until_date": days[1],
        }
        self.put("event", event if factor is None else event | {"factor": factor})

    @rule(countries=st.lists(st.sampled_from(["RU", "KZ", "GE", "XX"]), max_size=2))
    def denies_countries(self, countries: list[str]) -> None:
        self.put("rule", {"countries": countries})

    @rule(chosen=st.lists(st.sampled_from(["feeders", "port", "hub", "nothing"]), max_size=3))
    def builds(self, chosen: list[str]) -> None:
        self.content["projects"] = chosen

    @rule(year=st.sampled_from([1900, 2024, 2030, 2100]))
    def asks_about_a_year(self, year: int) -> None:
        self.content["year"] = year

    @precondition(lambda self: self.content.get("change"))
    @rule()
    def takes_a_change_back(self) -> None:
        self.content["change"].pop()

    @invariant()
    def is_refused_with_a_reason_or_leaves_a_valid_study(self) -> None:
        try:
            scenario = Scenario.of_content(self.content, {})
        except DataError as error:
            assert all(problem.message for problem in error.problems)
            return
        assert Scenario.of_toml(scenario.to_toml()) == scenario
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                after = apply(STUDY, scenario)
            except DataError as error:
                assert all(problem.message for problem in error.problems)
                return
        with tempfile.TemporaryDirectory() as folder:
            save(after, folder)
            again, problems, _ = inspect(folder)
        assert [one for one in problems if one.column not in MARKS] == []
        if again is None:
            return
        for table, frame in after.frames().items():
            assert_frame_equal(again.frames()[table], frame)


TestScenarios = Scenarios.TestCase
TestScenarios.settings = settings(max_examples=examples(20), stateful_step_count=5, deadline=None)
