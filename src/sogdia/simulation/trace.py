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

import numpy as np
import polars as pl

from sogdia.network.model import Floats
from sogdia.simulation import engine
from sogdia.simulation.carrier_words import (
    ACT,
    CLASSIFIERS,
    CLOSES,
    CODES,
    ENDS,
    EPOCH,
    EST,
    EVENT_TYPE,
    FACILITIES,
    HOLDS,
    MICROSECONDS_PER_HOUR,
    MODES,
    MORE_CLASSIFIER,
    MORE_CODE,
    NUMBER_BITS,
    PART,
    PLN,
    ROWS,
    WHAT,
    Array,
    Subjects,
    crossing_times,
    subjects,
)
from sogdia.simulation.model import Model
from sogdia.simulation.replication import Replication
from sogdia.simulation.translate import Translation
from sogdia.simulation.voyages import sailings


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
        translation, subjects(translation, nodes), _words(translation, nodes), replication
    )
    return pl.concat(decoder.parts(), rechunk=False)


class _Decoder:
    """Decodes a log, a part at a time."""

    def __init__(
        self,
        translation: Translation,
        subjects: Subjects,
        words: _Words,
        replication: Replication,
    ) -> None:
        self.subjects, self.words = subjects, words
        self.time, self.log = replication.log_time, replication.log
        self.steps = len(translation.model.step_integer)
        self.crossing_h = crossing_times(translation.model)
        self.sailing = sailings(translation.model, self.log)
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
