"""Planner: every sensible way of a shipment from door to door on a given day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from sogdia.errors import DataError
from sogdia.network.model import Ints
from sogdia.routing.arrival import Stage, arrival_after
from sogdia.routing.check import check_answer
from sogdia.routing.choose import nondominated, spread
from sogdia.routing.describe import Describer, Lookup
from sogdia.routing.drayage import drayage
from sogdia.routing.explain import WhyNot, judge, notices, refusal
from sogdia.routing.fare import Fare, fare
from sogdia.routing.itinerary import Answer, Element, Itinerary
from sogdia.routing.place import Place, find_place
from sogdia.routing.request import Request, make_request, restrictions_on
from sogdia.routing.search import (
    check_criteria,
    corridors,
    dissimilar,
    ranked_ways,
    values,
    ways,
)
from sogdia.routing.snapshot import Snapshot, snapshot
from sogdia.routing.token import Token, find_token
from sogdia.routing.where import region, services_of
from sogdia.scenario import Scenario, apply, default_scenario
from sogdia.study import Study
from sogdia.study.model import SCHEMAS

DEFAULT_CRITERIA = ("time", "cost", "co2")
SHOWN = 10
HOURS_PER_DAY = 24.0
LIKELY_TRIP_H = 60 * HOURS_PER_DAY
PASSED_KINDS = ("chokepoint", "junction", "border_crossing")
"""Places that goods pass; they start and end there only if named."""
NO_CORRIDOR = "no corridor of the study"
ANY_YEAR = 2000
"""Year of departure where nothing depends on it."""
UNDATED_TABLES = ("source", "node", "link", "road", "user_class", "trip")
ANYTHING: dict[str, Any] = dict.fromkeys(SCHEMAS["commodity"].columns()) | {
    "commodity_id": "anything",
    "name": "anything",
    "unit": "t",
    "use": "anything",
    "value_usd_t": 0.0,
    "value_of_time_usd_t_day": 0.0,
    "value_of_time_sigma": 0.0,
}
"""What is shipped over a network that knows of no goods: nothing is paid for its time or value."""


class Planner:
    """Answers questions about one day of departure; what they share is compiled once.

    Parameters
    ----------
    study : Study
        What the world is.
    scenario : Scenario, optional
        What is asked of it; by default the one that the study names.
    depart : date, optional
        Day of departure; by default 1 July of the scenario's year, else of the study's base
        year.
    queues : DataFrame, optional
        Waits in queues and scarcity prices, as ``elements`` of an assignment gives them; by
        default nothing queues and nothing is scarce.

    Raises
    ------
    DataError
        If there is neither a day nor a year, or the scenario does not fit the study.
    """

    def __init__(
        self,
        study: Study,
        scenario: Scenario | None = None,
        *,
        depart: date | None = None,
        queues: pl.DataFrame | None = None,
    ) -> None:
        self.scenario = scenario or default_scenario(study)
        year = self.scenario.year or study.settings.base_year
        if year is None and not has_dates(study):
            year = ANY_YEAR
        if depart is None and year is None:
            raise DataError(
                f"study {study.name} has no base_year in study.toml; name a day of departure, "
                "e.g. --depart 2024-09-02"
            )
        self.depart = depart or date(year or 0, 7, 1)
        self.study = apply(study, self.scenario, self.depart.year)
        self._queues = queues
        self._snapshots: dict[frozenset[str], tuple[Snapshot, Lookup]] = {}
        self._fares: dict[tuple[frozenset[str], str, str], Fare] = {}

    def route(
        self,
        origin: str,
        destination: str,
        *,
        commodity: str | None = None,
        deadline_days: float | None = None,
        by: Sequence[str] = DEFAULT_CRITERIA,
        avoid: Sequence[str] = (),
        via: Sequence[str] = (),
        k: int = SHOWN,
        max_overlap: float | None = None,
    ) -> Answer:
        """Find the ways from door to door that no other way beats.

        Parameters
        ----------
        origin, destination : str
            Name, UN/LOCODE, id, or coordinates "latitude, longitude".
        commodity : str, optional
            What is shipped; only a study without table ``commodity`` does not need it.
        deadline_days : float, optional
            Days allowed from door to door.
        by : sequence of str
            Criteria: time, cost, co2, reliability (which needs a deadline). By one of them
            alone, the `k` best ways are ranked.
        avoid, via : sequence of str
            Countries, places, crossings, corridors, modes, operators, services, links or
            terminals that every way avoids, or passes.
        k : int
            Ways to show; of more, those that differ most.
        max_overlap : float, optional
            Greatest part of its length that a way may share with one shown before it.

        Returns
        -------
        Answer
            Itineraries by rank.

        Raises
        ------
        DataError
            If the question is not one: a name that is not known, the same place twice, a
            deadline in the past, criteria that there are not.
        NoRouteError
            If no way is left, with the restrictions that block it.
        """
        if k < 1:
            raise DataError(f"k is {k}; at least one way has to be asked for")
        request = self.request(origin, destination, commodity, deadline_days, avoid)
        check_criteria(by, request.deadline_h)
        regions = [region(request.snap, self._token(text)) for text in via]
        if len(by) == 1 and by[0] != "reliability":
            chosen = ranked_ways(request, by[0], regions, k, max_overlap)
            found = len(chosen)
        else:
            best = self._unbeaten(request, by, ways(request, by, regions), max_overlap)
            found = len(best)
            chosen = self._spread(request, by, best, k) if best else []
        if not chosen:
            raise refusal(request, regions)
        named = zip(chosen, corridors(request, chosen), strict=True)
        row = request.fare.commodity
        return Answer(
            origin=request.origin,
            destination=request.destination,
            commodity_id=row["commodity_id"],
            commodity_name=row["name"],
            depart=self.depart,
            deadline_days=deadline_days,
            criteria=tuple(by),
            itineraries=tuple(
                self.itinerary(request, path, corridor, rank)
                for rank, (path, corridor) in enumerate(named, start=1)
            ),
            found=found,
            notes=self._notes(request),
        )

    def why_not(
        self,
        what: str,
        origin: str,
        destination: str,
        *,
        commodity: str | None = None,
        deadline_days: float | None = None,
        avoid: Sequence[str] = (),
    ) -> WhyNot:
        """Tell why a country, place or corridor is not among the answers.

        Parameters
        ----------
        what : str
            A name, as for `avoid`.
        origin, destination, commodity, deadline_days, avoid
            As of `route`.

        Returns
        -------
        WhyNot
            With the rules, closures or other ways that keep it out.

        Raises
        ------
        DataError
            If a name is not known.
        """
        request = self.request(origin, destination, commodity, deadline_days, avoid)
        token = self._token(what)
        found = judge(request, region(request.snap, token), token.label)
        best = None
        if found.path is not None:
            corridor = corridors(found.request, [found.path])[0]
            best = self.itinerary(found.request, found.path, corridor, rank=1)
        return WhyNot(
            asked=what,
            name=token.label,
            verdict=found.verdict,
            blocked_by=found.blocks.blocked_by,
            relax=found.blocks.relax if found.verdict == "blocked" else (),
            best=best,
            text=found.text,
        )

    def check(self, answer: Answer) -> None:
        """Recompute an answer of this planner from the tables, row by row.

        Raises
        ------
        CheckError
            If an itinerary has a gap, breaks a rule of the scenario, or has a time, charge
            or emission that its rows do not give.
        """
        snap = self._snapshot(frozenset())[0]
        longitude = dict(self.study.node.select("node_id", "x_coord").iter_rows())
        ends = (answer.origin.node_id, answer.destination.node_id)
        check_answer(answer, snap.study, self.scenario.rule, _direction(longitude, *ends))

    def request(
        self,
        origin: str,
        destination: str,
        commodity: str | None,
        deadline_days: float | None = None,
        avoid: Sequence[str] = (),
    ) -> Request:
        """Resolve the names of a question.

        Raises
        ------
        DataError
            If a name is not known, both ends are the same, or the deadline is not after
            the departure.
        """
        if deadline_days is not None and not deadline_days > 0:
            raise DataError(
                f"a deadline {deadline_days:g} days after departure is in the past; it has to be "
                "after the day of departure"
            )
        row = self._commodity(commodity)
        tokens = [self._token(text) for text in avoid]
        dropped = frozenset().union(*(services_of(self.study, token) for token in tokens))
        snap = self._snapshot(dropped)[0]
        ends = self._places(snap, origin, destination, row["use"])
        longitude = dict(self.study.node.select("node_id", "x_coord").iter_rows())
        direction = _direction(longitude, *(place.node_id for place in ends))
        charged = self._fare(dropped, row, direction)
        if any(token.kind == "mode" and token.id == "road" for token in tokens):
            _refuse_roads(ends)
        restrictions = restrictions_on(snap, charged, self.scenario.rule, ends, tokens)
        deadline_h = None if deadline_days is None else deadline_days * HOURS_PER_DAY
        return make_request(*ends, snap, charged, restrictions, deadline_h)

    def itinerary(self, request: Request, path: Ints, corridor: str | None, rank: int) -> Itinerary:
        """Describe a path from door to door.

        Parameters
        ----------
        request : Request
            The question.
        path : ndarray of int32
            Arcs in order of travel.
        corridor : str or None
            Its corridor.
        rank : int
            Its place in the answer.
        """
        charged, snap = request.fare, request.snap
        describer = Describer(
            snap=snap,
            lookup=self._lookup(snap),
            freight_usd_t=charged.freight_usd_t,
            war_risk_usd_t=charged.war_risk_usd_t,
            resource=charged.resource,
            windows=request.windows,
            tariff_source=charged.tariff_source,
        )
        first = self._road(request, request.origin, inbound=False)
        last = self._road(request, request.destination, inbound=True)
        described = describer.describe(path, after_h=sum(one.time_h for one in first))
        elements = (*first, *described.elements, *last)
        arrived = arrival_after([*map(_stage, first), *described.stages, *map(_stage, last)])
        row = charged.commodity
        names = dict(snap.study.corridor.select("corridor_id", "name").iter_rows())
        deadline_h = request.deadline_h
        return Itinerary(
            rank=rank,
            corridor=corridor,
            corridor_name=names[corridor] if corridor else NO_CORRIDOR,
            elements=elements,
            arrival=arrived,
            on_time=None if deadline_h is None else arrived.probability_by(deadline_h),
            insurance_usd_t=charged.insurance_usd_t,
            inventory_usd_t=row["value_of_time_usd_t_day"] * arrived.mean_h / HOURS_PER_DAY,
            t_per_teu=row["t_per_teu"],
            notices=notices(snap, elements, row["use"]),
        )

    @staticmethod
    def _unbeaten(
        request: Request, by: Sequence[str], paths: list[Ints], max_overlap: float | None
    ) -> list[Ints]:
        """Keep what no other path beats, and of those that share too much, the first."""
        if not paths:
            return []
        best = [paths[row] for row in nondominated(values(request, paths, by))]
        if max_overlap is None:
            return best
        kept = dissimilar(best, request.snap.network.length_km, max_overlap)
        return [best[row] for row in kept]

    @staticmethod
    def _spread(request: Request, by: Sequence[str], paths: list[Ints], k: int) -> list[Ints]:
        rows = spread(values(request, paths, by), corridors(request, paths), k)
        return [paths[row] for row in rows]

    def _places(
        self, snap: Snapshot, origin: str, destination: str, use: str
    ) -> tuple[Place, Place]:
        takes = pl.col("allowed_uses").is_null() | pl.col("allowed_uses").str.split(
            ","
        ).list.contains(use)
        moving = snap.network.arc.filter(pl.col("kind").is_in(["link", "service"]) & takes)
        passed = self.study.node.filter(pl.col("kind").cast(pl.String).is_in(PASSED_KINDS))
        served = {*moving["tail_node_id"], *moving["head_node_id"]} - set(passed["node_id"])
        geographic = self.study.settings.is_geographic
        start, end = (
            find_place(self.study.node, text, served=served, geographic=geographic)
            for text in (origin, destination)
        )
        if start.node_id == end.node_id:
            raise DataError(
                f"{origin!r} and {destination!r} are the same place, {start.name}; "
                "name two different ones"
            )
        return start, end

    def _road(self, request: Request, place: Place, *, inbound: bool) -> tuple[Element, ...]:
        """Return the road to or from what was asked, if it is not a place of the study."""
        found = drayage(
            request.snap.study,
            place,
            request.fare.commodity,
            inbound=inbound,
            direction=request.fare.direction,
            year=self.depart.year,
        )
        return () if found is None else (found,)

    def _notes(self, request: Request) -> tuple[str, ...]:
        notes = [
            f"Network, tariffs and rules of {self.depart} under scenario {self.scenario.name!r}; "
            "the trip begins at midnight, and all clocks show the same time."
            if has_dates(self.study)
            else "Nothing in this network depends on the day, and nothing in it costs money per t: "
            "times are those of free flow."
        ]
        if self._queues is None:
            notes.append(
                "No queues are counted, only waits for the next departure; name the folder of a "
                "run (--queues) to add its queues and scarcity prices."
            )
        notes += [
            f"While the goods are on their way: {one.label}."
            for one in request.restrictions
            if one.kind in ("closure", "rule")
            and not one.is_lasting
            and one.start_h < LIKELY_TRIP_H
        ]
        return tuple(notes)

    def _commodity(self, name: str | None) -> dict[str, Any]:
        if name is None and self.study.commodity.is_empty():
            return dict(ANYTHING)
        if name is None:
            known = ", ".join(self.study.commodity["commodity_id"])
            raise DataError(
                f"name the commodity that is shipped; in study {self.study.name}: {known}"
            )
        rows = {row["commodity_id"]: row for row in self.study.commodity.iter_rows(named=True)}
        if name not in rows:
            raise DataError(
                f"there is no commodity {name!r} in study {self.study.name}; "
                f"there are {', '.join(rows) or 'none, so name none'}"
            )
        return rows[name]

    def _token(self, text: str) -> Token:
        return find_token(self.study, text)

    def _snapshot(self, dropped: frozenset[str]) -> tuple[Snapshot, Lookup]:
        if dropped not in self._snapshots:
            snap = snapshot(
                self.study,
                self.scenario,
                self.depart,
                without_services=dropped,
                queues=self._queues,
            )
            self._snapshots[dropped] = (snap, Lookup.of(snap))
        return self._snapshots[dropped]

    def _lookup(self, snap: Snapshot) -> Lookup:
        return next(lookup for known, lookup in self._snapshots.values() if known is snap)

    def _fare(self, dropped: frozenset[str], row: dict[str, Any], direction: str) -> Fare:
        key = (dropped, row["commodity_id"], direction)
        if key not in self._fares:
            self._fares[key] = fare(self._snapshot(dropped)[0], row, direction)
        return self._fares[key]


def route(
    study: Study,
    origin: str,
    destination: str,
    *,
    commodity: str | None = None,
    scenario: Scenario | None = None,
    depart: date | None = None,
    queues: pl.DataFrame | None = None,
    **question: Any,  # noqa: ANN401
) -> Answer:
    """Find the ways of a shipment from door to door that no other way beats.

    For several questions about one day, make a `Planner` and ask it.

    Parameters
    ----------
    study : Study
        What the world is; see `sogdia.load`.
    origin, destination : str
        Name, UN/LOCODE, id, or coordinates "latitude, longitude".
    commodity : str, optional
        What is shipped; only a study without table ``commodity`` does not need it.
    scenario : Scenario, optional
        What is asked of the study; by default the scenario that it names.
    depart : date, optional
        Day of departure; by default 1 July of the scenario's year.
    queues : DataFrame, optional
        ``elements`` of an assignment, for waits in queues and scarcity prices.
    **question
        deadline_days, by, avoid, via, k, max_overlap: see `Planner.route`.

    Returns
    -------
    Answer
        Itineraries by rank.

    Raises
    ------
    DataError
        If the question is not one.
    NoRouteError
        If no way is left, with the restrictions that block it.

    Examples
    --------
    >>> import sogdia
    >>> study = sogdia.load("eurasia")
    >>> answer = sogdia.route(study, "Xi'an", "Duisburg", commodity="electronics", by=["time"], k=1)
    >>> answer.itineraries[0].corridor
    'air'
    """
    planner = Planner(study, scenario, depart=depart, queues=queues)
    return planner.route(origin, destination, commodity=commodity, **question)


def has_dates(study: Study) -> bool:
    """Tell whether anything in a study depends on the day: not in a network of roads alone.

    Parameters
    ----------
    study : Study
        The study.
    """
    tables = study.frames()
    others = any(not tables[name].is_empty() for name in tables if name not in UNDATED_TABLES)
    dated = study.link.select(pl.col("open_from", "open_until").is_not_null().any())
    return others or any(dated.row(0))


def _refuse_roads(ends: Sequence[Place]) -> None:
    """Refuse places that only a road reaches, where roads are to be avoided."""
    for place in ends:
        if place.access_km > 0:
            raise DataError(
                f"{place.asked!r} lies {place.access_km:,.0f} km from {place.name}, the nearest "
                "place of the study, and roads are to be avoided; name a place of the study"
            )


def _direction(longitude: Mapping[str, float | None], origin: str, destination: str) -> str:
    """Return the direction of trade, as tariffs are told apart by it."""
    start, end = longitude[origin], longitude[destination]
    return "eastbound" if start is not None and end is not None and end > start else "westbound"


def _stage(road: Element) -> Stage:
    return Stage(mean_h=road.time_h, sd_h=road.time_sd_h)
