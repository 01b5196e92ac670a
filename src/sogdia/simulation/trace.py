"""The log of a replication in the words of carriers: a table of DCSA events.

The engine logs what happens to lots of goods at stations. Here each of its rows becomes a row of
a table that can be laid beside carriers' data: event types, codes, facilities, modes and
classifiers are those of the Track & Trace standard of the Digital Container Shipping
Association (DCSA, 2.2); codes that begin with ``x_`` are our own, where it has none.

Columns
-------
time : datetime
    When it happens, or is to happen (eventDateTime).
created : datetime
    When it is said (eventCreatedDateTime): earlier than `time` in plans and estimates. The table
    has the order of the log, so that it is sorted by it.
what : enum
    What the engine logged: released, joined, started, working, worked, left, partly_loaded,
    departed, arrived, cancelled, shut, opened or delivered. Null where a row adds to the one
    before: every row of the log is exactly one row that is not null.
event_type : enum
    TRANSPORT, EQUIPMENT or SHIPMENT.
code : enum
    See below.
classifier : enum
    ACT (it happened), PLN (the plan when the shipment was released) or EST (an estimate when
    a vessel left).
facility : enum
    BORD (border), POTE (port terminal) or INTE (inland terminal); null on the way.
mode : enum
    VESSEL, RAIL, TRUCK or BARGE; null for pipelines and aircraft, for which DCSA has none.
node_id : enum
    Where.
resource : enum
    Link (or links, with blanks between), terminal or service.
forward : bool
    Of services: direction.
station : int
    Number of the queue in `Translation.stations`; null on the way. A yard, and a terminal that
    counts containers apart, are stations of their own under the name of the same resource.
shipment : int
    Unique: 2^32 times the stream, plus the shipment's number within it. Null for vessels and
    for what shuts and opens.
demand, origin, destination, commodity, corridor : enum
    Of the shipment.
amount : float
    Units that are waited for, taken or given back: servers, t of a yard, t or TEU on board.
vessel, voyage : enum, int
    Of departures, and of who is on board.
cause : enum
    What shut the station.
step : int
    Step of the model, see `Translation.step_piece`.

Codes
-----
ARRI
    TRANSPORT: line haul ends. At a border post that follows an operation at the same place, the
    shipment joins its queue; and likewise behind a post. PLN: at the release, arrival at
    the destination after the mean times of the route without waits. EST, with a vessel: at its
    departure, arrival at the other port after its mean crossing; with a shipment: arrival at
    the destination, after that crossing and the mean times of the rest of the route. Arrival at
    the destination is the end of the last line haul; handling behind it does not count.
DEPA
    TRANSPORT: line haul begins, or a vessel leaves: once for each shipment on board, once for
    itself. Between a border post and another operation at the same place: the end of the former.
CUSI, CUSR, CROS
    EQUIPMENT: customs begin at a border post; they are done; the shipment leaves the post.
DISC, LOAD
    EQUIPMENT: handling begins and the goods leave the vehicle (of `mode`) by which they came; it
    ends and they are on the next. Both for transshipment and for a change of gauge. If a scheduled
    vessel follows, they wait, and LOAD is when they go on board whole.
x_RELS, x_DELV
    SHIPMENT: released; at the end of its route.
x_JOIN, x_SEIZ, x_FREE
    EQUIPMENT: joins a queue; is served, or let in; gives the server, or the room, back.
x_WORK, x_DONE
    EQUIPMENT: another part of the work (or line haul) begins; a part of it ends.
x_PART
    EQUIPMENT: a part is on board, the rest waits for the next vessel.
x_CANC
    TRANSPORT: a departure is cancelled.
x_SHUT, x_OPEN
    TRANSPORT: a station is shut; it opens.

ARRI and DEPA of a shipment that happened (ACT, TRANSPORT) alternate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sogdia.network.model import Floats
from sogdia.simulation import engine
from sogdia.simulation.distribution import EMPIRICAL, Distribution
from sogdia.simulation.model import BOARD, DELAY, END, RELEASE, Model
from sogdia.simulation.replication import Replication
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
EVENT_TYPES = ("TRANSPORT", "EQUIPMENT", "SHIPMENT")
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
    """Return the stream of each step."""
    first = np.append(model.stream_integer[:, 0], len(model.step_integer))
    return np.repeat(np.arange(len(first) - 1), np.diff(first))


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
class _Subjects:
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


def _subjects(translation: Translation, nodes: Sequence[str]) -> _Subjects:
    model, visits = translation.model, visits_of(translation)
    stations = len(model.units)
    end = np.flatnonzero(model.step_integer[:, 0] == END)
    code, at_end, more = _meanings(translation, visits)
    node, mode, facility = _sides(translation, visits, nodes, end)
    nothing = np.zeros(stations)
    boards = model.step_integer[:, 0] == BOARD
    amount = model.step_number[:, 3]
    rest_h, own_h = _rest_h(translation, visits)
    return _Subjects(
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
    last = _last_transport(translation, visits)
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


@dataclass(frozen=True, slots=True)
class _Words:
    """Columns of words, by number; the last is null.

    Attributes
    ----------
    fixed : dict of str to Series
        what, code, event_type, classifier, facility and mode by number, node_id by place.
    of_stream : dict of str to Series
        demand, origin, destination, commodity, corridor.
    resource : Series
        Of pieces, then of stations.
    forward : Series
        Of stations.
    vessel, cause : Series
        By number.
    """

    fixed: dict[str, pl.Series]
    of_stream: dict[str, pl.Series]
    resource: pl.Series
    forward: pl.Series
    vessel: pl.Series
    cause: pl.Series


def _words(translation: Translation, nodes: Sequence[str]) -> _Words:
    model = translation.model
    group = model.stream_integer[:, 1]
    demands = [str(name[0] if isinstance(name, tuple) else name) for name in model.stream_names]
    stations = translation.stations.sort("station")
    elements = [*translation.pieces["element"], *stations["element"]]
    return _Words(
        fixed={
            "what": _enum(WHAT),
            "event_type": _enum([EVENT_TYPE[code] for code in CODES]),
            "code": _enum(CODES),
            "classifier": _enum(CLASSIFIERS),
            "facility": _enum(FACILITIES),
            "mode": _enum(MODES),
            "node_id": _enum(nodes),
        },
        of_stream={"demand": _enum(demands)}
        | {
            name: _enum(translation.groups[name].gather(group))
            for name in ("origin", "destination", "commodity", "corridor")
        },
        resource=_enum(elements),
        forward=pl.Series([*stations["forward"], None], dtype=pl.Boolean),
        vessel=_enum(_vessel_names(model)),
        cause=_enum(translation.closures),
    )


def _enum(words: Iterable[str | None]) -> pl.Series:
    """Return words as an enumeration of their own, with null behind the last."""
    words = [*words, None]
    return pl.Series(words, dtype=pl.Enum(list(dict.fromkeys(w for w in words if w is not None))))


def _vessel_names(model: Model) -> list[str]:
    """Return a name for each vessel; one that works at different times keeps its own."""
    names = []
    for name in model.vessel_names:
        parts = [str(part) for part in name] if isinstance(name, tuple) else [str(name)]
        names.append(" ".join(parts[:-1]) if len(parts) > 1 else parts[0])
    if len(set(names)) == len(names):
        return names
    return [f"{name} {number}" for number, name in enumerate(names)]


def read_log(translation: Translation, replication: Replication) -> pl.DataFrame:
    """Return the log of a replication as a table of events.

    Parameters
    ----------
    translation : Translation
        What the numbers of the log stand for.
    replication : Replication
        With its log.

    Returns
    -------
    DataFrame
        As this module says; in the order of the log, from the beginning of the warm-up.
    """
    groups, pieces = translation.groups, translation.pieces
    everywhere = pl.concat(
        [pieces["from_node_id"], pieces["to_node_id"], groups["origin"], groups["destination"]]
    )
    nodes = everywhere.drop_nulls().unique().sort().to_list()
    decoder = _Decoder(
        translation, _subjects(translation, nodes), _words(translation, nodes), replication
    )
    return pl.concat(decoder.parts(), rechunk=False)


class _Decoder:
    """Decodes a log, a part at a time."""

    def __init__(
        self,
        translation: Translation,
        subjects: _Subjects,
        words: _Words,
        replication: Replication,
    ) -> None:
        self.subjects, self.words = subjects, words
        self.time, self.log = replication.log_time, replication.log
        self.steps = len(translation.model.step_integer)
        self.crossing_h = crossing_times(translation.model)
        self.sailing = _sailings(translation.model, self.log)
        origin = datetime.combine(translation.clock.origin, datetime.min.time())
        self.origin = (origin - EPOCH) // timedelta(microseconds=1)

    def parts(self) -> Iterator[pl.DataFrame]:
        """Yield the table, a part at a time."""
        for start in range(0, max(len(self.log), 1), PART):
            yield self._decode(slice(start, start + PART))

    def _decode(self, part: slice) -> pl.DataFrame:
        subjects, words = self.subjects, self.words
        what, stream, number, step, station = self.log[part].T
        subject = np.where(stream < 0, self.steps + station, step)
        more = subjects.more[what, subject]
        count = ROWS[more]
        row = np.repeat(np.arange(len(count)), count)
        place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        now_h, sailing = self.time[part][row], self.sailing[part][row]
        what, stream, number, step, station, subject, more = (
            one[row] for one in (what, stream, number, step, station, subject, more)
        )
        added, classifier = place > 0, MORE_CLASSIFIER[more, place]
        voyage, vessel = np.where(sailing < 0, -1, self.log[sailing, 2:4].T)
        of_goods, foreseen = stream >= 0, classifier != ACT
        ahead_h = self._ahead_h(classifier, of_goods, step, vessel)
        # plans and estimates for goods are of their arrival at the destination
        whole = foreseen & of_goods
        subject = np.where(whole, subjects.end[stream], subject)
        station = np.where(whole, -1, station)
        side = (subjects.at_end[what, subject] | foreseen).astype(np.int64)
        code = np.where(added, MORE_CODE[more, place], subjects.code[what, subject])
        amount = np.where(HOLDS[what], subjects.seized[subject], np.nan)
        left = what == engine.LEFT
        amount[left] = subjects.freed[subject[left]]
        amount[added] = np.nan
        pieces = len(words.resource) - len(words.forward)
        resource = np.where(station >= 0, pieces + station, subjects.piece[subject])
        resource[ENDS[what]] = -1
        resource[resource < 0] = len(words.resource) - 1
        by_code = {
            "what": np.where(added, len(WHAT), what),
            "event_type": code,
            "code": code,
            "classifier": classifier,
            "facility": subjects.facility[side, subject],
            "mode": subjects.mode[side, subject],
            "node_id": subjects.node[side, subject],
        }
        columns = {
            "time": _moments(self.origin, now_h + ahead_h),
            "created": _moments(self.origin, now_h),
            **{name: words.fixed[name].gather(by_code[name]) for name in by_code},
            "resource": words.resource.gather(resource),
            "forward": words.forward.gather(np.where(station < 0, len(words.forward) - 1, station)),
            "station": _whole(station, pl.Int32),
            "shipment": _whole(np.where(of_goods, (stream << NUMBER_BITS) + number, -1), pl.Int64),
            **{
                name: series.gather(np.where(of_goods, stream, len(series) - 1))
                for name, series in words.of_stream.items()
            },
            "amount": pl.Series(amount).fill_nan(None),
            "vessel": words.vessel.gather(np.where(vessel < 0, len(words.vessel) - 1, vessel)),
            "voyage": _whole(voyage, pl.Int32),
            "cause": words.cause.gather(
                np.where(CLOSES[what] & (number >= 0), number, len(words.cause) - 1)
            ),
            "step": _whole(np.where(of_goods, step, -1), pl.Int32),
        }
        return pl.DataFrame(columns)

    def _ahead_h(self, classifier: Array, of_goods: Array, step: Array, vessel: Array) -> Floats:
        """Return how far ahead is what is planned or estimated, h."""
        hours = np.zeros(len(classifier))
        planned, estimated = np.flatnonzero(classifier == PLN), np.flatnonzero(classifier == EST)
        hours[planned] = self.subjects.rest_h[step[planned]]
        hours[estimated] = self.crossing_h[vessel[estimated]]
        boarded = estimated[of_goods[estimated]]
        hours[boarded] += self.subjects.behind_h[step[boarded]]
        return hours


def _moments(origin: int, hours: Floats) -> pl.Series:
    """Return hours of the clock as dates and times, to the microsecond."""
    micros = origin + np.rint(hours * MICROSECONDS_PER_HOUR).astype(np.int64)
    return pl.Series(micros).cast(pl.Datetime("us"))


def _whole(values: Array, dtype: type[pl.DataType]) -> pl.Series:
    """Return whole numbers, null instead of negative ones."""
    return pl.select(
        pl.when(pl.lit(values >= 0)).then(pl.lit(pl.Series(values)).cast(dtype))
    ).to_series()


def _sailings(model: Model, log: Array) -> Array:
    """Return for each row of the log the row of the departure with which it has to do; -1: none.

    Who boards a vessel does so in the rows before it departs; who arrives is who boarded.
    """
    what, _, number, step, station = log.T
    row: Array = np.full(len(log), -1, dtype=np.int32)
    quay = np.append(model.units == 0.0, [False])
    boarding = np.flatnonzero(BOARDING[what] & quay[station])
    boarding = boarding[np.argsort(station[boarding], kind="stable")]
    departs = what[boarding] == engine.DEPARTED
    place = np.where(departs, np.arange(len(boarding)), len(boarding))
    place = np.minimum.accumulate(place[::-1])[::-1]
    row[boarding] = boarding[place]
    cancelled = np.flatnonzero(what == engine.CANCELLED)
    row[cancelled] = cancelled

    boarded = boarding[what[boarding] == engine.STARTED]
    arrived = np.flatnonzero(what == engine.ARRIVED)
    by, of = ((step[rows] << NUMBER_BITS) + number[rows] for rows in (boarded, arrived))
    order = np.argsort(by)
    row[arrived] = row[boarded[order[np.searchsorted(by[order], of)]]]
    return row


def rebuild_queues(trace: pl.DataFrame) -> pl.DataFrame:
    """Rebuild all queues from the table of events alone.

    Parameters
    ----------
    trace : DataFrame
        As `read_log` returns it.

    Returns
    -------
    DataFrame
        station, resource, forward, time, waiting (shipments), busy (units in use: servers, t in
        a yard, t or TEU at sea, where a shipment that was divided counts with its last part);
        a row for each change, by station and in order of time: what holds until the next.
    """
    joined, started, left, arrived = (
        pl.col("what") == one for one in ("joined", "started", "left", "arrived")
    )
    waiting = joined.cast(pl.Int32) - started.cast(pl.Int32)
    busy = pl.col("amount") * (started.cast(pl.Int32) - (left | arrived).cast(pl.Int32))
    return (
        trace.lazy()
        .filter(joined | started | left | arrived)
        .select("station", "resource", "forward", "time", waiting=waiting, busy=busy)
        .sort("station", maintain_order=True)
        .with_columns(pl.col("waiting", "busy").cum_sum().over("station"))
        .collect()
    )
