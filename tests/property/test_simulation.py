"""Properties of the event engine, on random models: it agrees with a plain one, and with itself."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.simulation.reference import difference, disagreements, refer, rows_of

from sogdia.simulation import engine
from sogdia.simulation import model as model_module
from sogdia.simulation.distribution import Distribution
from sogdia.simulation.model import (
    EMPIRICAL_RELEASE,
    NO_RELEASE,
    POISSON,
    SCHEDULED,
    Model,
    ModelBuilder,
    Step,
    board,
    branch,
    delay,
    release,
    seize,
)
from sogdia.simulation.replication import Replication, replicate

SEED = 11
THOROUGH = settings(
    max_examples=examples(100),
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
QUICK = settings(THOROUGH, max_examples=examples(60))
MONTHS = (0.0, 30.0, 62.5)

# Hours that add up exactly, so that many things happen at the same time.
HOURS = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0])
SOME_HOURS = st.sampled_from([0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0])
TIMES = st.integers(0, 200).map(lambda half: half / 2.0)
CHANCES = st.sampled_from([0.0, 0.2, 0.5, 0.8])
TICKS = st.sampled_from(
    [(0.0, 100.0), (0.0, 24.0, 48.0, 48.0, 96.0), (10.0, 30.5, 90.0), (40.0, 41.0), (70.0,)]
)
DRAWN = [
    Distribution.exponential(2.0),
    Distribution.gamma(3.0, 0.4),
    Distribution.gamma(2.0, 1.7),
    Distribution.lognormal(2.0, 1.0),
    Distribution.triangular(0.5, 1.0, 6.0),
    Distribution.empirical([0.5, 0.5, 1.0, 8.0]),
]
LAWS = st.one_of(
    HOURS.map(Distribution.constant),
    st.sampled_from([*DRAWN, Distribution.empirical([0.0, 0.0, 2.0])]),
)
POSITIVE_LAWS = st.one_of(SOME_HOURS.map(Distribution.constant), st.sampled_from(DRAWN))


@dataclass(frozen=True)
class Plan:
    """The parts of a model, by number; `lay` puts them into a builder."""

    units: tuple[float, ...]
    quays: int
    vessels: tuple[dict[str, Any], ...]
    streams: tuple[dict[str, Any], ...]
    closures: tuple[dict[str, Any], ...]
    ticks: tuple[float, ...]

    def lay(self, build: ModelBuilder, label: str) -> None:
        """Add all parts, under names of their own."""
        stations = [
            *(build.station((label, "station", n), units) for n, units in enumerate(self.units)),
            *(build.quay((label, "quay", n)) for n in range(self.quays)),
        ]
        for number, one in enumerate(self.vessels):
            sides = [stations[side] for side in one["sides"]]
            build.vessel((label, number), sides, **without(one, "sides"))
        for number, one in enumerate(self.streams):
            steps = [placed(step, stations) for step in one["steps"]]
            stream = build.stream(
                (label, number),
                steps,
                group=(label, number % 2),
                **without(one, "steps", "present"),
            )
            for position in one["present"]:
                build.present(stream, position)
        for number, one in enumerate(self.closures):
            name, targets = (label, number), [stations[target] for target in one["targets"]]
            add = getattr(build, one["add"])
            add(name, targets, *one["how"], stops_work=one["stops_work"])


def placed(step: Step, stations: list[int]) -> Step:
    """Return a step of a plan with the numbers that its stations have in a builder."""
    target = step.target
    if step.kind == model_module.BOARD and target >= 0:
        target = stations[target]
    station = stations[step.station] if step.station >= 0 else -1
    return dataclasses.replace(step, station=station, target=target)


def without(one: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in names}


def modelled(*plans: tuple[str, Plan]) -> Model:
    build = ModelBuilder(month_start=MONTHS, first_month=11)
    for label, plan in plans:
        plan.lay(build, label)
    return build.build()


def ran(model: Model, plan: Plan, **options: Any) -> Replication:
    return replicate(model, np.array(plan.ticks), SEED, 0, logged=True, **options)


# ------------------------------------------------------------------ random models


@st.composite
def vessel_plans(draw, quays, sides):
    """A vessel between the quays `sides`."""
    capacity = draw(st.sampled_from([0.5, 1.0, 2.0, 4.0, 7.5]))
    tables = [draw(st.lists(TIMES, max_size=12)) if draw(st.booleans()) else [] for _ in (0, 1)]
    least = tuple(capacity * draw(CHANCES | st.just(1.0)) for _ in (0, 1))
    by_timetable = len(sides) == 1 and tables[0]
    return {
        "sides": tuple(quays + side for side in sides),
        "capacity": capacity,
        "crossing": draw(LAWS),
        "stay": draw(LAWS if by_timetable else POSITIVE_LAWS),
        "least_load": least,
        "longest_wait_h": draw(st.just(math.inf) | HOURS),
        "ready_h": draw(HOURS),
        "start_h": draw(st.sampled_from([0.0, 0.0, 10.0, 44.5])),
        "until_h": draw(st.sampled_from([math.inf, math.inf, 60.0, 77.0])),
        "cancelled": draw(st.sampled_from([0.0, 0.0, 0.3, 0.8])),
        "side": draw(st.integers(0, len(sides) - 1)),
        "divides": draw(st.booleans()),
        "timetables": tuple(tuple(table) for table in tables),
    }


@st.composite
def pieces(draw, units, largest, *, depth=0):
    """Steps that leave a shipment with nothing in its hands."""
    kinds = ["delay", "serve", "serve", "parts"] + ["hold"] * (depth < 2)
    kind = draw(st.sampled_from(kinds + ["board", "board", "yard"] * bool(largest)))
    if kind == "delay":
        station = draw(st.integers(-1, len(units) - 1))
        return [delay(draw(LAWS), draw(st.integers(0, 2)), station)]
    if kind in {"board", "yard"}:
        quay = draw(st.integers(0, len(largest) - 1))
        load = draw(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])) * largest[quay]
        if kind == "board":
            return [board(len(units) + quay, load)]
    station = draw(st.integers(0, len(units) - 1))
    most = min(units[station], 4.0)
    amount = draw(st.sampled_from([0.0, 0.1, 1.0, most / 2.0, most]))
    works_at = draw(st.sampled_from([-1, station, station, 0]))
    work = [delay(draw(LAWS), draw(st.integers(0, 2)), works_at)]
    if kind == "hold":
        inner = draw(st.lists(pieces(units, largest, depth=depth + 1), max_size=2))
        work = [*work, *(step for one in inner for step in one), *work[: draw(st.integers(0, 1))]]
    if kind == "yard":
        return [seize(station, amount), *work, board(len(units) + quay, load, station, amount)]
    if kind == "parts":
        half = release(station, amount / 2.0)
        return [seize(station, amount), *work, half, *work, half]
    return [seize(station, amount), *work, release(station, amount)]


@st.composite
def stream_plans(draw, units, largest):
    """A stream, with branches at random places where a shipment has nothing in its hands."""
    route: list[Step] = []
    begins = [0]
    skips: list[int] = []
    for piece in draw(st.lists(pieces(units, largest), max_size=4)):
        if skips:
            # over this piece
            route[skips.pop()] = branch(len(route) + len(piece), draw(CHANCES | st.just(1.0)))
        route += piece
        begins.append(len(route))
        turn = draw(st.sampled_from(["", "", "", "back", "skip"]))
        if turn == "back":
            route.append(
                branch(draw(st.sampled_from(begins[:-1])), draw(st.sampled_from([0.2, 0.5])))
            )
        elif turn == "skip":
            skips.append(len(route))
            route.append(branch(len(route) + 1, 0.5))
        if turn:
            begins.append(len(route))
    return {
        "steps": route,
        "kind": draw(st.sampled_from([POISSON, SCHEDULED, EMPIRICAL_RELEASE, NO_RELEASE])),
        "rate_h": draw(st.sampled_from([0.0, 0.05, 0.125, 0.25, 0.4])),
        "times_h": draw(st.lists(TIMES, max_size=10)),
        "batch": draw(st.sampled_from([1, 1, 2, 3])),
        "start_h": draw(st.sampled_from([0.0, 0.0, 12.0])),
        "until_h": draw(st.sampled_from([math.inf, 50.0])),
        "tonnes": draw(st.sampled_from([1.0, 20.0])),
        "priority": draw(st.integers(0, 3)),
        "season": draw(st.sampled_from([(1.0,) * 12, (2.0, *[0.0] * 10, 0.5)])),
        "present": draw(st.lists(st.sampled_from(begins), max_size=4)),
    }


@st.composite
def closure_plans(draw, places):
    """A closure of any kind."""
    add = draw(st.sampled_from(["dated_closure", "dated_closure", "breakdowns", "weather"]))
    how: tuple[Any, ...]
    if add == "dated_closure":
        length = st.sampled_from([0.0, 0.5, 1.0, 5.0, 20.0])
        spells = st.tuples(TIMES, length).map(lambda one: (one[0], one[0] + one[1]))
        how = (draw(st.lists(spells, max_size=4)),)
    elif add == "breakdowns":
        how = (draw(POSITIVE_LAWS), draw(LAWS))
    else:
        share = draw(st.lists(st.sampled_from([0.0, 0.2, 0.4]), min_size=12, max_size=12))
        how = (tuple(share), draw(st.sampled_from([1.0, 1.5, 4.0])))
    targets = draw(st.lists(st.integers(0, places - 1), min_size=1, max_size=2))
    return {"add": add, "targets": targets, "how": how, "stops_work": draw(st.booleans())}


@st.composite
def plans(draw, ticks=TICKS):
    """Random models of few stations."""
    units = tuple(
        draw(st.lists(st.sampled_from([1.0, 1.0, 2.0, 3.0, math.inf]), min_size=1, max_size=3))
    )
    quays = draw(st.integers(0, 2))
    sides = [(quay,) if draw(st.booleans()) else (quay, 1 - quay)[:quays] for quay in range(quays)]
    sides += draw(st.lists(st.sampled_from([(0,), (0, 1)[:quays]]), max_size=3)) if quays else []
    vessels = tuple(draw(vessel_plans(len(units), one)) for one in sides)
    largest = []
    for quay in range(quays):
        here = [one for one in vessels if len(units) + quay in one["sides"]]
        whole = [one["capacity"] for one in here if not one["divides"]]
        largest.append(min(whole, default=2.0 * max(one["capacity"] for one in here)))
    streams = st.lists(stream_plans(units, largest), min_size=1, max_size=4)
    closures = st.lists(closure_plans(len(units) + quays), max_size=3)
    return Plan(units, quays, vessels, tuple(draw(streams)), tuple(draw(closures)), draw(ticks))


# ------------------------------------------------------------------ what holds for all of them


@given(plan=plans())
@THOROUGH
def test_the_kernel_and_the_reference_tell_the_same(plan):
    model = modelled(("a", plan))
    result = ran(model, plan)
    told = refer(model, plan.ticks, SEED, 0)
    if differs := difference(rows_of(result.log_time, result.log), told.rows):
        pytest.fail(differs, pytrace=False)
    assert disagreements(result, told) == []


@given(plan=plans())
@THOROUGH
def test_nothing_is_lost_and_time_never_runs_back(plan):
    model = modelled(("a", plan))
    result = ran(model, plan)
    assert (result.log_time >= 0.0).all()
    assert (np.diff(result.log_time) >= 0.0).all()
    assert (result.log_time < plan.ticks[-1]).all()
    group = model.stream_integer[:, 1]
    for column, what in enumerate((engine.RELEASED, engine.DELIVERED)):
        stream = result.log[result.log[:, 0] == what, 1]
        expected = np.bincount(group[stream], minlength=len(model.groups))
        assert result.balance[:, column].tolist() == expected.tolist()
    assert (result.balance[:, 0] == result.balance[:, 1] + result.balance[:, 2]).all()
    released: set[tuple[int, int]] = set()
    done: set[tuple[int, int]] = set()
    for what, stream, number, _, _ in result.log.tolist():
        if what == engine.RELEASED:
            assert (stream, number) not in released
            released.add((stream, number))
        elif stream >= 0:
            assert (stream, number) in released - done
        if what == engine.DELIVERED:
            done.add((stream, number))


@given(plan=plans())
@THOROUGH
def test_no_station_is_over_its_units_and_no_vessel_over_its_capacity(plan):
    model = modelled(("a", plan))
    result = ran(model, plan)
    busy = np.zeros(len(model.units))
    shut = np.zeros(len(model.units), dtype=bool)
    left_over: dict[tuple[int, int], float] = {}
    aboard = np.zeros(len(model.units))
    waits_for_more: dict[int, tuple[int, int]] = {}
    while_shut = set()
    opened = set()
    for time, (what, stream, number, step, station) in zip(
        result.log_time.tolist(), result.log.tolist(), strict=True
    ):
        if shut[station] and what in {engine.STARTED, engine.DEPARTED}:
            while_shut.add((station, time))
        if what == engine.SHUT:
            shut[station] = True
        elif what == engine.OPENED:
            shut[station] = False
            opened.add((station, time))
        elif what == engine.JOINED:
            left_over[stream, number] = model.step_number[step, 3]
        elif what == engine.STARTED:
            target = busy if model.step_integer[step, 0] == model_module.SEIZE else aboard
            target[station] += left_over.pop((stream, number))
        elif what == engine.PARTLY_LOADED:
            waits_for_more[station] = (stream, number)
        elif what == engine.LEFT:
            freed = 0 if model.step_integer[step, 0] == model_module.BOARD else 3
            busy[station] -= model.step_number[step, freed]
        elif what == engine.DEPARTED:
            capacity = model.vessel_number[step, 0]
            assert aboard[station] <= capacity + 1e-9
            if station in waits_for_more:
                left_over[waits_for_more.pop(station)] -= capacity - aboard[station]
            aboard[station] = 0.0
        assert station < 0 or -1e-9 <= busy[station] <= model.units[station] + 1e-9
    # at the very time of opening, what happens before the event already finds the station open
    assert while_shut <= opened
    assert min(left_over.values(), default=1.0) >= 0.0
    assert busy == pytest.approx(result.amount[:, engine.BUSY], abs=1e-9)


@given(plan=plans())
@THOROUGH
def test_nobody_overtakes_who_goes_by_the_same_priority(plan):
    model = modelled(("a", plan))
    log = ran(model, plan).log
    joined, started = defaultdict(list), defaultdict(list)
    taken, left = defaultdict(list), defaultdict(list)
    kind, target = model.step_integer[:, 0], model.step_integer[:, 5]
    boards = kind == model_module.BOARD
    place = np.where(boards, target, model.step_integer[:, 2])
    units = np.where(boards, model.step_number[:, 0], model.step_number[:, 3])
    units[(kind == model_module.DELAY) | (place < 0)] = math.nan
    for what, stream, number, _, station in log.tolist():
        queue = (station, model.stream_integer[stream, 3])
        if what == engine.JOINED:
            joined[queue].append((stream, number))
        elif what == engine.STARTED:
            started[queue].append((stream, number))
            taken[station].append((stream, number))
        elif what == engine.LEFT:
            left[station].append((stream, number))
    for queue, served in started.items():
        assert served == joined[queue][: len(served)]
    for station, gone in left.items():
        here = units[place == station]
        if (here[~np.isnan(here)] == model.units[station]).all():
            # there is one at a time
            assert gone == taken[station][: len(gone)]


@given(plan=plans(), slots=st.sampled_from([1, 2, 7, 64]))
@QUICK
def test_memory_that_grows_changes_nothing(plan, slots):
    model = modelled(("a", plan))
    plenty, grown = (ran(model, plan, slots=room) for room in (8192, slots))
    for field in dataclasses.fields(plenty):
        if field.name not in {"left", "counter"}:
            ours, theirs = getattr(plenty, field.name), getattr(grown, field.name)
            assert np.array_equal(ours, theirs, equal_nan=True), field.name


@given(plan=plans(), other=plans())
@QUICK
def test_what_is_not_connected_changes_nothing(plan, other):
    alone = modelled(("a", plan))
    expected = named(alone, ran(alone, plan))
    for parts in ((("a", plan), ("b", other)), (("b", other), ("a", plan))):
        beside = modelled(*parts)
        found = named(beside, ran(beside, plan))
        assert [row for row in found if row[2][0] == "a"] == expected


def named(model: Model, result: Replication) -> list[tuple[Any, ...]]:
    """Return the log with names for numbers, which do not depend on what else there is."""
    rows: list[tuple[Any, ...]] = []
    for time, row in zip(result.log_time.tolist(), result.log.tolist(), strict=True):
        what, stream, number, step, station = row
        place = model.station_names[station] if station >= 0 else None
        if what in {engine.SHUT, engine.OPENED}:
            rows.append((time, what, model.closure_names[number], place))
        elif what in {engine.DEPARTED, engine.CANCELLED}:
            rows.append((time, what, model.vessel_names[step], number, place))
        else:
            own = step - model.stream_integer[stream, 0]
            rows.append((time, what, model.stream_names[stream], number, own, place))
    return rows
