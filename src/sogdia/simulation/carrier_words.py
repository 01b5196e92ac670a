"""What the steps of a model mean in the words of carriers: codes, facilities, planned times.

The codes are explained in `sogdia.simulation.trace`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sogdia.network.model import Floats
from sogdia.simulation import engine
from sogdia.simulation.distribution import EMPIRICAL, Distribution
from sogdia.simulation.model import BOARD, DELAY, END, RELEASE, Model
from sogdia.simulation.translate import Translation
from sogdia.study.columns import WATER_MODES

Array = NDArray[Any]

WHAT = (
    "released",
    "joined",
    "started",
    "working",
    "worked",
    "left",
    "partly_loaded",
    "departed",
    "arrived",
    "cancelled",
    "shut",
    "opened",
    "delivered",
)
"""What the engine logs, by its numbers."""
PLAIN = (
    "x_RELS",
    "x_JOIN",
    "x_SEIZ",
    "x_WORK",
    "x_DONE",
    "x_FREE",
    "x_PART",
    "DEPA",
    "ARRI",
    "x_CANC",
    "x_SHUT",
    "x_OPEN",
    "x_DELV",
)
"""Code of each where nothing else is said."""
EVENT_TYPE = {
    "ARRI": "TRANSPORT",
    "DEPA": "TRANSPORT",
    "LOAD": "EQUIPMENT",
    "DISC": "EQUIPMENT",
    "CUSI": "EQUIPMENT",
    "CUSR": "EQUIPMENT",
    "CROS": "EQUIPMENT",
    "x_RELS": "SHIPMENT",
    "x_DELV": "SHIPMENT",
    "x_JOIN": "EQUIPMENT",
    "x_SEIZ": "EQUIPMENT",
    "x_FREE": "EQUIPMENT",
    "x_WORK": "EQUIPMENT",
    "x_DONE": "EQUIPMENT",
    "x_PART": "EQUIPMENT",
    "x_CANC": "TRANSPORT",
    "x_SHUT": "TRANSPORT",
    "x_OPEN": "TRANSPORT",
}
CODES = tuple(EVENT_TYPE)
CODE = {code: number for number, code in enumerate(CODES)}
CLASSIFIERS = ("ACT", "PLN", "EST")
ACT, PLN, EST = range(3)
FACILITIES = ("BORD", "POTE", "INTE")
BORD, POTE, INTE, NOWHERE = range(4)
MODES = ("VESSEL", "RAIL", "TRUCK", "BARGE")
MODE_OF = {"sea": 0, "ferry": 0, "rail": 1, "road": 2, "waterway": 3}
NO_MODE = len(MODES)

MORE: tuple[tuple[tuple[str, int], ...], ...] = (
    (),
    (("DEPA", ACT),),
    (("CROS", ACT),),
    (("CROS", ACT), ("DEPA", ACT)),
    (("ARRI", PLN),),
    (("DEPA", ACT), ("ARRI", EST)),
    (("ARRI", EST),),
)
"""Rows that are added to a row of the log."""
_, DEPARTS, CROSSES, CROSSES_AND_DEPARTS, PLANS, BOARDS, SAILS = range(len(MORE))
ROWS = 1 + np.array([len(rows) for rows in MORE])
MORE_CODE, MORE_CLASSIFIER = np.zeros((2, len(MORE), ROWS.max()), dtype=np.uint8)
for _number, _rows in enumerate(MORE):
    for _place, (_code, _classifier) in enumerate(_rows, start=1):
        MORE_CODE[_number, _place] = CODE[_code]
        MORE_CLASSIFIER[_number, _place] = _classifier

NUMBER_BITS = 32
MICROSECONDS_PER_HOUR = 3_600_000_000
PART = 1 << 18
"""Rows of the log that are decoded at a time: memory for what is only needed meanwhile."""
YARD = "yard"
HOLDS, ENDS, CLOSES, BOARDING = np.zeros((4, len(WHAT)), dtype=bool)
BOARDING[[engine.STARTED, engine.PARTLY_LOADED, engine.DEPARTED]] = True
HOLDS[[engine.JOINED, engine.STARTED, engine.ARRIVED]] = True
ENDS[[engine.RELEASED, engine.DELIVERED]] = True
CLOSES[[engine.SHUT, engine.OPENED]] = True
EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Visits:
    """Stays of routes at what they pass: a leg, a terminal, a quay or a gate.

    Attributes
    ----------
    piece, stream, first, last : ndarray of int64, shape (visits,)
        What is visited by whom; first and last step. Giving back the room of a yard, which comes
        when the next visit has begun, belongs to none.
    before, after : ndarray of int64, shape (visits,)
        Visits before and after in the same route, gates passed over; -1: none.
    of_step : ndarray of int64, shape (steps,)
        Visit of each step; -1: none.
    """

    piece: Array
    stream: Array
    first: Array
    last: Array
    before: Array
    after: Array
    of_step: Array


def visits_of(translation: Translation) -> Visits:
    """Return the visits of all routes, in order of streams and of travel."""
    model = translation.model
    kind, station = model.step_integer[:, 0], model.step_integer[:, 2]
    stream = stream_of_step(model)
    in_yard = np.append([_is_yard(name) for name in model.station_names], [False])[station]
    inside = (kind != END) & ~((kind == RELEASE) & in_yard.astype(bool))
    steps = np.flatnonzero(inside)
    piece = translation.step_piece[steps]
    begins = _changes(piece) | _changes(stream[steps])
    of_step = np.full(len(kind), -1, dtype=np.int64)
    of_step[steps] = np.cumsum(begins) - 1
    number = np.arange(np.count_nonzero(begins))
    pieces = piece[begins]
    gate = _lookup(translation.pieces["what"] == "gate", pieces)
    streams = stream[steps][begins]
    latest = np.maximum.accumulate(np.where(gate, -1, number))
    before = np.append(-1, latest)[: len(number)]
    soonest = np.minimum.accumulate(np.where(gate, len(number), number)[::-1])[::-1]
    after = np.append(soonest, len(number))[1:]
    after = np.where(after == len(number), -1, after)
    for other in (before, after):
        if len(number):
            other[streams[other] != streams] = -1
    return Visits(
        piece=pieces,
        stream=streams,
        first=steps[begins],
        last=steps[_ends(begins)],
        before=before,
        after=after,
        of_step=of_step,
    )


def stream_of_step(model: Model) -> Array:
    """Return the stream of each step; where several share a route, the first of them."""
    first, stream = np.unique(model.stream_integer[:, 0], return_index=True)
    return np.repeat(stream, np.diff(np.append(first, len(model.step_integer))))


def _ends_of_routes(model: Model) -> Array:
    """Return the last step of each stream's route."""
    ends = np.flatnonzero(model.step_integer[:, 0] == END)
    return ends[np.searchsorted(ends, model.stream_integer[:, 0])]


def _is_yard(name: object) -> bool:
    return isinstance(name, tuple) and name[-1] == YARD


def _changes(values: Array) -> Array:
    """Tell which values differ from the one before; the first does."""
    differs = np.ones(len(values), dtype=bool)
    differs[1:] = values[1:] != values[:-1]
    return differs


def _ends(begins: Array) -> Array:
    """Tell which are the last of their runs, from which are the first."""
    return np.append(begins[1:], [True])[: len(begins)]


def _lookup(by_row: pl.Series, rows: Array) -> Array:
    """Return whether a condition on a table holds for each row; none (-1): it does not."""
    return np.append(by_row.fill_null(value=False).to_numpy(), [False])[rows].astype(bool)


@dataclass(frozen=True, slots=True)
class Subjects:
    """What rows of the log mean by whom they are about: a step, or behind these a station.

    Attributes
    ----------
    code : ndarray of uint8, shape (whats, subjects)
        Code.
    at_end : ndarray of bool, shape (whats, subjects)
        Whether it is on the far side: at the end of a leg, with the vehicle that comes next.
    more : ndarray of uint8, shape (whats, subjects)
        Which rows of `MORE` follow.
    node, mode, facility : ndarray, shape (2, subjects)
        On the near and on the far side; places in `_Words`.
    piece : ndarray of int64, shape (subjects,)
        Piece; -1: none.
    seized, freed : ndarray of float64, shape (subjects,)
        Units that are waited for, and that are given back.
    end : ndarray of int64, shape (streams,)
        Last step of each route.
    rest_h, behind_h : ndarray of float64, shape (steps,)
        Mean time from the beginning and from the end of a step to the arrival at the destination,
        without waits.
    """

    code: Array
    at_end: Array
    more: Array
    node: Array
    mode: Array
    facility: Array
    piece: Array
    seized: Floats
    freed: Floats
    end: Array
    rest_h: Floats
    behind_h: Floats


def subjects(translation: Translation, nodes: Sequence[str]) -> Subjects:
    """Return what the rows of a log are about, by step and by station."""
    model, visits = translation.model, visits_of(translation)
    stations = len(model.units)
    end = _ends_of_routes(model)
    code, at_end, more = _meanings(translation, visits)
    node, mode, facility = _sides(translation, visits, nodes, end)
    nothing = np.zeros(stations)
    boards = model.step_integer[:, 0] == BOARD
    amount = model.step_number[:, 3]
    rest_h, own_h = _rest_h(translation, visits)
    return Subjects(
        code=code,
        at_end=at_end,
        more=more,
        node=node,
        mode=mode,
        facility=facility,
        piece=np.append(translation.step_piece, np.full(stations, -1)),
        seized=np.append(amount, nothing),
        freed=np.append(np.where(boards, model.step_number[:, 0], amount), nothing),
        end=end,
        rest_h=rest_h,
        behind_h=rest_h - own_h,
    )


def _meanings(translation: Translation, visits: Visits) -> tuple[Array, Array, Array]:
    """Return code, side and what follows of all that can be logged about steps and stations."""
    model = translation.model
    kind = model.step_integer[:, 0]
    size = len(kind) + len(model.units)
    code = np.repeat(np.array([[CODE[one]] for one in PLAIN], dtype=np.uint8), size, axis=1)
    at_end = np.zeros(code.shape, dtype=bool)
    more = np.zeros(code.shape, dtype=np.uint8)
    steps = np.arange(len(kind))

    what, operation = translation.pieces["what"], translation.pieces["operation"]
    leg, quay, terminal = (
        np.append(_lookup(what == one, visits.piece), [False])
        for one in ("leg", "quay", "terminal")
    )
    border = terminal & np.append(_lookup(operation == "border", visits.piece), [False])
    of_step = visits.of_step
    delay = steps[kind == DELAY]
    first_work, last_work = np.zeros((2, len(kind)), dtype=bool)
    first_work[delay] = _changes(of_step[delay])
    last_work[delay] = _ends(first_work[delay])
    last_delay = np.full(len(visits.piece) + 1, len(kind))
    last_delay[of_step[delay]] = delay  # the last one stays
    last_delay[-1] = -1
    worked = steps >= last_delay[of_step]
    first, last = np.zeros((2, len(kind)), dtype=bool)
    first[visits.first] = last[visits.last] = True

    def say(happened: int, one: str, where: Array) -> None:
        code[happened, : len(kind)][where] = CODE[one]

    def add(happened: int, rows: int, where: Array) -> None:
        more[happened, : len(kind)][where] = rows

    on_leg, at_border = leg[of_step], border[of_step]
    handled = terminal[of_step] & ~at_border
    onto_vessel = quay[np.append(visits.after, [-1])][of_step]
    say(engine.WORKING, "DEPA", on_leg & first_work)
    say(engine.WORKED, "ARRI", on_leg & last_work)
    say(engine.WORKING, "CUSI", at_border & first_work)
    say(engine.WORKED, "CUSR", at_border & last_work)
    say(engine.WORKING, "DISC", handled & first_work)
    say(engine.WORKED, "LOAD", handled & last_work & ~onto_vessel)
    say(engine.STARTED, "LOAD", kind == BOARD)
    add(engine.STARTED, BOARDS, kind == BOARD)

    # posts and what is beside them at the same place are calls of their own
    def beside(other: Array) -> Array:
        none = other < 0
        near = (border[:-1] & (none | terminal[other])) | (terminal[:-1] & border[other])
        return np.append(near, [False])[of_step]

    say(engine.JOINED, "ARRI", first & beside(visits.before))
    departs = last & beside(visits.after)
    say(engine.LEFT, "CROS", at_border & last)
    for happened, by in ((engine.LEFT, RELEASE), (engine.WORKED, DELAY)):
        add(happened, DEPARTS, departs & (kind == by))
    crosses = at_border & last & (kind == DELAY)
    add(engine.WORKED, CROSSES, crosses)
    add(engine.WORKED, CROSSES_AND_DEPARTS, crosses & departs)

    more[engine.RELEASED] = PLANS
    more[engine.DEPARTED] = SAILS
    for happened in (engine.WORKED, engine.LEFT):
        at_end[happened, : len(kind)] = worked
    at_end[[engine.ARRIVED, engine.DELIVERED]] = True
    return code, at_end, more


def _sides(
    translation: Translation, visits: Visits, nodes: Sequence[str], end: Array
) -> tuple[Array, Array, Array]:
    """Return node, mode and facility of steps and stations on the near and on the far side."""
    model, pieces = translation.model, translation.pieces
    steps = len(model.step_integer)
    place = {name: number for number, name in enumerate(nodes)} | {None: len(nodes)}
    shape = (2, steps + len(model.units))
    node = np.full(shape, len(nodes), dtype=np.int32)
    mode = np.full(shape, NO_MODE, dtype=np.uint8)
    facility = np.full(shape, NOWHERE, dtype=np.uint8)
    # beside the visit that it belongs to: what of a yard is given back later
    plain = np.array([*map(_facility, pieces.iter_rows(named=True)), NOWHERE], dtype=np.uint8)
    facility_of = _facilities(translation, visits, plain)
    for side, name in enumerate(("from", "to")):
        node_of = [place[one] for one in pieces[f"{name}_node_id"]]
        mode_of = [MODE_OF.get(one, NO_MODE) for one in pieces[f"{name}_mode"]]
        node[side, :steps] = np.append(node_of, [len(nodes)])[translation.step_piece]
        mode[side, :steps] = np.append(mode_of, [NO_MODE])[translation.step_piece]
        own = np.append(facility_of[side], [NOWHERE])[visits.of_step]
        facility[side, :steps] = np.where(visits.of_step < 0, plain[translation.step_piece], own)
    # at the end of the route: by what it came
    last = _last_transport(translation, visits)[stream_of_step(model)[end]]
    group = model.stream_integer[:, 1]
    node[:, end] = np.array([place[one] for one in translation.groups["destination"]])[group]
    mode[:, end] = np.append(mode[1, visits.last], [NO_MODE])[last]
    facility[:, end] = np.append(facility_of[1], [NOWHERE])[last]
    # stations that are at one place, whoever comes
    of_piece = pieces["what"].to_numpy()
    used, example = np.unique(model.step_integer[:, 2], return_index=True)
    for station, step in zip(used.tolist(), example.tolist(), strict=True):
        what = of_piece[translation.step_piece[step]] if station >= 0 else "leg"
        if what == "leg" or (what == "gate" and node[0, step] != node[1, step]):
            continue
        node[:, steps + station] = node[:, step]
        facility[:, steps + station] = plain[translation.step_piece[step]]
        if what == "quay":
            mode[:, steps + station] = mode[:, step]
    # quays at which no goods wait are opposite to some at which they do
    numbers = {quay: steps + number for number, quay in enumerate(model.station_names)}
    for quay, number in numbers.items():
        if node[0, number] < len(nodes) or not isinstance(quay, tuple) or quay[0] != "service":
            continue
        other = numbers.get((*quay[:-1], not quay[-1]))
        if other is not None:
            for column in (node, mode, facility):
                column[:, number] = column[::-1, other]
    return node, mode, facility


def _facilities(translation: Translation, visits: Visits, plain: Array) -> Array:
    """Return the facility of visits on either side, from that of each piece.

    Line haul begins and ends at what comes before and after it.
    """
    what, own = translation.pieces["what"], plain[visits.piece]
    known = np.append(own, [NOWHERE])
    leg, quay = _lookup(what == "leg", visits.piece), _lookup(what == "quay", visits.piece)

    def beside(other: Array, where: Array) -> Array:
        return np.where(where & (known[other] != NOWHERE), known[other], own)

    from_land = leg | (quay & (own == NOWHERE))
    return np.array([beside(visits.before, from_land), beside(visits.after, leg | quay)])


def _facility(piece: dict[str, Any]) -> int:
    wet = not {piece["mode"], piece["from_mode"], piece["to_mode"]}.isdisjoint(WATER_MODES)
    if piece["kind"] == "terminal":
        if piece["operation"] == "border":
            return BORD
        return POTE if wet else INTE
    return POTE if wet and piece["what"] == "quay" else NOWHERE


def _last_transport(translation: Translation, visits: Visits) -> Array:
    """Return the last visit of each stream that is line haul; -1: none."""
    last = np.full(len(translation.model.stream_integer), -1)
    moves = _lookup(translation.pieces["what"].is_in(["leg", "quay"]), visits.piece)
    last[visits.stream[moves]] = np.flatnonzero(moves)
    return last


def _rest_h(translation: Translation, visits: Visits) -> tuple[Floats, Floats]:
    """Return the mean time from each step to the arrival at the destination, and its own, h.

    Without waits. Behind the last line haul: to the end of the route.
    """
    model = translation.model
    kind, station = model.step_integer[:, 0], model.step_integer[:, 2]
    own = np.zeros(len(kind))
    delay = kind == DELAY
    own[delay] = mean_times(
        model.step_integer[delay, 4], model.step_number[delay, :3], model.values
    )
    crossing = crossing_times(model)
    total, vessels = np.zeros((2, len(model.units) + 1))
    for side in range(2):
        np.add.at(total, model.vessel_integer[:, side], crossing)
        np.add.at(vessels, model.vessel_integer[:, side], 1.0)
    boards = kind == BOARD
    own[boards] = (total / np.maximum(vessels, 1.0))[station[boards]]
    stream = stream_of_step(model)
    last = np.append(visits.last, [-1])[_last_transport(translation, visits)]
    ahead = np.arange(len(kind)) <= last[stream]
    rest = (
        pl.DataFrame({"stream": stream, "ahead": ahead, "own": own})
        .select(pl.col("own").cum_sum(reverse=True).over("stream", "ahead"))
        .to_series()
    )
    return rest.to_numpy(), own


def mean_times(kind: Array, numbers: Floats, values: Floats) -> Floats:
    """Return the means of distributions, h.

    Parameters
    ----------
    kind : ndarray of int64, shape (n,)
        Kinds.
    numbers : ndarray of float64, shape (n, 3)
        Their parameters.
    values : ndarray of float64
        Values of all empirical distributions.
    """
    table = pl.DataFrame({"kind": kind, **{name: numbers[:, i] for i, name in enumerate("abc")}})
    each = table.unique()
    means = [
        Distribution(
            k, a, b, c, tuple(values[int(a) : int(a) + int(b)]) if k == EMPIRICAL else ()
        ).mean
        for k, a, b, c in each.iter_rows()
    ]
    return (
        table.join(
            each.with_columns(mean=pl.Series(means, dtype=pl.Float64)),
            on=["kind", *"abc"],
            how="left",
            maintain_order="left",
        )["mean"]
        .to_numpy()
        .astype(np.float64)
    )


def crossing_times(model: Model) -> Floats:
    """Return the mean crossing of each vessel, h."""
    return mean_times(model.vessel_integer[:, 4], model.vessel_number[:, 6:9], model.values)
