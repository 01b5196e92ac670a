"""The event engine against a second one in plain Python, by hand, and against bad models.

``SOGDIA_RECORD=1 pytest tests/simulation/test_engine.py -k recorded`` records the event files
anew, with the second engine.
"""

import csv
import dataclasses
import functools
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.simulation.reference import WHAT, Row, difference, disagreements, refer, rows_of

from sogdia.errors import CheckError, DataError
from sogdia.simulation import engine
from sogdia.simulation.distribution import Distribution
from sogdia.simulation.model import (
    BOARD,
    BORDER,
    EMPIRICAL_RELEASE,
    HANDLING,
    MOVING,
    NO_RELEASE,
    RELEASE,
    SCHEDULED,
    SEIZE,
    ModelBuilder,
    Step,
    board,
    branch,
    delay,
    release,
    seize,
    serve,
)
from sogdia.simulation.replication import replicate

RECORDED = Path(__file__).parent / "recorded"
SEED = 20_240_229
TICKS = (0.0, 25.0, 60.0, 200.0)
NAN = math.nan
EVEN = (1.0,) * 12
MONTHS = {"month_start": (0.0, 40.0, 80.0, 100.0), "first_month": 10}
WINTER = (3.0, 1.0, *EVEN[2:-2], 0.0, 0.5)

ZERO = Distribution.constant(0.0)
HOUR = Distribution.constant(1.0)
DAY = Distribution.constant(24.0)
AN_HOUR_OR_SO = Distribution.exponential(1.0)
GAMMA = Distribution.gamma(2.0, 0.7)
LOGNORMAL = Distribution.lognormal(3.0, 1.2)
TRIANGLE = Distribution.triangular(0.5, 1.0, 3.0)
SOMETIMES = Distribution.empirical([0.0, 0.5, 0.5, 4.0])


def constant(hours):
    return Distribution.constant(hours)


def every(hours, start=0.0, end=200.0):
    """Return times at equal distances."""
    return tuple(np.arange(start, end, hours).tolist())


# ------------------------------------------------------------------ one model for every feature

FEATURES: dict[str, tuple[Callable[[ModelBuilder], object], dict, tuple[float, ...], set[int]]] = {}


def feature(*shown, ticks=TICKS, **start):
    """Register a model; its log has to have rows of the kinds in `shown`, or it shows nothing."""

    def keep(make):
        FEATURES[make.__name__.replace("_", " ")] = (make, start, ticks, set(shown))
        return make

    return keep


def made(name):
    """Return the model of a feature, and the periods for which it is observed."""
    make, start, ticks, _ = FEATURES[name]
    build = ModelBuilder(**start)
    make(build)
    return build.build(), ticks


def poisson(build, name, steps, rate=0.5, **more):
    return build.stream(name, steps, rate_h=rate, **more)


def at(build, name, times, steps, **more):
    return build.stream(name, steps, kind=EMPIRICAL_RELEASE, times_h=times, **more)


@feature(engine.RELEASED, engine.DELIVERED)
def releases_at_random(build):
    poisson(build, "a", [delay(HOUR)])
    poisson(build, "b", [delay(HOUR)], rate=2.0, group="other", tonnes=3.0)
    poisson(build, "none", [delay(HOUR)], rate=0.0)


@feature(engine.RELEASED, **MONTHS)
def releases_at_random_by_season(build):
    poisson(build, "a", [delay(HOUR)], season=WINTER)
    poisson(build, "b", [delay(HOUR)], season=(0.0,) * 12)
    poisson(build, "c", [delay(HOUR)], season=EVEN)


@feature(engine.RELEASED)
def releases_at_even_times(build):
    build.stream("a", [delay(HOUR)], kind=SCHEDULED, rate_h=0.25)
    build.stream("b", [delay(HOUR)], kind=SCHEDULED, rate_h=1.5)


@feature(engine.RELEASED, **MONTHS)
def releases_at_even_times_by_season(build):
    build.stream("a", [delay(HOUR)], kind=SCHEDULED, rate_h=0.25, season=WINTER)


@feature(engine.RELEASED)
def releases_at_given_times(build):
    station = build.station("gate")
    for name in "abc":
        at(build, name, (0.0, 3.5, 3.5, 7.0, 190.0, 200.0, 999.0), serve(station, HOUR))


@feature(engine.RELEASED)
def releases_at_given_times_from_and_until(build):
    at(build, "a", (1.0, 5.0, 5.0, 9.0, 12.0), [delay(HOUR)], start_h=5.0, until_h=12.0)


@feature(engine.RELEASED)
def releases_from_and_until(build):
    poisson(build, "a", [delay(HOUR)], rate=3.0, start_h=10.5, until_h=20.25)
    build.stream("b", [delay(HOUR)], kind=SCHEDULED, rate_h=1.0, start_h=100.0, until_h=150.0)
    poisson(build, "over", [delay(HOUR)], start_h=20.0, until_h=10.0)


@feature(engine.RELEASED, engine.STARTED)
def releases_in_batches(build):
    gate = build.station("gate", 2.0)
    poisson(build, "trains", serve(gate, TRIANGLE), rate=0.1, batch=7)
    at(build, "ships", (4.0, 4.0, 90.0), serve(gate, HOUR), batch=12)


@feature(engine.RELEASED, engine.WORKING, engine.JOINED)
def shipments_there_at_the_start(build):
    yard, gate = build.station("yard", 3.0), build.station("gate")
    route = [delay(AN_HOUR_OR_SO), seize(yard), *serve(gate, HOUR), release(yard)]
    first = poisson(build, "a", route, rate=0.1)
    other = build.stream("b", [delay(GAMMA), *serve(gate, AN_HOUR_OR_SO)], kind=NO_RELEASE)
    build.present(first, 0, 3)
    build.present(first, 1, 4)
    build.present(other, 0, 2)
    build.present(other, 1, 2)
    build.present(other, 4)
    build.present(first, 1)


@feature(engine.RELEASED, engine.STARTED)
def streams_of_the_same_route(build):
    gate = build.station("gate")
    route = [*serve(gate, TRIANGLE), branch(0, 0.25), delay(GAMMA)]
    streams = [
        poisson(build, name, route, rate=0.2, priority=number, group=name)
        for number, name in enumerate("abc")
    ]
    poisson(build, "longer", [*route, delay(HOUR)], rate=0.1)
    build.present(streams[2], 4, 2)
    build.present(streams[0], 5)
    build.present(streams[2], 0)


@feature(engine.WORKED)
def delays_of_every_distribution(build):
    laws = [HOUR, AN_HOUR_OR_SO, GAMMA, LOGNORMAL, TRIANGLE, SOMETIMES, Distribution.gamma(2, 2.5)]
    poisson(build, "a", [delay(law) for law in laws])
    poisson(build, "b", [delay(law, name="same") for law in [SOMETIMES, TRIANGLE]])


@feature(engine.WORKED, engine.STARTED)
def delays_of_every_category(build):
    gate = build.station("gate")
    steps = [delay(GAMMA, category) for category in (MOVING, HANDLING, BORDER, MOVING)]
    poisson(build, "a", [*steps, *serve(gate, HOUR, BORDER)], tonnes=60.0)


@feature(engine.WORKED)
def delays_of_no_length(build):
    gate = build.station("gate")
    poisson(build, "a", [delay(ZERO), *serve(gate, ZERO), *serve(gate, SOMETIMES), delay(ZERO)])
    poisson(build, "nothing to do", [])


@feature(engine.STARTED, engine.LEFT)
def one_server(build):
    poisson(build, "a", serve(build.station("gate"), AN_HOUR_OR_SO), rate=0.8)


@feature(engine.STARTED, engine.LEFT)
def several_servers(build):
    poisson(build, "a", serve(build.station("gate", 3.0), LOGNORMAL), rate=0.9)


@feature(engine.STARTED, engine.LEFT)
def servers_without_limit(build):
    poisson(build, "a", serve(build.station("road", math.inf), LOGNORMAL), rate=0.9)


@feature(engine.STARTED, engine.LEFT)
def amounts_of_units_in_strict_order(build):
    yard = build.station("yard", 10.0)
    for name, amount in (("long", 7.0), ("short", 2.5), ("light", 0.1), ("nothing", 0.0)):
        route = [seize(yard, amount), delay(AN_HOUR_OR_SO, station=yard), release(yard, amount)]
        poisson(build, name, route, rate=0.4, tonnes=amount)


@feature(engine.STARTED, engine.LEFT)
def fractions_that_add_up_to_all(build):
    yard = build.station("yard", 1.0)
    route = [seize(yard, 0.1), delay(TRIANGLE), release(yard, 0.1)]
    poisson(build, "a", route, rate=8.0)


@feature(engine.STARTED, engine.LEFT)
def priorities(build):
    gate = build.station("gate", 2.0)
    for name, priority in (("last", 5), ("first", 0), ("middle", 2), ("also first", 0)):
        poisson(build, name, serve(gate, TRIANGLE), rate=0.35, priority=priority, group=priority)


@feature(engine.STARTED, engine.LEFT)
def a_large_one_ahead_blocks_small_ones_behind(build):
    yard = build.station("yard", 4.0)
    at(build, "small", (0.0, 2.0, 3.0), [seize(yard), delay(constant(5.0)), release(yard)])
    at(build, "large", (1.0,), [seize(yard, 4.0), delay(HOUR), release(yard, 4.0)])


@feature(engine.STARTED, engine.LEFT)
def units_given_back_one_by_one(build):
    yard = build.station("yard", 6.0)
    part = [delay(AN_HOUR_OR_SO), release(yard)]
    poisson(build, "a", [seize(yard, 3.0), *part, *part, *part, *serve(yard, HOUR)])


@feature(engine.STARTED, engine.LEFT)
def one_station_held_while_waiting_for_the_next(build):
    first, second, third = (build.station(name, 2.0) for name in ("berth", "crane", "track"))
    for name, rate in (("a", 0.5), ("b", 0.25)):
        route = [
            *[seize(first), delay(HOUR), seize(second), release(first), delay(TRIANGLE)],
            *[seize(third), release(second), delay(HOUR, station=third), release(third)],
        ]
        build.stream(name, route, kind=SCHEDULED, rate_h=rate)


@feature(engine.JOINED)
def two_that_block_each_other(build):
    first, second = build.station("first"), build.station("second")
    at(build, "a", (0.0, 9.0), [seize(first), delay(HOUR), *serve(second, HOUR), release(first)])
    at(build, "b", (0.0, 9.0), [seize(second), delay(HOUR), *serve(first, HOUR), release(second)])


@feature(engine.STARTED, engine.LEFT)
def much_at_the_same_time(build):
    stations = [build.station(name, units) for name, units in (("a", 1.0), ("b", 2.0), ("c", 1.0))]
    for number, name in enumerate("pqr"):
        route = [step for station in stations for step in serve(station, HOUR)]
        times = every(2.0, end=60.0)
        at(build, name, times, route[3 * number :] + route, priority=number % 2, batch=2)


# ---- vessels


def goods(build, name, quay, rate=0.6, amount=1.0, **more):
    return poisson(build, name, [board(quay, amount), delay(HOUR)], rate=rate, **more)


@feature(engine.DEPARTED, engine.ARRIVED)
def a_line_of_departures(build):
    quay = build.quay("port")
    build.vessel("line", [quay], capacity=20.0, crossing=LOGNORMAL, stay=constant(8.0))
    goods(build, "a", quay)


@feature(engine.DEPARTED, engine.ARRIVED, engine.PARTLY_LOADED)
def shipments_divided_between_vessels(build):
    quay = build.quay("port")
    build.vessel("line", [quay], capacity=4.0, crossing=TRIANGLE, stay=constant(5.0))
    goods(build, "a", quay, rate=0.1, amount=10.5, tonnes=10.5)
    goods(build, "b", quay, rate=0.2, amount=0.3, priority=1)


@feature(engine.DEPARTED, engine.ARRIVED)
def shipments_that_are_not_divided(build):
    quay = build.quay("port")
    build.vessel("a", [quay], capacity=4.0, crossing=GAMMA, stay=constant(5.0), divides=False)
    build.vessel("b", [quay], capacity=7.0, crossing=GAMMA, stay=constant(6.0), divides=False)
    goods(build, "a", quay, rate=0.4, amount=3.0)
    goods(build, "b", quay, rate=0.2, amount=4.0, priority=1)
    goods(build, "c", quay, rate=0.2, amount=0.25, priority=1)


@feature(engine.DEPARTED, engine.PARTLY_LOADED)
def vessels_that_divide_beside_others_that_do_not(build):
    quay = build.quay("port")
    for name, divides in (("yes", True), ("no", False)):
        build.vessel(
            *(name, [quay]), capacity=3.0, crossing=HOUR, stay=AN_HOUR_OR_SO, divides=divides
        )
    goods(build, "a", quay, rate=1.0, amount=2.0)


@feature(engine.DEPARTED, engine.ARRIVED)
def a_least_load(build):
    quay = build.quay("port")
    build.vessel("a", [quay], capacity=9.0, crossing=HOUR, stay=HOUR, least_load=6.5)
    goods(build, "a", quay, rate=0.7)


@feature(engine.DEPARTED, engine.ARRIVED)
def a_least_load_for_each_side(build):
    near, far = build.quay("near"), build.quay("far")
    build.vessel(*("a", [near, far]), capacity=9.0, crossing=HOUR, stay=HOUR, least_load=(3.0, 0.0))
    build.vessel(
        *("b", [near, far]), capacity=9.0, crossing=HOUR, stay=HOUR, least_load=(0.0, 7.0), side=1
    )
    goods(build, "a", near)
    goods(build, "b", far)


@feature(engine.DEPARTED, engine.ARRIVED)
def a_least_load_and_a_longest_wait(build):
    quay = build.quay("port")
    build.vessel(
        *("a", [quay]), capacity=9.0, crossing=HOUR, stay=HOUR, least_load=6.0, longest_wait_h=5.0
    )
    goods(build, "a", quay, rate=0.4)
    at(build, "late", (150.0, 151.0, 180.0), [board(quay)])


@feature(engine.DEPARTED, engine.ARRIVED)
def a_longest_wait_of_no_length(build):
    near, far = build.quay("near"), build.quay("far")
    more = {"capacity": 9.0, "crossing": HOUR, "stay": HOUR, "longest_wait_h": 0.0}
    build.vessel("a", [near, far], least_load=6.0, **more)
    build.vessel("b", [near], least_load=6.0, **more)
    goods(build, "a", near, rate=0.1)


@feature(engine.DEPARTED, engine.ARRIVED)
def a_fleet_with_a_longest_wait(build):
    near, far = build.quay("near"), build.quay("far")
    more = {"capacity": 9.0, "least_load": 6.0, "longest_wait_h": 7.5, "crossing": TRIANGLE}
    for name in range(3):
        build.vessel(name, [near, far], stay=HOUR, side=name % 2, ready_h=3.0 * name, **more)
    goods(build, "a", near, rate=0.4)
    goods(build, "b", far, rate=0.1)


@feature(engine.DEPARTED)
def a_vessel_with_enough_passes_one_that_waits_for_more(build):
    quay = build.quay("port")
    for name, least in (("large", 15.0), ("small", 3.0), ("tiny", 1.0)):
        build.vessel(
            *(name, [quay]), capacity=least, crossing=HOUR, stay=constant(2.0), least_load=least
        )
    goods(build, "a", quay, rate=0.8)
    at(build, "many", (30.0, 90.0), [board(quay, 20.0)])


@feature(engine.CANCELLED, engine.DEPARTED)
def cancelled_departures(build):
    near, far = build.quay("near"), build.quay("far")
    more = {"capacity": 5.0, "cancelled": 0.4}
    build.vessel("line", [near], crossing=LOGNORMAL, stay=constant(6.0), **more)
    build.vessel("ship", [near, far], crossing=GAMMA, stay=AN_HOUR_OR_SO, **more)
    goods(build, "a", near)
    goods(build, "b", far)


@feature(engine.CANCELLED, engine.DEPARTED)
def cancelled_departures_of_a_timetable(build):
    near, far = build.quay("near"), build.quay("far")
    often = every(6.0, 4.0)
    more = {"capacity": 5.0, "cancelled": 0.5, "timetables": (often, every(6.0, 7.0))}
    build.vessel("line", [near], crossing=HOUR, stay=ZERO, **more)
    build.vessel("slow line", [near], crossing=HOUR, stay=constant(7.0), **more)
    build.vessel("ship", [near, far], crossing=constant(5.0), stay=HOUR, **more)
    goods(build, "a", near)
    goods(build, "b", far)


@feature(engine.DEPARTED, engine.ARRIVED)
def a_timetable(build):
    quay = build.quay("port")
    times = (30.0, 5.0, 5.0, 12.5, 12.5, 80.0, 199.0, 200.0, 400.0)
    build.vessel(*("line", [quay]), capacity=6.0, crossing=GAMMA, stay=ZERO, timetables=(times, ()))
    goods(build, "a", quay, rate=0.4)


@feature(engine.DEPARTED, engine.ARRIVED)
def timetables_of_both_sides(build):
    near, far = build.quay("near"), build.quay("far")
    tables = (every(12.0), every(9.0, 7.0))
    build.vessel("a", [near, far], capacity=6.0, crossing=LOGNORMAL, stay=HOUR, timetables=tables)
    build.vessel(
        *("b", [near, far]), capacity=6.0, crossing=HOUR, stay=HOUR, timetables=((), tables[1])
    )
    goods(build, "a", near)
    goods(build, "b", far)


@feature(engine.DEPARTED)
def a_timetable_with_a_least_load(build):
    quay = build.quay("port")
    build.vessel(
        *("line", [quay]), capacity=6.0, crossing=HOUR, stay=HOUR, least_load=4.0,
        longest_wait_h=3.0, timetables=(every(5.0), ()),
    )  # fmt: skip
    goods(build, "a", quay, rate=0.5)


@feature(engine.DEPARTED)
def vessels_that_work_from_and_until(build):
    near, far = build.quay("near"), build.quay("far")
    more = {"capacity": 5.0, "crossing": constant(3.0), "stay": HOUR}
    build.vessel("line", [near], start_h=20.0, until_h=60.0, **more)
    build.vessel("ship", [near, far], ready_h=4.0, start_h=2.0, until_h=96.0, **more)
    times = (1.0, 30.0, 40.0, 95.0, 96.0, 97.0)
    build.vessel("by timetable", [near], until_h=96.0, timetables=(times, ()), **more)
    goods(build, "a", near)


@feature(engine.DEPARTED)
def a_vessel_whose_work_ends_while_it_waits_for_goods(build):
    quay = build.quay("port")
    more = {"capacity": 5.0, "crossing": HOUR, "stay": HOUR}
    build.vessel("early", [quay], until_h=10.0, least_load=5.0, **more)
    build.vessel("late", [quay], start_h=50.0, **more)
    at(build, "a", (1.0, 20.0), [board(quay, 3.0)])


@feature(engine.DEPARTED, engine.ARRIVED)
def vessels_that_sail_back(build):
    near, far = build.quay("near"), build.quay("far")
    for name in range(3):
        build.vessel(name, [near, far], capacity=3.0, crossing=LOGNORMAL, stay=TRIANGLE, side=0)
    build.vessel("far", [near, far], capacity=3.0, crossing=LOGNORMAL, stay=TRIANGLE, side=1)
    goods(build, "there", near)
    goods(build, "back", far, rate=0.2)
    poisson(build, "there and back", [board(near), delay(HOUR), board(far)], rate=0.1, group="r")


@feature(engine.DEPARTED, engine.ARRIVED)
def priorities_at_a_quay(build):
    quay = build.quay("port")
    build.vessel("line", [quay], capacity=3.0, crossing=HOUR, stay=constant(4.0))
    goods(build, "late", quay, rate=0.5, priority=3)
    goods(build, "soon", quay, rate=0.4, amount=1.5, priority=1)


@feature(engine.DEPARTED, engine.ARRIVED)
def many_arrive_together(build):
    near, far, gate = build.quay("near"), build.quay("far"), build.station("gate")
    build.vessel("ferry", [near], capacity=6.0, crossing=HOUR, stay=constant(6.0))
    build.vessel("onward", [far], capacity=6.0, crossing=HOUR, stay=HOUR, least_load=2.0)
    steps = [board(near), *serve(gate, TRIANGLE), board(far)]
    poisson(build, "a", steps, rate=0.6, priority=1)
    poisson(build, "b", [board(near), board(far), *serve(gate, HOUR)], rate=0.4)


@feature(engine.DEPARTED, engine.LEFT, engine.PARTLY_LOADED)
def yards_that_loading_frees(build):
    quay, other = build.quay("port"), build.quay("other port")
    yard, annex = build.station("yard", 5.0), build.station("annex", math.inf)
    build.vessel("line", [quay], capacity=2.5, crossing=TRIANGLE, stay=constant(3.0))
    build.vessel("whole", [other], capacity=4.0, crossing=HOUR, stay=GAMMA, divides=False)
    part = [seize(yard, 2.0), delay(HOUR), board(quay, 2.0, frees=yard, freed=2.0)]
    poisson(build, "a", [*part, delay(HOUR)], rate=0.4)
    slow = [seize(annex), board(quay, 1.0, annex, 0.25), release(annex, 0.75)]
    poisson(build, "b", slow, rate=0.3, priority=1)
    poisson(build, "c", [seize(yard), board(other, 0.5, yard, 1.0)], rate=0.5)
    build.dated_closure("strike", [yard, quay], [(20.0, 30.0)])


# ---- branches


@feature(engine.WORKED)
def a_branch_ahead(build):
    gate = build.station("customs")
    poisson(build, "a", [branch(4, 0.7), *serve(gate, AN_HOUR_OR_SO, BORDER), delay(HOUR)])
    poisson(build, "never", [branch(2, 0.0), delay(GAMMA), delay(GAMMA)], rate=0.1)


@feature(engine.WORKED)
def a_branch_back(build):
    gate = build.station("inspection")
    poisson(build, "a", [*serve(gate, TRIANGLE), branch(0, 0.4), delay(GAMMA)], rate=0.3)


@feature(engine.WORKED)
def a_branch_that_is_always_taken(build):
    detour = [delay(GAMMA), delay(LOGNORMAL)]
    poisson(build, "a", [delay(GAMMA), branch(4), *detour, delay(SOMETIMES)])


@feature(engine.WORKED)
def branches_within_branches(build):
    yard = build.station("yard", 2.0)
    route = [
        *[branch(2, 0.5), branch(5, 0.5), seize(yard), delay(TRIANGLE), release(yard)],
        *[delay(AN_HOUR_OR_SO), branch(0, 0.5), branch(9, 0.5), delay(SOMETIMES)],
    ]
    poisson(build, "a", route, rate=0.3)


# ---- closures


def shop(build, hours=GAMMA, rate=0.4, units=1.0):
    station = build.station("gate", units)
    poisson(build, "a", serve(station, hours), rate=rate, tonnes=7.0)
    return station


@feature(engine.SHUT, engine.OPENED)
def a_closure_that_stops_work(build):
    build.dated_closure("strike", [shop(build)], [(10.0, 20.0), (3.0, 5.0), (150.0, 151.0)])


@feature(engine.SHUT, engine.OPENED)
def a_closure_that_lets_work_end(build):
    build.dated_closure("night", [shop(build)], [(10.0, 20.0), (90.0, 99.0)], stops_work=False)


@feature(engine.SHUT)
def closures_at_the_bounds_of_the_run(build):
    intervals = [(-5.0, 4.0), (-9.0, -7.0), (195.0, 250.0), (300.0, 301.0)]
    build.dated_closure("c", [shop(build)], intervals)


@feature(engine.SHUT, engine.OPENED)
def closures_that_follow_at_once(build):
    station = shop(build, rate=0.9)
    build.dated_closure("a", [station], [(10.0, 20.0), (20.0, 30.0), (40.0, 50.0)])
    build.dated_closure("b", [station], [(50.0, 55.0), (30.0, 35.0)])


@feature(engine.SHUT, engine.OPENED)
def closures_of_one_that_overlap(build):
    build.dated_closure("a", [shop(build)], [(10.0, 30.0), (12.0, 14.0), (25.0, 35.0)])


@feature(engine.SHUT, engine.OPENED)
def closures_of_several_that_overlap(build):
    station = shop(build, units=2.0)
    build.dated_closure("a", [station], [(10.0, 20.0), (50.0, 70.0)])
    build.dated_closure("b", [station], [(15.0, 25.0), (40.0, 60.0)])


@feature(engine.SHUT, engine.OPENED)
def a_short_closure_within_a_long_one(build):
    station = shop(build)
    build.dated_closure("long", [station], [(10.0, 40.0)])
    build.dated_closure("short", [station], [(15.0, 16.0)])


@feature(engine.SHUT, engine.OPENED)
def work_stopped_while_another_closure_lets_it_end(build):
    station = shop(build, LOGNORMAL, units=2.0)
    build.dated_closure("lets", [station], [(10.0, 40.0), (60.0, 75.0)], stops_work=False)
    build.dated_closure("stops", [station], [(12.0, 30.0), (70.0, 90.0)])


@feature(engine.SHUT, engine.OPENED)
def work_that_another_closure_lets_end_while_stopped(build):
    station = shop(build, LOGNORMAL, units=2.0)
    build.dated_closure("stops", [station], [(10.0, 40.0), (60.0, 75.0)])
    build.dated_closure("lets", [station], [(12.0, 30.0), (70.0, 90.0)], stops_work=False)


@feature(engine.SHUT, engine.OPENED)
def work_that_begins_while_its_station_is_shut(build):
    berth, crane = build.station("berth", 3.0), build.station("crane")
    lift = [seize(crane), delay(TRIANGLE), release(crane)]
    work = [delay(TRIANGLE, station=berth), delay(HOUR), delay(HOUR, station=berth)]
    poisson(build, "a", [seize(berth), *lift, *work, release(berth)], rate=0.4)
    build.dated_closure("a", [berth], [(10.0, 20.0), (50.0, 53.0)])
    build.breakdowns("b", [berth], constant(31.0), constant(2.5))


@feature(engine.SHUT, engine.OPENED)
def breakdowns_that_stop_work(build):
    station = shop(build)
    build.breakdowns("crane", [station], Distribution.exponential(9.0), AN_HOUR_OR_SO)


@feature(engine.SHUT, engine.OPENED)
def breakdowns_that_let_work_end(build):
    station = shop(build)
    build.breakdowns("crane", [station], GAMMA, SOMETIMES, stops_work=False)


@feature(engine.SHUT, engine.OPENED)
def breakdowns_of_several_stations_at_once(build):
    stations = [build.station(name, units) for name, units in (("a", 1.0), ("b", math.inf))]
    for number, station in enumerate(stations):
        poisson(build, number, serve(station, TRIANGLE), rate=0.3)
    build.breakdowns("power", stations, constant(10.0), constant(2.0))
    build.breakdowns("crane", stations[:1], constant(5.0), TRIANGLE)
    build.breakdowns("brief", stations[1:], constant(7.0), ZERO)


@feature(engine.SHUT, engine.OPENED, ticks=(0.0, 500.0, 2000.0), month_start=(0.0, 744.0, 1416.0))
def weather(build):
    near, far = build.quay("near"), build.quay("far")
    build.vessel("ship", [near, far], capacity=9.0, crossing=GAMMA, stay=HOUR)
    goods(build, "a", near, rate=0.1)
    goods(build, "b", far, rate=0.1)
    build.weather("storm", [near, far], (0.3, 0.5, 0.0, *[0.1] * 9), 2.5)
    build.weather("fog", [near], (0.2,) * 12, 1.0)


@feature(engine.SHUT, engine.OPENED, ticks=(0.0, 1000.0), **MONTHS)
def weather_that_stops_work(build):
    station = shop(build, rate=0.1)
    build.weather("heat", [station], (0.4,) * 12, 3.0, stops_work=True)
    build.dated_closure("strike", [station], [(100.0, 200.0), (500.0, 600.0)], stops_work=False)


@feature(engine.SHUT, engine.DEPARTED)
def a_quay_that_is_shut(build):
    near, far = build.quay("near"), build.quay("far")
    often = every(8.0)
    more = {"crossing": TRIANGLE, "stay": HOUR}
    build.vessel("by timetable", [near], capacity=3.0, timetables=(often, ()), **more)
    build.vessel("ship", [near, far], capacity=5.0, least_load=3.0, longest_wait_h=6.0, **more)
    build.vessel("line", [far], capacity=2.0, cancelled=0.3, until_h=150.0, **more)
    goods(build, "a", near)
    goods(build, "b", far, rate=0.3)
    build.dated_closure("a", [near], [(7.5, 17.0), (40.0, 48.0), (96.0, 97.0)])
    build.breakdowns("b", [near, far], constant(20.0), GAMMA)


@feature(engine.SHUT, engine.WORKED)
def a_closure_without_end(build):
    station = shop(build)
    build.dated_closure("for good", [station], [(100.0, 1e6)], stops_work=False)


# ---- observation


@feature(engine.DELIVERED, ticks=(30.0, 45.0, 80.0))
def observed_after_a_warm_up(build):
    station = shop(build, rate=0.6)
    build.dated_closure("c", [station], [(20.0, 40.0)])
    quay = build.quay("port")
    build.vessel("line", [quay], capacity=4.0, crossing=HOUR, stay=constant(5.0))
    goods(build, "g", quay, group="sea")


@feature(engine.DELIVERED, ticks=(0.0, 1.0, 1.0, 2.0, 2.5, 7.0, 12.0))
def events_at_the_bounds_of_periods(build):
    station = build.station("gate")
    at(build, "a", (0.0, 1.0, 1.0, 2.0, 7.0, 11.0, 12.0), serve(station, HOUR))


@feature(engine.RELEASED, ticks=(15.0,))
def observed_for_no_time(build):
    shop(build)


# ---- recorded: nothing here is drawn with a logarithm, which could differ between machines


@feature(engine.STARTED, engine.SHUT, ticks=(0.0, 24.0, 48.0, 72.0))
def recorded_terminal(build):
    gate, yard = build.station("gate", 2.0), build.station("yard", 6.0)
    crane = build.station("crane")
    work = [*serve(gate, TRIANGLE), seize(yard, 2.0), *serve(crane, SOMETIMES), delay(HOUR)]
    route = [*work, branch(4, 0.25), release(yard, 2.0)]
    build.stream("trucks", route, kind=SCHEDULED, rate_h=0.3, priority=1)
    at(build, "train", (6.0, 30.0), route, batch=4)
    build.breakdowns("crane", [crane], Distribution.triangular(4.0, 9.0, 20.0), TRIANGLE)
    build.dated_closure("night", [gate], [(20.0, 29.0), (44.0, 53.0)], stops_work=False)


@feature(engine.PARTLY_LOADED, engine.CANCELLED, engine.SHUT, ticks=(0.0, 100.0, 200.0))
def recorded_ferries(build):
    near, far = build.quay("near"), build.quay("far")
    sea = Distribution.triangular(10.0, 12.0, 20.0)
    more = {"capacity": 8.0, "crossing": sea, "stay": TRIANGLE}
    build.vessel("waits", [near, far], least_load=6.0, longest_wait_h=15.0, **more)
    build.vessel("whole", [near, far], side=1, divides=False, **more)
    table = every(24.0, 5.0)
    build.vessel("line", [near], cancelled=0.3, timetables=(table, ()), **more)
    build.stream("east", [board(near, 3.5), delay(TRIANGLE)], kind=SCHEDULED, rate_h=0.2)
    build.stream("west", [board(far, 1.25)], kind=SCHEDULED, rate_h=0.1, priority=1)
    first = build.stream("first", [delay(HOUR), board(far)], kind=NO_RELEASE)
    build.present(first, 1, 5)
    build.weather("storm", [near, far], (0.3,) * 12, 1.5)


# ---- everything


@feature(*set(range(13)) - {engine.PARTLY_LOADED}, ticks=(24.0, 240.0, 480.0), **MONTHS)
def a_corridor(build):
    border = build.station("border", 2.0)
    port = build.station("port room", 40.0)
    crane = build.station("crane", 3.0)
    near, far = build.quay("near"), build.quay("far")
    road, rail = build.quay("road"), build.quay("rail")
    for name in range(2):
        build.vessel(
            *(("ferry", name), [near, far]), capacity=25.0, crossing=Distribution.gamma(12, 0.3),
            stay=TRIANGLE, least_load=10.0, longest_wait_h=30.0, divides=False, side=name,
        )  # fmt: skip
    build.vessel("truck", [road], capacity=1.0, crossing=LOGNORMAL, stay=constant(0.5))
    build.vessel(
        *("train", [rail]), capacity=20.0, crossing=Distribution.lognormal(20.0, 0.2), stay=ZERO,
        cancelled=0.1, timetables=(every(24.0, 6.0, 480.0), ()),
    )  # fmt: skip
    for number, (label, priority) in enumerate((("east", 1), ("west", 0), ("local", 1))):
        there, back = (near, far) if number % 2 == 0 else (far, near)
        route = [
            board(road if number else rail),
            *[*serve(border, GAMMA, BORDER), branch(1, 0.1)],
            *[seize(port), *serve(crane, TRIANGLE), board(there), release(port)],
            *[*serve(crane, TRIANGLE), branch(16, 0.5), board(back), delay(AN_HOUR_OR_SO, MOVING)],
        ]
        poisson(
            *(build, label, route, 0.12), priority=priority, group=label, tonnes=20.0 + number,
            season=WINTER if number == 0 else EVEN, batch=1 + number,
        )  # fmt: skip
    build.present(0, 5, 6)
    build.weather("storm", [near, far], (0.2,) * 12, 2.0)
    build.breakdowns("crane", [crane], Distribution.exponential(60.0), GAMMA)
    build.dated_closure("strike", [border], [(100.0, 124.0), (300.0, 310.0)])


# ------------------------------------------------------------------ the two engines agree


def replicated(model, ticks, replication=0, seed=SEED, **options):
    return replicate(model, np.array(ticks), seed, replication, **options)


def same_log(result, expected):
    same_rows(rows_of(result.log_time, result.log), expected)


def same_rows(found, expected):
    if told := difference(found, expected):
        pytest.fail(told, pytrace=False)


@functools.cache
def told_of(name, replication):
    """Return what the second engine tells of a feature; it takes far longer than the first."""
    model, ticks = made(name)
    return refer(model, ticks, SEED, replication)


@pytest.mark.parametrize("replication", [0, 1, 2])
@pytest.mark.parametrize("name", FEATURES)
def test_the_log_is_that_of_the_reference_bit_for_bit(name, replication):
    model, ticks = made(name)
    told = told_of(name, replication)
    result = replicated(model, ticks, replication, logged=True)
    same_log(result, told.rows)
    if replication == 0:
        assert FEATURES[name][3] <= {row[1] for row in told.rows}


@pytest.mark.parametrize("name", FEATURES)
def test_statistics_are_those_of_the_reference(name):
    model, ticks = made(name)
    told = told_of(name, 0)
    result = replicated(model, ticks, 0)
    assert disagreements(result, told) == []


@pytest.mark.parametrize("slots", [1, 64])
@pytest.mark.parametrize("name", FEATURES)
def test_memory_that_grows_changes_nothing(name, slots):
    model, ticks = made(name)
    plenty = replicated(model, ticks, 0, logged=True, slots=20_000)
    grown = replicated(model, ticks, 0, logged=True, slots=slots)
    same_everywhere(plenty, grown)


def same_everywhere(one, other, but=("left", "counter")):
    for field in dataclasses.fields(one):
        if field.name not in but:
            ours, theirs = getattr(one, field.name), getattr(other, field.name)
            assert np.array_equal(ours, theirs, equal_nan=True), field.name


def test_memory_grows_for_many_shipments_at_once():
    build = ModelBuilder()
    station = build.station("gate", 3.0)
    at(build, "a", (1.0, 2.0, 2.0), serve(station, GAMMA), batch=500)
    model = build.build()
    plenty = replicated(model, TICKS, 0, logged=True)
    assert plenty.in_queue[0] > 1000
    same_log(plenty, refer(model, TICKS, SEED, 0).rows)
    same_everywhere(plenty, replicated(model, TICKS, 0, logged=True, slots=64))


def test_memory_grows_after_events_that_have_become_idle():
    """Vessels that leave early leave the ends of their waits behind, long before many shipments."""
    build = ModelBuilder()
    quay, station = build.quay("port"), build.station("gate")
    more = {"crossing": constant(0.1), "stay": constant(0.1)}
    build.vessel("a", [quay], capacity=1.0, least_load=1.0, longest_wait_h=99.0, **more)
    at(build, "early", every(0.1, end=90.0), [board(quay)])
    at(build, "late", (199.0,), serve(station, HOUR), batch=300)
    model = build.build()
    plenty = replicated(model, TICKS, 0, logged=True)
    same_everywhere(plenty, replicated(model, TICKS, 0, logged=True, slots=64))


@pytest.mark.parametrize("name", ["a corridor", "weather", "much at the same time"])
def test_a_run_that_keeps_no_log_is_the_same_run(name):
    model, ticks = made(name)
    logged = replicated(model, ticks, 3, logged=True)
    same_everywhere(replicated(model, ticks, 3), logged, ("log", "log_time", "counter"))
    assert logged.events == replicated(model, ticks, 3).events


def test_a_log_longer_than_expected_is_whole():
    build = ModelBuilder()
    build.breakdowns("wear", [build.station("gate")], constant(0.0625), constant(0.0625))
    result = replicated(build.build(), TICKS)
    assert len(result.log) == 0
    result = replicated(build.build(), TICKS, logged=True)
    assert result.log_time.tolist() == list(every(0.0625, 0.0625))


def test_an_empty_model_does_nothing():
    result = replicated(ModelBuilder().build(), TICKS, logged=True)
    assert result.events == len(result.log) == 0


def test_a_run_leaves_the_model_as_it_is():
    model, ticks = made("a corridor")
    again, _ = made("a corridor")
    replicated(model, ticks)
    for field in dataclasses.fields(model):
        ours, theirs = getattr(model, field.name), getattr(again, field.name)
        assert np.array_equal(ours, theirs) if isinstance(ours, np.ndarray) else ours == theirs


def test_replications_side_by_side_are_those_one_by_one():
    model, ticks = made("a corridor")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: replicated(model, ticks, number), range(12)))
    for number, one in enumerate(found):
        same_everywhere(one, replicated(model, ticks, number))


def test_two_parts_of_one_name_never_share_random_numbers():
    build = ModelBuilder()
    for _ in range(2):
        poisson(build, "a", [delay(AN_HOUR_OR_SO)])
    result = replicated(build.build(), TICKS, logged=True)
    first, second = (set(result.log_time[result.log[:, 1] == stream]) for stream in (0, 1))
    assert first
    assert second
    assert not first & second


def test_replications_and_seeds_differ():
    model, ticks = made("a corridor")
    first, again, second, other = (
        replicated(model, ticks, replication, seed, logged=True).log_time
        for seed, replication in ((1, 0), (1, 0), (1, 1), (2, 0))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_shipments_there_at_the_start_are_numbered_within_their_stream():
    """So that others which are there too do not change what is drawn for them."""
    alone, beside = ModelBuilder(), ModelBuilder()
    beside.present(beside.stream("other", [delay(GAMMA)], kind=NO_RELEASE), 0, 3)
    times = []
    for build in (alone, beside):
        stream = build.stream("a", [delay(GAMMA)], kind=NO_RELEASE)
        build.present(stream, 0, 4)
        result = replicated(build.build(), TICKS, 0, logged=True)
        own = (result.log[:, 0] == engine.DELIVERED) & (result.log[:, 1] == stream)
        times.append(result.log_time[own].tolist())
    assert times[0] == times[1]


# ------------------------------------------------------------------ worked out by hand


def work_that_is_stopped(build, stops_work=True):
    gate = build.station("gate")
    at(build, "a", (0.0, 1.0), serve(gate, constant(4.0)))
    build.dated_closure("strike", [gate], [(2.0, 5.0)], stops_work=stops_work)


def work_that_may_end(build):
    work_that_is_stopped(build, stops_work=False)


def a_stop_within_a_closure_that_lets_work_end(build):
    gate = build.station("gate")
    at(build, "a", (0.0,), serve(gate, constant(10.0)))
    build.dated_closure("night", [gate], [(5.0, 20.0)], stops_work=False)
    build.dated_closure("strike", [gate], [(6.0, 8.0)])


def a_stop_that_begins_in_a_closure_that_lets_work_end(build):
    gate = build.station("gate")
    at(build, "a", (0.0,), serve(gate, constant(10.0)))
    build.dated_closure("night", [gate], [(1.0, 7.0)], stops_work=False)
    build.dated_closure("strike", [gate], [(6.0, 9.0)])


def two_stops_that_overlap(build):
    gate = build.station("gate")
    at(build, "a", (0.0, 1.0), serve(gate, constant(4.0)))
    build.dated_closure("strike", [gate], [(2.0, 5.0), (40.0, 50.0)])
    build.dated_closure("storm", [gate], [(3.0, 9.0), (45.0, 46.0)])


def work_to_begin_in_a_closure_that_stops_it(build):
    berth = build.station("berth")
    work = [delay(constant(3.0)), delay(HOUR, station=berth)]
    at(build, "a", (0.0,), [seize(berth), *work, release(berth)])
    build.dated_closure("strike", [berth], [(2.0, 6.0)])


def a_large_one_that_blocks_the_way(build):
    a_large_one_ahead_blocks_small_ones_behind(build)


def a_yard_that_loading_frees(build):
    """One room for two shipments: the second comes in when the first is aboard."""
    quay, yard = build.quay("port"), build.station("yard")
    build.vessel("line", [quay], capacity=9.0, crossing=HOUR, stay=constant(5.0), ready_h=3.0)
    at(build, "a", (0.0, 1.0), [seize(yard), board(quay, 1.0, frees=yard, freed=1.0)])


def a_yard_that_a_part_does_not_free(build):
    quay, yard = build.quay("port"), build.station("yard")
    build.vessel("line", [quay], capacity=2.0, crossing=HOUR, stay=constant(5.0))
    at(build, "a", (0.0,), [seize(yard), board(quay, 3.0, frees=yard, freed=1.0)])
    at(build, "b", (1.0,), serve(yard, ZERO))


def an_urgent_one_that_passes(build):
    gate = build.station("gate")
    at(build, "slow", (0.0, 1.0, 2.0), serve(gate, constant(4.0)), priority=2)
    at(build, "urgent", (3.0,), serve(gate, HOUR))


def a_shipment_in_three_parts(build):
    quay = build.quay("port")
    build.vessel("line", [quay], capacity=4.0, crossing=HOUR, stay=constant(5.0))
    at(build, "a", (0.0, 8.0), [board(quay, 10.0)])


def a_vessel_that_has_waited_enough(build):
    quay = build.quay("port")
    build.vessel(
        *("line", [quay]),
        capacity=9.0,
        crossing=HOUR,
        stay=HOUR,
        least_load=3.0,
        longest_wait_h=5.0,
    )
    at(build, "a", (1.0, 2.0, 20.0), [board(quay)])


def a_ship_that_has_just_left(build):
    near, far = build.quay("near"), build.quay("far")
    build.vessel("ship", [near, far], capacity=9.0, crossing=constant(3.0), stay=HOUR)
    at(build, "a", (0.5, 0.75), [board(near)])
    at(build, "b", (4.0, 4.25), [board(far)])


def a_vessel_whose_work_is_over(build):
    a_vessel_whose_work_ends_while_it_waits_for_goods(build)


def a_timetable_at_a_quay_that_is_shut(build):
    quay = build.quay("port")
    more = {"capacity": 9.0, "crossing": HOUR, "stay": ZERO}
    build.vessel("line", [quay], timetables=((2.0, 10.0, 11.0, 30.0), ()), **more)
    at(build, "a", (3.0, 14.0), [board(quay)])
    build.dated_closure("storm", [quay], [(9.0, 13.0)])


def a_batch_at_a_gate(build):
    gate = build.station("gate", 2.0)
    at(build, "train", (10.0,), [*serve(gate, constant(2.0)), delay(constant(0.5))], batch=5)


def a_large_room_that_is_empty_again(build):
    """What was put into it and taken out again does not add up to zero exactly."""
    yard = build.station("yard", 6e5)
    for name, amount, time, batch in (
        ("most", 5e5, 0, 1),
        ("lots", 0.7, 1, 300),
        ("all", 6e5, 9, 1),
    ):
        route = [seize(yard, amount), delay(constant(2.0)), release(yard, amount)]
        at(build, name, (time,), route, batch=batch)


@pytest.mark.parametrize(
    ("make", "delivered"),
    [
        (a_large_room_that_is_empty_again, [2, *[3] * 300, 11]),
        (work_that_is_stopped, [7, 11]),
        (work_that_may_end, [4, 9]),
        (a_stop_within_a_closure_that_lets_work_end, [12]),
        (a_stop_that_begins_in_a_closure_that_lets_work_end, [13]),
        (two_stops_that_overlap, [11, 15]),
        (work_to_begin_in_a_closure_that_stops_it, [7]),
        (a_large_one_that_blocks_the_way, [5, 6, 11, 11]),
        (a_yard_that_loading_frees, [4, 9]),
        (a_yard_that_a_part_does_not_free, [5, 6]),
        (an_urgent_one_that_passes, [4, 5, 9, 13]),
        (a_shipment_in_three_parts, [11, 21]),
        (a_vessel_that_has_waited_enough, [6, 6, 21]),
        (a_ship_that_has_just_left, [7, 11, 11, 15]),
        (a_vessel_whose_work_is_over, [51, 52]),
        (a_timetable_at_a_quay_that_is_shut, [14, 31]),
        (a_batch_at_a_gate, [12.5, 12.5, 14.5, 14.5, 16.5]),
    ],
)
def test_shipments_arrive_when_a_clerk_would_say(make, delivered):
    build = ModelBuilder()
    make(build)
    result = replicated(build.build(), TICKS, 0, logged=True)
    assert result.log_time[result.log[:, 0] == engine.DELIVERED].tolist() == delivered


def test_waits_queues_and_use_by_hand():
    """One server, three customers at 0, 1 and 5 h, 4 h of work each; periods of 3, 3 and 14 h."""
    build = ModelBuilder()
    gate = build.station("gate")
    at(build, "a", (0.0, 1.0, 5.0), serve(gate, constant(4.0)), tonnes=2.0)
    result = replicated(build.build(), (0.0, 3.0, 6.0, 20.0), 0, batches=2)
    assert result.area[gate, :, 0].tolist() == [2.0, 2.0, 2.0]
    assert result.area[gate, :, 1].tolist() == [3.0, 3.0, 6.0]
    assert result.amount[gate, engine.WAIT_H] == 6.0
    assert result.amount[gate, engine.WAIT_T_H] == 12.0
    assert result.count[gate, engine.WAITS] == 3
    assert result.transit_count.tolist() == [[2, 1]]
    assert result.transit_sum[0].tolist() == [[11.0, 65.0], [7.0, 49.0]]
    assert result.spent.tolist() == [[0.0, 12.0, 0.0]]


def test_the_offered_load_counts_what_is_held_and_how_often():
    """A yard is held until its goods are aboard; a gate is visited by one in ten."""
    build = ModelBuilder()
    quay, yard, gate = build.quay("port"), build.station("yard", 10.0), build.station("gate")
    build.vessel("line", [quay], capacity=9.0, crossing=DAY, stay=HOUR)
    poisson(build, "a", [seize(yard), delay(HOUR), board(quay, 1.0, yard, 1.0), delay(DAY)], 0.1)
    poisson(build, "b", [branch(4, 0.9), *serve(gate, constant(8.0)), delay(DAY)], 0.1)
    load = build.build().offered_load(0.0, 100.0)
    assert load == pytest.approx([NAN, 0.01, 0.08], nan_ok=True)


def test_a_delay_is_told_of_the_closure_that_caused_it():
    """A short closure within a long one delays nobody; work that it stops, it delays."""
    build = ModelBuilder()
    gate, yard = build.station("gate"), build.station("yard")
    at(build, "waits", (12.0,), serve(gate, HOUR), tonnes=3.0)
    at(build, "works", (8.0,), serve(yard, constant(10.0)))
    build.dated_closure("long", [gate, yard], [(10.0, 40.0)], stops_work=False)
    build.dated_closure("short", [gate, yard], [(15.0, 16.0)])
    result = replicated(build.build(), TICKS, 0)
    assert result.delayed.tolist() == [[1.0, 28.0, 84.0], [1.0, 1.0, 1.0]]


def test_even_releases_begin_within_the_first_interval():
    build = ModelBuilder()
    build.stream("a", [], kind=SCHEDULED, rate_h=0.25, start_h=10.0, until_h=100.0)
    time = replicated(build.build(), TICKS, 0, logged=True).log_time[::2]
    assert 10.0 <= time[0] <= 14.0
    assert np.diff(time) == pytest.approx(4.0)
    assert 96.0 <= time[-1] < 100.0


def test_storms_take_whole_days_and_their_share_of_the_month():
    build = ModelBuilder(month_start=(0.0, 24_000.0), first_month=3)
    quay = build.quay("port")
    build.weather("storm", [quay], (0.0, 0.0, 0.0, 0.4, 0.1, *[0.0] * 7), 3.0)
    model = build.build()
    days = []
    for replication in range(20):
        result = replicated(model, (0.0, 48_000.0), replication, logged=True)
        assert (result.log_time % 24.0 == 0.0).all()
        begin, end = (result.log_time[result.log[:, 0] == w] for w in (engine.SHUT, engine.OPENED))
        spells = zip(begin, np.append(end, 48_000.0), strict=False)
        hours = [0.0, 0.0]
        for since, until in spells:
            hours[0] += max(min(until, 24_000.0) - since, 0.0)
            hours[1] += max(until - max(since, 24_000.0), 0.0)
        days.append([one / 24_000.0 for one in hours])
    assert np.mean(days, axis=0) == pytest.approx([0.4, 0.1], abs=0.015)


# ------------------------------------------------------------------ recorded event files

FILES = [name for name in FEATURES if name.startswith("recorded")]
COLUMNS = ["time_h", "what", "stream", "number", "position", "station"]


def file_of(name):
    return RECORDED / f"{name.removeprefix('recorded ')}.csv"


def by_position(model, rows):
    """Return rows with the position in the route for the number of the step."""
    first = model.stream_integer[:, 0].tolist()
    return [
        [time, what, stream, number, step - first[stream] if stream >= 0 else step, station]
        for time, what, stream, number, step, station in rows
    ]


def record():
    """Write the event files with the reference engine."""
    RECORDED.mkdir(exist_ok=True)
    for name in FILES:
        model, ticks = made(name)
        with file_of(name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for time, what, *numbers in by_position(model, refer(model, ticks, SEED, 0).rows):
                writer.writerow([repr(time), WHAT[what], *numbers])


if os.environ.get("SOGDIA_RECORD"):
    record()


def read_recorded(name) -> list[Row]:
    with file_of(name).open(newline="", encoding="utf-8") as file:
        return [
            [float(row["time_h"]), WHAT.index(row["what"]), *(int(row[c]) for c in COLUMNS[2:])]
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("name", FILES)
def test_recorded_events_happen_again(name):
    model, ticks = made(name)
    result = replicated(model, ticks, logged=True)
    found = by_position(model, rows_of(result.log_time, result.log))
    same_rows(found, read_recorded(name))


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda rows: rows[7].__setitem__(0, math.nextafter(rows[7][0], 999.0)), "row 7 differs"),
        (lambda rows: rows[9].__setitem__(5, 5), "row 9 differs"),
        (lambda rows: rows.pop(), "expected: nothing"),
        (lambda rows: rows.append(rows[-1]), "found: nothing"),
    ],
)
def test_the_first_difference_from_a_recording_is_told(tamper, told):
    expected = read_recorded(FILES[0])
    found = [list(row) for row in expected]
    same_rows(found, expected)
    tamper(expected)
    with pytest.raises(pytest.fail.Exception, match=told):
        same_rows(found, expected)


# ------------------------------------------------------------------ the check of conservation


@pytest.mark.parametrize(
    ("column", "change", "told"),
    [
        ("count", (1, engine.JOINS, 1), "crane: .* joined the queue"),
        ("count", (0, engine.STARTS, -1), "gate: .* joined the queue"),
        ("in_queue", (1, (), 1), "crane: .* are there"),
        ("balance", (0, 0, 1), "trains: .* released"),
        ("balance", (1, 1, -1), "trucks: .* delivered"),
        ("balance", (1, 2, 5), "trucks: .* still there"),
        ("amount", (1, engine.BUSY, -9), "crane: .* units are in use"),
        ("amount", (0, engine.BUSY, 3), "gate: .* units are in use"),
        ("amount", (0, engine.BUSY, math.nan), "gate: .* units are in use"),
    ],
)
def test_what_is_lost_or_made_is_named(column, change, told):
    build = ModelBuilder()
    stations = [build.station("gate", 2.0), build.station("crane")]
    for name in ("trains", "trucks"):
        route = [step for station in stations for step in serve(station, TRIANGLE)]
        poisson(build, name, route, group=name)
    model = build.build()
    result = replicated(model, TICKS, 0)
    result.check(model)
    row, place, by = change
    array = getattr(result, column).copy()
    array[(row, place) if place != () else row] += by
    with pytest.raises(CheckError, match=told):
        dataclasses.replace(result, **{column: array}).check(model)


def test_units_given_back_that_were_never_taken_are_found():
    build = ModelBuilder()
    poisson(build, "a", [release(build.station("gate"))])
    with pytest.raises((CheckError, DataError), match="gate"):
        replicated(build.build(), TICKS, 0)


# ------------------------------------------------------------------ bad models


def a_stream(steps=(), **more):
    return lambda build: build.stream("goods", steps, **{"rate_h": 1.0, **more})


def a_route(*make):
    """Return what adds a stream over a gate of one server."""
    return lambda build: build.stream("goods", [one(build.station("gate")) for one in make])


def a_vessel(*amounts, sides=("port",), **more):
    """Return what adds a vessel, and shipments of some amounts for it."""

    def add(build):
        options = {"capacity": 5.0, "crossing": HOUR, "stay": HOUR, **more}
        build.vessel("ferry", [build.quay(side) for side in sides], **options)
        for amount in amounts:
            build.stream("goods", [board(build.quay("port"), amount)], rate_h=1.0)

    return add


def a_freeing(build, freed):
    yard = build.station("yard")
    steps = [seize(yard), board(build.quay("port"), 1.0, yard, freed)]
    build.stream("goods", steps, rate_h=1.0)


def a_closure(*intervals):
    return lambda build: build.dated_closure("strike", [build.station("gate")], intervals)


def weather_of(share, spell_days=2.0):
    return lambda build: build.weather("storm", [build.quay("port")], share, spell_days)


def there_at_the_start(position, shipments=1):
    def add(build):
        stream = build.stream("goods", [delay(HOUR)], kind=NO_RELEASE)
        build.present(stream, position, shipments)

    return add


BAD = {
    "no servers": (lambda build: build.station("gate", 0.0), "gate"),
    "less than no servers": (lambda build: build.station("gate", -1.0), "gate"),
    "servers that are no number": (lambda build: build.station("gate", NAN), "gate"),
    "more units than there are": (a_route(lambda gate: seize(gate, 2.0)), "goods.*gate"),
    "a negative amount": (a_route(lambda gate: seize(gate, -1.0)), "goods"),
    "an amount that is no number": (a_route(lambda gate: seize(gate, NAN)), "goods"),
    "a negative amount given back": (a_route(seize, lambda gate: release(gate, -1.0)), "goods"),
    "no number given back": (a_route(seize, lambda gate: release(gate, NAN)), "goods"),
    "a seizure of nothing": (a_stream([Step(SEIZE)]), "goods"),
    "a release of nothing": (a_stream([Step(RELEASE)]), "goods"),
    "a boarding of nothing": (a_stream([Step(BOARD)]), "goods"),
    "a station that is not known": (a_stream([seize(7)]), "goods"),
    "a release of a station that is not known": (a_stream([release(7)]), "goods"),
    "a delay at a station that is not known": (a_stream([delay(HOUR, station=7)]), "goods"),
    "a category that is not known": (a_stream([delay(HOUR, 7)]), "goods"),
    "a kind of step that is not known": (a_stream([Step(9)]), "goods"),
    "a kind of release that is not known": (a_stream(kind=17), "goods"),
    "a seizure at a quay": (
        lambda build: build.stream("goods", [seize(build.quay("port"), 0.0)]),
        "goods",
    ),
    "a boarding that frees what is not known": (
        lambda build: (
            a_vessel()(build),
            a_stream([board(build.quay("port"), 1.0, 7, 1.0)])(build),
        ),
        "goods",
    ),
    "a boarding that frees less than nothing": (
        lambda build: (a_vessel()(build), a_freeing(build, -1.0)),
        "goods",
    ),
    "a boarding that frees no number": (
        lambda build: (a_vessel()(build), a_freeing(build, NAN)),
        "goods",
    ),
    "a vessel at a quay that is not known": (
        lambda build: build.vessel("ferry", [7], capacity=1.0, crossing=HOUR, stay=HOUR),
        "ferry",
    ),
    "a way round through nothing but branches": (
        a_stream([branch(2), delay(HOUR), branch(0)]),
        "goods",
    ),
    "a way round with work of no length": (a_stream([delay(ZERO), branch(0)]), "goods"),
    "a quay with servers": (
        lambda build: (
            build.vessel("ferry", [build.station("gate")], capacity=2.0, crossing=HOUR, stay=HOUR),
            build.stream("goods", [board(build.station("gate"))], rate_h=1.0),
        ),
        "gate",
    ),
    "a negative rate": (a_stream(rate_h=-1.0), "goods"),
    "a rate that is no number": (a_stream(rate_h=NAN), "goods"),
    "a rate without end": (a_stream(rate_h=math.inf), "goods"),
    "an even rate that is no number": (a_stream(rate_h=NAN, kind=SCHEDULED), "goods"),
    "no shipment per release": (a_stream(batch=0), "goods"),
    "less than no shipment per release": (a_stream(batch=-3), "goods"),
    "a start at no time": (a_stream(start_h=NAN), "goods"),
    "a start before the start": (a_stream(start_h=-5.0), "goods"),
    "an end at no time": (a_stream(until_h=NAN), "goods"),
    "negative tonnes": (a_stream(tonnes=-1.0), "goods"),
    "tonnes that are no number": (a_stream(tonnes=NAN), "goods"),
    "a negative priority": (a_stream(priority=-1), "goods"),
    "a year of two months": (a_stream(season=(1.0, 2.0)), "goods"),
    "a negative season": (a_stream(season=(-1.0,) * 12), "goods"),
    "a season that is no number": (a_stream(season=(NAN,) * 12), "goods"),
    "a release before the start": (a_stream(kind=EMPIRICAL_RELEASE, times_h=(-1.0,)), "goods"),
    "a release at no time": (a_stream(kind=EMPIRICAL_RELEASE, times_h=(1.0, NAN)), "goods"),
    "a branch to nowhere": (a_stream([branch(99, 0.5)]), "goods"),
    "a branch to before the route": (a_stream([branch(-1, 0.5)]), "goods"),
    "a negative probability": (a_stream([delay(HOUR), branch(0, -0.5)]), "goods"),
    "a probability above 1": (a_stream([delay(HOUR), branch(0, 1.5)]), "goods"),
    "a probability that is no number": (a_stream([delay(HOUR), branch(0, NAN)]), "goods"),
    "a branch back for ever in no time": (a_stream([branch(0)]), "goods"),
    "no capacity": (a_vessel(capacity=0.0), "ferry"),
    "less than no capacity": (a_vessel(capacity=-1.0), "ferry"),
    "a capacity that is no number": (a_vessel(capacity=NAN), "ferry"),
    "a least load above capacity": (a_vessel(least_load=6.0), "ferry"),
    "a least load above capacity on one side": (a_vessel(least_load=(0.0, 6.0)), "ferry"),
    "a negative least load": (a_vessel(least_load=-1.0), "ferry"),
    "a least load that is no number": (a_vessel(least_load=NAN), "ferry"),
    "a least load that is no number on one side": (a_vessel(least_load=(0.0, NAN)), "ferry"),
    "a negative longest wait": (a_vessel(least_load=1.0, longest_wait_h=-1.0), "ferry"),
    "a longest wait that is no number": (a_vessel(least_load=1.0, longest_wait_h=NAN), "ferry"),
    "a vessel ready before the start": (a_vessel(ready_h=-9.0, start_h=-9.0), "ferry"),
    "a vessel ready at no time": (a_vessel(ready_h=NAN), "ferry"),
    "a vessel that starts at no time": (a_vessel(start_h=NAN), "ferry"),
    "a vessel that ends at no time": (a_vessel(until_h=NAN), "ferry"),
    "all departures cancelled": (a_vessel(cancelled=1.0), "ferry"),
    "less than no departure cancelled": (a_vessel(cancelled=-0.1), "ferry"),
    "cancellations that are no number": (a_vessel(cancelled=NAN), "ferry"),
    "a vessel with no side": (a_vessel(sides=()), "ferry"),
    "a vessel with three sides": (a_vessel(sides=("port", "far", "farther")), "ferry"),
    "a vessel at a side that it has not": (a_vessel(side=1), "ferry"),
    "a vessel at a third side": (a_vessel(sides=("port", "far"), side=2), "ferry"),
    "departures with no time between": (a_vessel(stay=ZERO), "ferry"),
    "departures with no time between, and a timetable of the other side": (
        a_vessel(stay=ZERO, timetables=((), (5.0,))),
        "ferry",
    ),
    "there and back in no time": (
        a_vessel(sides=("port", "far"), stay=ZERO, crossing=ZERO),
        "ferry",
    ),
    "a timetable with no time": (a_vessel(timetables=((5.0, NAN), ())), "timetable"),
    "a timetable without end": (a_vessel(timetables=((5.0, math.inf), ())), "timetable"),
    "a shipment larger than a vessel": (a_vessel(6.0, divides=False), "port, which carries 5"),
    "a negative shipment": (a_vessel(-6.0), "goods"),
    "a shipment that is no number": (a_vessel(NAN), "goods"),
    "a shipment without end": (a_vessel(math.inf), "goods"),
    "a quay without vessels": (
        lambda build: build.stream("goods", [board(build.quay("port"))]),
        "no vessel ever leaves from port",
    ),
    "a closure that begins at no time": (a_closure((NAN, 5.0)), "strike"),
    "a closure that ends at no time": (a_closure((1.0, NAN)), "strike"),
    "a closure of what is not known": (
        lambda build: build.dated_closure("strike", [7], [(1.0, 2.0)]),
        "strike",
    ),
    "breakdowns with no time between": (
        lambda build: build.breakdowns("wear", [build.station("gate")], ZERO, HOUR),
        "wear",
    ),
    "storms all the time": (weather_of((1.0,) * 12), "storm, month 1"),
    "more storms than days": (weather_of((*EVEN[:-1], 1.5)), "storm, month 12"),
    "less than no storm": (weather_of((-0.1,) * 12), "storm, month 1"),
    "storms that are no number": (weather_of((NAN,) * 12), "storm, month 1"),
    "weather of three months": (weather_of((0.1,) * 3), "storm"),
    "storms of no length": (weather_of((0.1,) * 12, 0.0), "storm"),
    "storms of half a day": (weather_of((0.1,) * 12, 0.5), "storm"),
    "storms of a length that is no number": (weather_of((0.1,) * 12, NAN), "storm"),
    "storms without end": (weather_of((0.1,) * 12, math.inf), "storm"),
    "storms too short for their share": (weather_of((0.9,) * 12, 2.0), "storm, month 1"),
    "a shipment past the end of its route": (there_at_the_start(2), "goods"),
    "a shipment before its route": (there_at_the_start(-1), "goods"),
    "a shipment past the end of a route that two streams share": (
        lambda build: (
            build.present(build.stream("first", [delay(HOUR)]), 0),
            there_at_the_start(2)(build),
            build.stream("longer", [delay(HOUR), delay(HOUR), delay(HOUR)]),
        ),
        "goods",
    ),
    "less than no shipment at the start": (there_at_the_start(0, -2), "goods"),
    "a shipment of a stream that is not known": (lambda build: build.present(9, 0), "no stream 9"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_model_is_refused(name):
    make, told = BAD[name]
    build = ModelBuilder()
    with pytest.raises(DataError, match=told):
        make(build)
        build.build()


@pytest.mark.parametrize("months", [(), (0.0, 50.0, 20.0), (0.0, NAN), (10.0, 20.0)])
def test_months_that_are_none_are_refused(months):
    build = ModelBuilder(month_start=months)
    a_stream([delay(HOUR)])(build)
    with pytest.raises(DataError, match="month"):
        build.build()


def test_all_problems_of_a_model_are_told_at_once():
    build = ModelBuilder()
    build.station("gate", 0.0)
    a_vessel(capacity=-2.0, least_load=3.0, cancelled=2.0)(build)
    port = build.quay("port")
    build.vessel("small", [port], capacity=1.0, crossing=HOUR, stay=HOUR, divides=False)
    a_stream([board(port, 2.0), board(build.quay("nowhere"))], rate_h=-1.0)(build)
    weather_of((0.1, 1.0, 2.0, *[0.1] * 9))(build)
    with pytest.raises(DataError) as caught:
        build.build()
    told = [str(problem) for problem in caught.value.problems]
    for part in (
        "gate has 0 servers",
        "ferry carries -2 units",
        "ferry waits for 3 units",
        "ferry cancels 2 of its departures",
        "goods releases -1.0 shipments",
        "storm, month 2",
        "storm, month 3",
        "a shipment of 2 units is larger than a vessel at port",
        "no vessel ever leaves from nowhere",
    ):
        assert sum(part in one for one in told) == 1, part
