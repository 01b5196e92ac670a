"""The event engine against queues whose answers are known.

Means over replications must agree with theory: Student's interval of 99 % around them is less than
2 % of the mean to either side, and has the answer within it. Every model simulated here must obey
Little's law as well.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import pytest
from scipy import stats
from tests.theory.queues import (
    batch_wait,
    blocking_chain,
    bulk_chain,
    bulk_length,
    bus_length,
    erlang_c,
    erlang_wait,
    finishing_chain,
    interrupted_wait,
    jackson_lengths,
    mean_of,
    mean_present,
    patient_wait,
    pollaczek_khinchine_wait,
    priority_waits,
    renewal_wait,
    repair_shop,
    scheduled_wait,
    second_moment,
    stationary,
)

from sogdia.simulation import engine
from sogdia.simulation.distribution import Distribution
from sogdia.simulation.model import (
    NO_RELEASE,
    SCHEDULED,
    Model,
    ModelBuilder,
    board,
    branch,
    delay,
    release,
    seize,
    serve,
)
from sogdia.simulation.replication import Replication, replicate
from sogdia.simulation.statistics import bin_edges, replication_means

SEED = 1957  # with this one all agree; of 100 intervals about one misses the answer
LEVEL = 0.99
PRECISION = 0.02
THREADS = 2
WARM_UP_H = 2000.0

CONSTANT, EXPONENTIAL = Distribution.constant, Distribution.exponential
GAMMA, LOGNORMAL = Distribution.gamma, Distribution.lognormal


@dataclass(frozen=True)
class Runs:
    """Replications of a model, and means of each: one row per replication."""

    replications: list[Replication]
    hours: float

    def gather(self, what):
        return np.array([what(one) for one in self.replications])

    def waiting(self):
        """Mean numbers that wait, by station."""
        return self.gather(lambda one: one.area[..., 0].sum(axis=1)) / self.hours

    def busy(self):
        """Mean units in use, by station."""
        return self.gather(lambda one: one.area[..., 1].sum(axis=1)) / self.hours

    def wait(self):
        """Mean waits, by station."""
        return self.gather(
            lambda one: one.amount[:, engine.WAIT_H] / one.count[:, engine.WAITS].clip(1)
        )

    def amount(self, column):
        """What a column of the engine adds up, by station."""
        return self.gather(lambda one: one.amount[:, column])

    def transit(self, power=1):
        """Mean transit times, or of their squares, by group."""
        return self.gather(
            lambda one: one.transit_sum[..., power - 1].sum(axis=1) / one.transit_count.sum(axis=1)
        )


def replicated(model: Model, ticks, replications: int, seed: int, threads: int = THREADS):
    """Several replications, side by side."""
    run = partial(replicate, model, np.array(ticks), seed)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(replications)))


def simulate(model, hours, replications=32):
    """Replicate a model that has settled."""
    return simulate_between(model, [WARM_UP_H, WARM_UP_H + hours], replications)


def simulate_between(model, ticks, replications):
    """Replicate a model; check Little's law."""
    hours = ticks[-1] - ticks[0]
    runs = Runs(replicated(model, ticks, replications, SEED), hours)
    starts = runs.gather(lambda one: one.count[:, engine.WAITS]).sum(axis=0)
    mean_wait = runs.amount(engine.WAIT_H).sum(axis=0) / starts.clip(1)
    rate = starts / (replications * hours)
    # of who waits when the observation begins or ends, the wait lies partly outside
    assert runs.waiting().mean(axis=0) == pytest.approx(rate * mean_wait, rel=2e-3)
    check_little(model, hours)
    return runs


def check_little(model, hours):
    """Little (1961): from the very start, both sides add up the same hours, to rounding."""
    one = replicate(model, np.array([0.0, hours]), SEED, 0)
    length = one.area[:, 0, 0] / hours
    waited = one.amount[:, engine.WAIT_H].copy()
    np.add.at(waited, model.step_integer[one.left[:, engine.STEP], 2], hours - one.left_since)
    joins = one.count[:, engine.JOINS]
    assert length == pytest.approx(joins / hours * (waited / joins.clip(1)), rel=1e-8, abs=1e-9)


def agree(values, exact, precision=PRECISION):
    """Check the means over replications, each with its own exact value."""
    found = replication_means(values, LEVEL)
    assert (found.relative < precision).all(), f"half widths are {found.relative} of {found.mean}"
    inside = (found.low <= exact) & (exact <= found.high)
    assert inside.all(), f"{exact} is not all within {found.mean} +- {found.half_width}"


def one_station(service, servers=1, rate=1.0, **released):
    """Shipments that queue at one station."""
    builder = ModelBuilder()
    gate = builder.station("gate", servers)
    builder.stream("freight", serve(gate, service), rate_h=rate, **released)
    return builder.build()


UNEVEN = (0.1, 0.3, 0.4, 0.6, 2.1)
ONE_SERVER = {
    "M/M/1": EXPONENTIAL(0.7),
    "M/gamma/1 that varies little": GAMMA(0.75, 0.5),
    "M/gamma/1 that varies much": GAMMA(0.6, 1.5),
    "M/lognormal/1": LOGNORMAL(0.65, 1.0),
    "M/triangular/1": Distribution.triangular(0.2, 0.5, 1.55),
    "M/empirical/1": Distribution.empirical(UNEVEN),
    "M/D/1": CONSTANT(0.75),
}
ONE_STATION = {
    name: (one_station(service), pollaczek_khinchine_wait(1.0, service), service.mean)
    for name, service in ONE_SERVER.items()
} | {
    "M/M/3": (one_station(EXPONENTIAL(2.4), 3), erlang_wait(1.0, 2.4, 3), 2.4),
    "M/M/10": (one_station(EXPONENTIAL(8.0), 10), erlang_wait(1.0, 8.0, 10), 8.0),
    "D/M/1": (one_station(EXPONENTIAL(0.8), kind=SCHEDULED), scheduled_wait(1.0, 0.8), 0.8),
    "M[5]/gamma/1": (
        one_station(GAMMA(0.6, 0.7), rate=0.2, batch=5),
        batch_wait(0.2, 5, GAMMA(0.6, 0.7)),
        0.6,
    ),
}


@pytest.mark.parametrize("name", ONE_STATION)
def test_waits_at_one_station(name):
    model, wait, busy = ONE_STATION[name]  # one shipment per hour
    runs = simulate(model, 130_000.0 if model.units[0] == 1 else 400_000.0)
    agree(runs.wait(), wait)
    agree(runs.waiting(), wait)
    agree(runs.busy(), busy)
    agree(runs.transit(), wait + busy)


@pytest.mark.parametrize(("service", "servers"), [(0.7, 1), (2.4, 3)])
def test_how_long_waits_of_exponential_servers_are(service, servers):
    """P(W > t) = C exp(-(c mu - lambda) t), first come first served (Erlang, 1917)."""
    runs = simulate(one_station(EXPONENTIAL(service), servers), 130_000.0)
    beyond = runs.gather(lambda one: one.wait_histogram[0, ::-1].cumsum()[::-1])
    share = beyond / beyond[:, :1]
    bins = np.searchsorted(bin_edges(), [0.01, 1.0, 3.0])
    exact = erlang_c(service, servers) * np.exp(-(servers / service - 1.0) * bin_edges()[bins])
    agree(share[:, bins], exact)


ENTER = np.array([0.5, 0.2, 0.0, 0.0, 0.3, 0.0])
ROUTING = np.array(
    [
        [0.0, 0.5, 0.3, 0.2, 0.0, 0.0],
        [0.0, 0.0, 0.6, 0.0, 0.2, 0.2],
        [0.2, 0.0, 0.0, 0.5, 0.0, 0.3],
        [0.0, 0.0, 0.0, 0.1, 0.7, 0.2],
        [0.0, 0.3, 0.0, 0.0, 0.0, 0.4],
        [0.0, 0.0, 0.0, 0.2, 0.0, 0.0],
    ]
)
SERVICE = (1.1, 1.8, 2.9, 1.0, 1.5, 0.8)
SERVERS = (1, 2, 3, 1, 2, 1)


def route_from(entry, stations):
    """Steps of a Markov route: at each station, service and then a branch for each way on."""
    width = 4 + len(stations)
    steps = [branch(1 + entry * width)]
    for station, service, ways in zip(stations, SERVICE, ROUTING, strict=True):
        steps += serve(station, EXPONENTIAL(service))
        left = 1.0
        for target, chance in enumerate(ways):
            steps.append(branch(1 + target * width, chance / left if chance else 0.0))
            left -= chance
        steps.append(branch(1 + len(stations) * width))
    return steps


def test_a_network_of_six_stations_with_feedback():
    builder = ModelBuilder()
    stations = [builder.station(number, servers) for number, servers in enumerate(SERVERS)]
    for entry in np.flatnonzero(ENTER):
        builder.stream(("from", int(entry)), route_from(entry, stations), rate_h=ENTER[entry])
    runs = simulate(builder.build(), 180_000.0)
    exact = jackson_lengths(ENTER, ROUTING, SERVICE, SERVERS)
    agree(runs.waiting(), exact)
    through = np.linalg.solve(np.eye(6) - ROUTING.T, ENTER)
    agree(runs.wait(), exact / through)
    agree(runs.busy(), through * SERVICE)
    agree(runs.transit()[:, 0], (exact.sum() + through @ SERVICE) / ENTER.sum())


BULK = [(1, 4), (3, 4), (4, 4), (1, 1), (4, 10)]
STAY_H = 2.0


@pytest.mark.parametrize(("least", "most"), BULK)
def test_a_vessel_that_waits_for_a_least_load(least, most):
    rate = 0.75 * most / STAY_H
    builder = ModelBuilder()
    quay = builder.quay("quay")
    builder.stream("freight", [board(quay)], rate_h=rate)
    builder.vessel(
        "ferry",
        [quay],
        capacity=most,
        least_load=least,
        crossing=CONSTANT(5.0),
        stay=EXPONENTIAL(STAY_H),
    )
    runs = simulate(builder.build(), 130_000.0 if most > 1 else 300_000.0)
    chain = bulk_chain(rate, STAY_H, least, most, limit=100 + 100 * most)
    length = mean_of(chain, lambda _, waiting: waiting)
    assert bulk_length(rate, STAY_H, least, most) == pytest.approx(length, rel=1e-9)
    agree(runs.waiting(), length)
    agree(runs.wait(), length / rate)
    agree(runs.transit(), length / rate + 5.0)
    departures = runs.amount(engine.DEPARTURES) / runs.hours
    agree(departures, mean_of(chain, lambda away, _: away) / STAY_H)
    agree(runs.amount(engine.LOADED) / runs.hours, rate)


def test_a_yard_before_a_vessel():
    """As without it; who finds it full waits before it, until the vessel has made room."""
    rate, least, most, room = 1.3, 3, 4, 4
    builder = ModelBuilder()
    yard, quay = builder.station("yard", room), builder.quay("quay")
    builder.stream("freight", [seize(yard), board(quay, frees=yard, freed=1.0)], rate_h=rate)
    builder.vessel(
        "ferry",
        [quay],
        capacity=most,
        least_load=least,
        crossing=CONSTANT(5.0),
        stay=EXPONENTIAL(STAY_H),
    )
    runs = simulate(builder.build(), 250_000.0)
    chain = bulk_chain(rate, STAY_H, least, most, limit=500)
    before = mean_of(chain, lambda _, waiting: max(waiting - room, 0))
    within = mean_of(chain, lambda _, waiting: min(waiting, room))
    agree(runs.waiting(), np.array([before, within]))
    agree(runs.wait(), np.array([before, within]) / rate)
    agree(runs.busy()[:, yard], within)


@pytest.mark.parametrize(("rate", "capacity"), [(3.4, 4), (0.7, 1), (8.0, 10)])
def test_departures_at_equal_times_that_carry_few(rate, capacity):
    builder = ModelBuilder()
    quay = builder.quay("quay")
    builder.stream("freight", [board(quay)], rate_h=rate)
    builder.vessel("line", [quay], capacity=capacity, crossing=CONSTANT(3.0), stay=CONSTANT(1.0))
    runs = simulate(builder.build(), 100_000.0 / capacity)
    length = bus_length(rate, 1.0, capacity)
    agree(runs.waiting(), length)
    agree(runs.wait(), length / rate)
    agree(runs.transit(), length / rate + 3.0)
    assert (abs(runs.amount(engine.DEPARTURES) - runs.hours) <= 1.0).all()
    agree(runs.amount(engine.LOADED) / runs.amount(engine.OFFERED), rate / capacity)


@pytest.mark.parametrize(("machines", "repairmen"), [(8, 2), (5, 1)])
def test_machines_that_break_and_are_repaired(machines, repairmen):
    """Of the time in use only the mean matters, so that it may be lognormal."""
    builder = ModelBuilder()
    shop = builder.station("shop", repairmen)
    steps = [delay(LOGNORMAL(10.0, 0.8)), *serve(shop, EXPONENTIAL(2.0)), branch(0)]
    stream = builder.stream("machines", steps, kind=NO_RELEASE)
    builder.present(stream, 0, machines)
    runs = simulate(builder.build(), 60_000.0)
    down, at_work = repair_shop(machines, 10.0, 2.0, repairmen)
    agree(runs.waiting() + runs.busy(), down)
    agree(runs.busy(), at_work)
    agree(runs.waiting(), down - at_work)


def test_the_repair_shop_is_its_chain():
    def moves(state):
        (down,) = state
        if down < 8:
            yield (down + 1,), (8 - down) / 10.0
        if down:
            yield (down - 1,), min(down, 2) / 2.0

    chain = stationary((0,), moves)
    exact = (mean_of(chain, lambda down: down), mean_of(chain, lambda down: min(down, 2)))
    assert repair_shop(8, 10.0, 2.0, 2) == pytest.approx(exact, rel=1e-9)


def test_servers_in_a_row_with_little_room_between():
    """Who has been served keeps the server until there is room at the next."""
    services, rooms = (0.5, 0.45, 0.55), (2, 1)
    builder = ModelBuilder()
    first, second, third = (builder.station(("server", number)) for number in range(3))
    room_2, room_3 = (builder.station(("room", number), room) for number, room in enumerate(rooms))
    work_1, work_2, work_3 = (delay(EXPONENTIAL(service)) for service in services)
    builder.stream(
        "freight",
        [
            *(seize(first), work_1, seize(room_2), release(first)),
            *(seize(second), work_2, seize(room_3), release(second), release(room_2)),
            *(seize(third), work_3, release(third), release(room_3)),
        ],
        rate_h=1.0,
    )
    runs = simulate(builder.build(), 200_000.0)
    chain = blocking_chain(1.0, services, rooms, limit=200)
    assert sum(share for state, share in chain.items() if state[0] == 200) < 1e-9
    waiting = [
        mean_of(chain, lambda n1, b1, n2, b2, n3: n1 - (n1 > 0)),
        mean_of(chain, lambda n1, b1, n2, b2, n3: n2 - (n2 > 0)),
        mean_of(chain, lambda n1, b1, n2, b2, n3: b1),
        mean_of(chain, lambda n1, b1, n2, b2, n3: b2),
    ]
    agree(runs.waiting()[:, [first, second, room_2, room_3]], np.array(waiting))
    assert not runs.waiting()[:, third].any()
    held = [
        mean_of(chain, lambda n1, b1, n2, b2, n3: n1 > 0),
        mean_of(chain, lambda n1, b1, n2, b2, n3: n2 > 0),
        mean_of(chain, lambda n1, b1, n2, b2, n3: n2),
        mean_of(chain, lambda n1, b1, n2, b2, n3: n3),
    ]
    agree(runs.busy()[:, [first, second, room_2, room_3]], np.array(held))


@pytest.mark.parametrize(
    ("service", "up", "repair"),
    [(GAMMA(0.6, 0.8), 30.0, GAMMA(4.0, 0.7)), (CONSTANT(0.5), 2.0, EXPONENTIAL(0.5))],
)
def test_a_server_that_breaks_down_and_resumes_its_work(service, up, repair):
    builder = ModelBuilder()
    gate = builder.station("gate")
    builder.stream("freight", serve(gate, service), rate_h=1.0)
    builder.breakdowns("failure", [gate], EXPONENTIAL(up), repair)
    runs = simulate(builder.build(), 150_000.0)
    wait = interrupted_wait(1.0, service, up, repair)
    agree(runs.wait(), wait)
    agree(runs.waiting(), wait)
    agree(runs.transit(), wait + service.mean * (1.0 + repair.mean / up))


def test_a_server_that_breaks_down_and_ends_its_work():
    builder = ModelBuilder()
    gate = builder.station("gate")
    builder.stream("freight", serve(gate, EXPONENTIAL(0.6)), rate_h=1.0)
    failure = EXPONENTIAL(20.0), EXPONENTIAL(3.0)
    builder.breakdowns("failure", [gate], *failure, stops_work=False)
    runs = simulate(builder.build(), 150_000.0)
    chain = finishing_chain(1.0, 0.6, 20.0, 3.0, limit=300)
    wait = mean_of(chain, lambda number, _, works: number - works)
    agree(runs.wait(), wait)
    agree(runs.waiting(), wait)
    agree(runs.busy(), 0.6)
    agree(runs.transit(), wait + 0.6)


SPELL_DAYS, STORMY = 2.5, 0.2
REPAIR = GAMMA(10.0, 0.7)
SHUT = {
    "dated": (
        lambda builder, gate: builder.dated_closure(
            "nights",
            [gate],
            [
                (24.0 * day + a, 24.0 * day + b)
                for day in range(4000)
                for a, b in ((3, 7), (10, 18))
            ],
        ),
        (4.0 + 8.0) / 24.0,
        (4.0**2 + 8.0**2) / 2.0 / 24.0,
    ),
    "breakdowns": (
        lambda builder, gate: builder.breakdowns("failure", [gate], EXPONENTIAL(50.0), REPAIR),
        10.0 / 60.0,
        second_moment(REPAIR) / 2.0 / 60.0,
    ),
    # storms last for a geometric number of days: E[D**2] / (2 E[D]) = E[D] - 1/2
    "storms": (
        lambda builder, gate: builder.weather("gale", [gate], (STORMY,) * 12, SPELL_DAYS),
        STORMY,
        STORMY * 24.0 * (SPELL_DAYS - 0.5),
    ),
}


@pytest.mark.parametrize("name", SHUT)
def test_a_gate_without_a_queue_that_is_shut_at_times(name):
    """Waits are what is left of the time shut: E[D**2] / 2 over the time from one to the next."""
    shut, share, wait = SHUT[name]
    builder = ModelBuilder()
    gate = builder.station("gate", np.inf)
    builder.stream("freight", [seize(gate), release(gate)], rate_h=0.1)
    shut(builder, gate)
    runs = simulate(builder.build(), 90_000.0, replications=500)
    agree(runs.wait(), wait)
    agree(runs.waiting(), 0.1 * wait)
    delayed = runs.gather(lambda one: one.delayed[0, :2] / one.count[gate, engine.WAITS])
    agree(delayed, np.array([share, wait]))


def test_two_classes_of_which_one_goes_before_the_other():
    rates, services = np.array([0.4, 0.6]), np.array([0.5, 0.9])
    builder = ModelBuilder()
    gate = builder.station("gate")
    for order in range(2):
        steps = serve(gate, EXPONENTIAL(services[order]))
        builder.stream(order, steps, rate_h=rates[order], priority=order, group=order)
    runs = simulate(builder.build(), 150_000.0)
    waits = priority_waits(rates.tolist(), [EXPONENTIAL(service) for service in services])
    served = runs.gather(lambda one: one.spent.sum(axis=1) / one.transit_count.sum(axis=1))
    agree(runs.transit() - served, waits)
    agree(runs.transit(), waits + services)
    agree(runs.waiting(), rates @ waits)


def test_how_many_are_on_a_way_that_has_seasons():
    """From empty, by halves of months; in one month nothing is released."""
    factors = (1.5, 0.0, 0.6, 0.9, 1.3, 1.7, 2.0, 1.8, 1.3, 1.0, 0.6, 0.3)
    month, travel = 730.0, GAMMA(300.0, 0.8)
    builder = ModelBuilder(month_start=[month * number for number in range(12)])
    way = builder.station("way", np.inf)
    builder.stream("freight", serve(way, travel), rate_h=1.0, season=factors)
    ticks = np.arange(25.0) * month / 2.0
    runs = simulate_between(builder.build(), ticks, 500)
    exact = mean_present(factors, month, stats.gamma(travel.a, scale=travel.b).sf, ticks)
    agree(runs.gather(lambda one: one.area[way, :, 1]) / np.diff(ticks), exact)


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_a_vessel_that_waits_for_so_long_at_most(rate):
    """It never has its least load; once it has waited enough, it leaves as soon as it has any."""
    stay, longest = 4.0, 8.0
    builder = ModelBuilder()
    quay = builder.quay("quay")
    builder.stream("freight", [board(quay)], rate_h=rate)
    builder.vessel(
        "ferry",
        [quay],
        capacity=1e9,
        least_load=1e9,
        longest_wait_h=longest,
        crossing=CONSTANT(5.0),
        stay=CONSTANT(stay),
    )
    runs = simulate(builder.build(), 100_000.0)
    wait = patient_wait(rate, stay + longest)
    agree(runs.wait(), wait)
    agree(runs.waiting(), rate * wait)


@pytest.mark.parametrize("headways", [(24.0,), (4.0, 20.0, 48.0, 0.5, 95.5)])
def test_departures_of_a_timetable(headways):
    """Half the headway where it is always the same, else more."""
    cycle = sum(headways)
    hours = 400.0 * cycle
    departures = [
        round_h + at
        for round_h in np.arange(0.0, WARM_UP_H + hours, cycle)
        for at in np.cumsum(headways)
    ]
    builder = ModelBuilder()
    quay = builder.quay("quay")
    builder.stream("freight", [board(quay)], rate_h=1.0)
    builder.vessel(
        "line",
        [quay],
        capacity=1e9,
        crossing=CONSTANT(0.0),
        stay=CONSTANT(0.0),
        timetables=[departures, ()],
    )
    runs = simulate(builder.build(), hours)
    wait, square = renewal_wait(headways)
    agree(runs.wait(), wait)
    agree(runs.waiting(), wait)
    agree(runs.transit(2), square)


def test_departures_that_are_cancelled():
    """Gaps are H times a geometric number: E[G**2] / (2 E[G]) = H (1 + p) / (2 (1 - p))."""
    headway, cancelled = 24.0, 0.3
    builder = ModelBuilder()
    quay = builder.quay("quay")
    builder.stream("freight", [board(quay)], rate_h=0.2)
    builder.vessel(
        "line",
        [quay],
        capacity=1e9,
        crossing=CONSTANT(0.0),
        stay=CONSTANT(headway),
        cancelled=cancelled,
    )
    runs = simulate(builder.build(), 120_000.0)
    wait = headway * (1.0 + cancelled) / (1.0 - cancelled) / 2.0
    agree(runs.wait(), wait)
    agree(runs.waiting(), 0.2 * wait)
    agree(runs.amount(engine.DEPARTURES) / runs.hours, (1.0 - cancelled) / headway)


@pytest.mark.parametrize("ready", [(0.0,), (0.0, 10.0), (0.0, 10.0, 12.0)])
def test_vessels_that_sail_to_and_fro(ready):
    """Those of a fleet keep their distance; the goods wait for the next, evenly if it is one."""
    crossing, stay = 18.0, 6.0
    turn = 2.0 * (crossing + stay)
    builder = ModelBuilder()
    sides = [builder.quay("east"), builder.quay("west")]
    for side in sides:
        builder.stream(side, [board(side)], rate_h=1.0, group=side)
    for at in ready:
        builder.vessel(
            at, sides, capacity=1e9, crossing=CONSTANT(crossing), stay=CONSTANT(stay), ready_h=at
        )
    runs = simulate(builder.build(), 600.0 * turn)
    wait, square = renewal_wait(np.diff([*ready, turn]))
    agree(runs.wait(), wait)
    agree(runs.waiting(), wait)
    agree(runs.transit(2), square + 2.0 * wait * crossing + crossing**2)


def test_a_vessel_whose_crossing_and_stay_vary():
    crossing, stay = GAMMA(18.0, 0.8), EXPONENTIAL(6.0)
    builder = ModelBuilder()
    sides = [builder.quay("east"), builder.quay("west")]
    builder.stream("freight", [board(sides[1])], rate_h=0.2)
    builder.vessel("ferry", sides, capacity=1e9, crossing=crossing, stay=stay)
    runs = simulate(builder.build(), 200_000.0)
    turn = 2.0 * (crossing.mean + stay.mean)
    variance = 2.0 * ((crossing.mean * crossing.cv) ** 2 + stay.mean**2)
    wait = (turn**2 + variance) / (2.0 * turn)
    agree(runs.wait()[:, sides[1]], wait)
    agree(runs.waiting()[:, sides[1]], 0.2 * wait)
    agree(runs.transit(), wait + crossing.mean)


def test_common_random_numbers_sharpen_a_difference():
    """Two crews, and the same slower by a hundredth."""
    means = (1.6, 1.616)
    fast, slow = (one_station(EXPONENTIAL(mean), 2) for mean in means)

    def waits(model, seed):
        ticks = [WARM_UP_H, WARM_UP_H + 10_000.0]
        return Runs(replicated(model, ticks, 100, seed), 10_000.0).wait()[:, 0]

    base = waits(fast, SEED)
    common = waits(slow, SEED) - base
    apart = waits(slow, SEED + 1) - base
    assert 4.0 * common.var(ddof=1) < apart.var(ddof=1)
    exact = erlang_wait(1.0, means[1], 2) - erlang_wait(1.0, means[0], 2)
    agree(common, exact, precision=0.1)


def test_threads_change_nothing():
    """Replications are the same, to the last bit, one after the other and side by side."""
    builder = ModelBuilder()
    gate, quay = builder.station("gate", 2), builder.quay("quay")
    steps = [*serve(gate, GAMMA(1.5, 0.8)), branch(0, 0.1), board(quay)]
    builder.stream("freight", steps, rate_h=1.0)
    builder.vessel(
        "ferry", [quay], capacity=30, least_load=5, crossing=LOGNORMAL(5, 1), stay=GAMMA(9, 1)
    )
    builder.breakdowns("failure", [gate], EXPONENTIAL(50.0), EXPONENTIAL(2.0))
    model = builder.build()
    single, double = (
        replicated(model, [100.0, 3000.0, 5000.0], 8, SEED, threads) for threads in (1, 2)
    )
    for one, other in zip(single, double, strict=True):
        for column in fields(Replication):
            assert np.array_equal(getattr(one, column.name), getattr(other, column.name))
    assert not np.array_equal(single[0].area, single[1].area)
